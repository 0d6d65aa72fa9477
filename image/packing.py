"""What a person downloads: the image compressed, and the checksums that tell whether it arrived whole."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from image.build.command import run
from image.workshop import LOG, Workshop

# Higher levels take many times as long for a few percent: most of the image is compressed inside.
_LEVEL = "-4"


def compress(image: Path, workshop: Workshop) -> Path:
    """Write `image` with `.zst` added to its name beside it, and return that file."""
    packed = image.with_name(f"{image.name}.zst")
    command = [*workshop.program("zstd"), "-q", "-f", "-T0", _LEVEL, "--long=27", str(image), "-o", str(packed)]
    run(command, doing="Compressing the image", log=LOG)
    return packed


def checksums(files: Sequence[Path]) -> str:
    """Return a list that `sha256sum --check` reads, of files in one folder."""
    return "".join(f"{_sha256(file)}  {file.name}\n" for file in files)


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
