"""The disk that an emulated PC starts from: the image on a stick of a usual size, with the rest of it free."""

import subprocess
from pathlib import Path

STICK_BYTES = 16 * 1000**3  # what is sold as 16 GB; it takes up only what is written to it


def plug_in(image: Path, disk: Path, *, fresh: bool) -> bool:
    """Copy the image to `disk` and give it a stick's size; False if `disk` was there and may stay."""
    if disk.exists() and not fresh:
        return False
    disk.parent.mkdir(parents=True, exist_ok=True)
    disk.unlink(missing_ok=True)
    unfinished = disk.with_suffix(".part")
    subprocess.run(["cp", "--sparse=always", "--reflink=auto", "--", str(image), str(unfinished)], check=True)
    with unfinished.open("r+b") as file:
        file.truncate(max(STICK_BYTES, image.stat().st_size))
    unfinished.rename(disk)
    return True
