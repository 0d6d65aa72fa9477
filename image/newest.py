"""Which image file is meant: the one that is named, or else the one that `make image` made last."""

from pathlib import Path

from image.errors import MissingImageError


def newest(build: Path) -> Path:
    """The youngest `hearth_*.raw` of the build folder; raises MissingImageError."""
    images = sorted(build.glob("hearth_*.raw"), key=lambda image: image.stat().st_mtime)
    if not images:
        msg = f"There is no image in {build}/ yet. Type `make image` to make one."
        raise MissingImageError(msg)
    return images[-1]


def chosen(named: Path | None, build: Path) -> Path:
    """The named image, which must be there, or the newest; raises MissingImageError."""
    if named is not None and not named.is_file():
        msg = f"There is no image {named}."
        raise MissingImageError(msg)
    return named or newest(build)


def unified_kernel_of(image: Path) -> Path:
    """The unified kernel image that was made with this disk image; raises MissingImageError."""
    kernel = image.with_suffix(".efi")
    if not kernel.exists():
        msg = f"{kernel} is missing beside {image.name}. Type `make image` to make both."
        raise MissingImageError(msg)
    return kernel
