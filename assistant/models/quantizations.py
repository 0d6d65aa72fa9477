"""Which file of a repository is meant where only its quantization is named, as Ollama's programs do; pure."""

import re
from collections.abc import Sequence
from typing import Final

PREFERRED: Final = ("Q4_K_M", "Q4_0", "Q4_K_S", "Q5_K_M", "Q8_0", "F16", "BF16")
"""What is taken where none is named, the first that there is."""
_PART: Final = re.compile(r"-\d{5}-of-\d{5}\.gguf$", re.IGNORECASE)
_BESIDE: Final = re.compile(r"(^|/)(mmproj|imatrix)", re.IGNORECASE)


def is_quantization(wish: str) -> bool:
    """Whether this names a quantization, or none, and no file."""
    return not wish.casefold().endswith(".gguf")


def file_for(wish: str, files: Sequence[str]) -> str | None:
    """The model's file of this quantization, or of a usual one where none is named; None where there is none."""
    models = sorted(
        (
            one
            for one in files
            if one.casefold().endswith(".gguf") and not _PART.search(one) and not _BESIDE.search(one)
        ),
        key=lambda one: (one.count("/"), len(one), one),
    )
    if wish and wish.casefold() != "latest":
        return next((one for one in models if _is_of(one, wish)), None)
    usual = (one for kind in PREFERRED for one in models if _is_of(one, kind))
    return next(usual, models[0] if models else None)


def _is_of(file: str, kind: str) -> bool:
    words = rf"(^|[^a-z0-9]){re.escape(kind.casefold())}([^a-z0-9_]|$)"
    return re.search(words, file.casefold().removesuffix(".gguf")) is not None
