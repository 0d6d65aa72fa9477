"""A USB stick as shops sell them, as a raw file: one partition, FAT16, empty or with one file on it.

Source: Microsoft's fatgen103.
"""

import os
import shutil
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_SECTOR: Final = 512
_START: Final = 2048  # where partitions begin today
_ROOT_ENTRIES: Final = 512
_ROOT_SECTORS: Final = _ROOT_ENTRIES * 32 // _SECTOR
_END: Final = 0xFFFF
_FIRST: Final = 2  # the first cluster's number
_SHORT_NAME: Final = b"HEARTH~1UPD"
_PART_CHARACTERS: Final = 13
_SPARE_CLUSTERS: Final = 64
_LEAST_CLUSTERS: Final = 4200  # with fewer of them it would be FAT12


@dataclass(frozen=True, slots=True)
class _Shape:
    """How a volume is divided."""

    cluster_sectors: int
    sectors: int

    @property
    def fat_sectors(self) -> int:
        return -(-(self.sectors // self.cluster_sectors + _FIRST) * 2 // _SECTOR)

    @property
    def data_at(self) -> int:
        """The byte at which the first cluster begins."""
        return (_START + 1 + 2 * self.fat_sectors + _ROOT_SECTORS) * _SECTOR


_EMPTY: Final = _Shape(cluster_sectors=4, sectors=65_536)  # 32 MiB


def make_stick(path: Path, label: str, file: Path | None = None) -> None:
    """Write the stick; its label has at most eleven capital letters, and the file's name at most 26 characters."""
    shape = _EMPTY if file is None else _shape_for(file.stat().st_size)
    name = label.encode().ljust(11)
    entries, chain = [name + b"\x08" + bytes(20)], struct.pack("<HH", 0xFFF8, _END)
    if file is not None:
        entries += _entries(file)
        chain += _chain(_clusters(file.stat().st_size, shape))
    with path.open("wb") as stick:
        stick.truncate((_START + shape.sectors) * _SECTOR)
        _put(stick.fileno(), 446, _partition(shape))
        _put(stick.fileno(), 510, b"\x55\xaa")
        _put(stick.fileno(), _START * _SECTOR, _boot_sector(name, shape))
        for copy in range(2):
            _put(stick.fileno(), (_START + 1 + copy * shape.fat_sectors) * _SECTOR, chain)
        _put(stick.fileno(), (_START + 1 + 2 * shape.fat_sectors) * _SECTOR, b"".join(entries))
        if file is not None:
            stick.seek(shape.data_at)
            with file.open("rb") as content:
                shutil.copyfileobj(content, stick, 1 << 20)


def _shape_for(size_bytes: int) -> _Shape:
    """The largest clusters that every system reads: they hold up to 2 GiB."""
    cluster_sectors = 64
    clusters = max(_LEAST_CLUSTERS, size_bytes // (cluster_sectors * _SECTOR)) + _SPARE_CLUSTERS
    return _Shape(cluster_sectors=cluster_sectors, sectors=clusters * cluster_sectors)


def _clusters(size_bytes: int, shape: _Shape) -> int:
    return -(-size_bytes // (shape.cluster_sectors * _SECTOR))


def _chain(clusters: int) -> bytes:
    """The file lies in one piece, from the first cluster on."""
    following = range(_FIRST + 1, _FIRST + clusters)
    return struct.pack(f"<{clusters}H", *following, _END)


def _entries(file: Path) -> list[bytes]:
    """The file's long name, its last part first, and what systems before long names see."""
    checksum = 0
    for byte in _SHORT_NAME:
        checksum = (((checksum & 1) << 7) + (checksum >> 1) + byte) & 0xFF
    parts = [file.name[at : at + _PART_CHARACTERS] for at in range(0, len(file.name), _PART_CHARACTERS)]
    long = []
    for number, part in enumerate(parts, start=1):
        text = (part + "\0" * (len(part) < _PART_CHARACTERS)).encode("utf-16-le").ljust(2 * _PART_CHARACTERS, b"\xff")
        order = number | (0x40 if number == len(parts) else 0)
        long.append(struct.pack("<B10sBBB12sH4s", order, text[:10], 0x0F, 0, checksum, text[10:22], 0, text[22:]))
    short = struct.pack("<11sB14sHI", _SHORT_NAME, 0x20, bytes(14), _FIRST, file.stat().st_size)
    return [*reversed(long), short]


def _partition(shape: _Shape) -> bytes:
    return struct.pack("<B3sB3sII", 0, b"\xfe\xff\xff", 0x0E, b"\xfe\xff\xff", _START, shape.sectors)


def _boot_sector(name: bytes, shape: _Shape) -> bytes:
    """One reserved sector, two tables."""
    small = shape.sectors if shape.sectors <= _END else 0
    geometry = struct.pack(
        "<HBHBHHBHHHII",
        *(_SECTOR, shape.cluster_sectors, 1, 2, _ROOT_ENTRIES, small),
        *(0xF8, shape.fat_sectors, 32, 64, _START, 0 if small else shape.sectors),
    )
    rest = struct.pack("<BBBI11s8s", 0x80, 0, 0x29, 0x48454152, name, b"FAT16   ")
    return (b"\xeb\x3c\x90" + b"HEARTH  " + geometry + rest).ljust(510, b"\0") + b"\x55\xaa"


def _put(file: int, offset: int, content: bytes) -> None:
    os.pwrite(file, content, offset)
