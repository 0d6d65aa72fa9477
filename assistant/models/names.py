"""What a model may be called."""

import re
from typing import Final

from assistant.models.errors import ModelNameError

LONGEST: Final = 128
_FIT: Final = re.compile(r"[a-z0-9][a-z0-9._/:-]*")


def fit_name(name: str) -> str:
    """The name in its one spelling, without `:latest`; raises `ModelNameError`. It never becomes the name of a file."""
    spelled = name.strip().casefold().removesuffix(":latest")
    if not _FIT.fullmatch(spelled) or len(spelled) > LONGEST:
        message = f"A model's name has 1 to {LONGEST} letters, digits and the signs . _ - : /, such as “qwen3-4b”."
        raise ModelNameError(message)
    return spelled


def name_from_file(file: str) -> str:
    """A fit name for a model in a file of this name."""
    stem = file.rsplit("/", 1)[-1].casefold().removesuffix(".gguf")
    return fit_name(re.sub(r"[^a-z0-9._-]+", "-", stem).strip("-._") or "model")
