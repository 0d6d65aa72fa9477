"""An empty USB stick as shops sell them, as a raw file: one partition, FAT16. Source: Microsoft's fatgen103."""

import os
import struct
from pathlib import Path
from typing import Final

_SECTOR: Final = 512
_START: Final = 2048  # where partitions begin today
_SECTORS: Final = 65_536  # 32 MiB
_FAT_SECTORS: Final = 64
_ROOT_ENTRIES: Final = 512


def make_stick(path: Path, label: str) -> None:
    """Write the stick; its label has at most eleven capital letters."""
    name = label.encode().ljust(11)
    partition = struct.pack("<B3sB3sII", 0, b"\xfe\xff\xff", 0x0E, b"\xfe\xff\xff", _START, _SECTORS)
    with path.open("wb") as stick:
        stick.truncate((_START + _SECTORS) * _SECTOR)
        _put(stick.fileno(), 446, partition)
        _put(stick.fileno(), 510, b"\x55\xaa")
        _put(stick.fileno(), _START * _SECTOR, _boot_sector(name))
        for copy in range(2):
            _put(stick.fileno(), (_START + 1 + copy * _FAT_SECTORS) * _SECTOR, b"\xf8\xff\xff\xff")
        _put(stick.fileno(), (_START + 1 + 2 * _FAT_SECTORS) * _SECTOR, name + b"\x08")


def _boot_sector(name: bytes) -> bytes:
    """Four sectors a cluster, one reserved sector, two tables."""
    geometry = struct.pack(
        "<HBHBHHBHHHII", _SECTOR, 4, 1, 2, _ROOT_ENTRIES, 0, 0xF8, _FAT_SECTORS, 32, 64, _START, _SECTORS
    )
    rest = struct.pack("<BBBI11s8s", 0x80, 0, 0x29, 0x48454152, name, b"FAT16   ")
    return (b"\xeb\x3c\x90" + b"HEARTH  " + geometry + rest).ljust(510, b"\0") + b"\x55\xaa"


def _put(file: int, offset: int, content: bytes) -> None:
    os.pwrite(file, content, offset)
