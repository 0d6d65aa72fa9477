"""`make update`: the image's system as one signed file, which boxes that run an earlier version take."""

import argparse
import hashlib
import shutil
import struct
import subprocess
import sys
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from firmware.updates.file import SUFFIX, Contents, Part, PartName, signed_list
from image import bill_of_materials, packing, signing
from image.build.checkout import BUILD, CHECKOUT
from image.build.errors import BuildError
from image.build_image import image_key, make_image
from image.errors import ImageError, NotAnImageError
from image.workshop import Workshop, open_workshop

CHECKSUMS = BUILD / "SHA256SUMS"
_SECTOR_BYTES = 512
_BLOCK_BYTES = 4096
_TABLE = struct.Struct("<8s64xQII")  # GPT header: signature, first entry, number and size of entries (UEFI 2.10, 5.3.2)
_ENTRY = struct.Struct("<16s16sQQ8x72s")
_EROFS_SUPERBLOCK = 1024
_EROFS_MAGIC = 0xE0F5E1E2
# As the image's own compression: most of it is compressed inside.
_LEVEL = "-4"


@dataclass(frozen=True, slots=True, kw_only=True)
class Partition:
    """Where a partition lies in the image, in bytes."""

    label: str
    identity: str
    offset: int
    size_bytes: int


def main(argv: Sequence[str] | None = None) -> int:
    """Make the update unless it is there already; return an exit code."""
    parser = argparse.ArgumentParser(prog="make update", description="Build the update for boxes that run Hearth.")
    parser.add_argument("--version", default="", help="the version to call it, in place of the product's own")
    parser.add_argument("--alone", action="store_true", help="keep the update, and not the image that it is made from")
    asked = parser.parse_args(argv)
    try:
        make_update(asked.version, is_alone=asked.alone)
    except (ImageError, BuildError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def make_update(version: str = "", *, is_alone: bool = False) -> Path:
    """The update file of this version. Raises `ImageError` or `BuildError`."""
    version = version or bill_of_materials.product_version(CHECKOUT / "pyproject.toml")
    update = BUILD / f"hearth_{version}{SUFFIX}"
    noted, key = BUILD / "image" / f"update-key-{version}", image_key(version)
    if update.is_file() and noted.is_file() and noted.read_text() == key:
        print(f"{update.relative_to(CHECKOUT)} is up to date.")
        return update
    noted.unlink(missing_ok=True)
    before = CHECKSUMS.read_bytes() if CHECKSUMS.is_file() else b""
    made = make_image(version=version)
    scratch = BUILD / "image" / "update"
    if scratch.exists():
        shutil.rmtree(scratch)
    scratch.mkdir(parents=True)
    write_update(update, version=version, image=made.raw, kernel=made.kernel, scratch=scratch)
    shutil.rmtree(scratch)
    if is_alone:
        for file in (made.raw, made.packed, made.kernel, made.manifest):
            file.unlink()
        CHECKSUMS.write_bytes(before)
    else:
        CHECKSUMS.write_text(packing.checksums([made.raw, made.packed, made.kernel, made.manifest, update]))
    noted.write_text(key)
    print(f"{update.relative_to(CHECKOUT)}: {update.stat().st_size / 1e6:.0f} MB, signed")
    return update


def write_update(update: Path, *, version: str, image: Path, kernel: Path, scratch: Path) -> None:
    """Write the system in `image` as an update file; raises `NotAnImageError`."""
    tools = open_workshop(BUILD / "image")
    with image.open("rb") as opened:
        found = {partition.label: partition for partition in partitions(opened)}
        root, verity = found.get(f"hearth_{version}"), found.get(f"hearth_{version}_verity")
        if root is None or verity is None:
            raise NotAnImageError(f"{image} has no system of version {version} in it.")
        _copy(opened, root.offset, erofs_bytes(opened, root), scratch / "root")
        _copy(opened, verity.offset, _used_bytes(opened, verity), scratch / "verity")
    files: dict[PartName, tuple[Path, str]] = {
        "root": (scratch / "root", root.identity),
        "verity": (scratch / "verity", verity.identity),
        "kernel": (kernel, ""),
    }
    packed = {name: _packed(file, scratch / f"{name}.zst", tools) for name, (file, _) in files.items()}
    parts = tuple(_part(name, packed[name], file, identity) for name, (file, identity) in files.items())
    contents = Contents(product="hearth", architecture="x86-64", version=version, parts=parts)
    fresh = update.with_name(f".{update.name}.new")
    with fresh.open("wb") as target:
        target.write(signed_list(contents, signing.private_key()))
        for part in parts:
            with packed[part.name].open("rb") as source:
                shutil.copyfileobj(source, target, 1 << 20)
    fresh.replace(update)


def partitions(image: BinaryIO) -> Iterator[Partition]:
    """The partitions of a disk image; raises `NotAnImageError` where it has no table."""
    image.seek(_SECTOR_BYTES)
    signature, first, count, size = _TABLE.unpack(image.read(_TABLE.size))
    if signature != b"EFI PART":
        raise NotAnImageError(f"{image.name} is not a disk image with a partition table.")
    image.seek(first * _SECTOR_BYTES)
    table = image.read(count * size)
    for at in range(0, count * size, size):
        kind, identity, begin, end, label = _ENTRY.unpack_from(table, at)
        if any(kind):
            yield Partition(
                label=label.decode("utf-16-le").rstrip("\0"),
                identity=uuid.UUID(bytes_le=identity).hex,
                offset=begin * _SECTOR_BYTES,
                size_bytes=(end - begin + 1) * _SECTOR_BYTES,
            )


def erofs_bytes(image: BinaryIO, root: Partition) -> int:
    """How much of the partition its file system takes. Source: the kernel's fs/erofs/erofs_fs.h."""
    image.seek(root.offset + _EROFS_SUPERBLOCK)
    superblock = image.read(64)
    (magic,), (blocks,) = struct.unpack_from("<I", superblock), struct.unpack_from("<I", superblock, 36)
    if magic != _EROFS_MAGIC:
        raise NotAnImageError(f"{image.name} has no file system of ours in its partition {root.label}.")
    return int(blocks) << superblock[12]


def _used_bytes(image: BinaryIO, partition: Partition) -> int:
    """How far the partition is written, in whole blocks: what comes after is zeros."""
    image.seek(partition.offset)
    content = image.read(partition.size_bytes).rstrip(b"\0")
    return -(-len(content) // _BLOCK_BYTES) * _BLOCK_BYTES


def _copy(image: BinaryIO, offset: int, size_bytes: int, target: Path) -> None:
    image.seek(offset)
    with target.open("wb") as opened:
        left = size_bytes
        while left:
            left -= opened.write(image.read(min(1 << 20, left)))


def _packed(file: Path, packed: Path, tools: Workshop) -> Path:
    command = [*tools.program("zstd"), "-q", "-f", "-T0", _LEVEL, "--long=27", str(file), "-o", str(packed)]
    subprocess.run(command, check=True)
    return packed


def _part(name: PartName, packed: Path, file: Path, identity: str) -> Part:
    with packed.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    return Part(
        name=name,
        size_bytes=packed.stat().st_size,
        sha256=digest,
        unpacked_bytes=file.stat().st_size,
        identity=identity,
    )


if __name__ == "__main__":
    sys.exit(main())
