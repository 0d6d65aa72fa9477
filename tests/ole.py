"""Writes small compound files (OLE, [MS-CFB]) for tests: streams in folders, as old Office programs and Outlook do."""

import struct
from collections.abc import Mapping
from typing import Final

_SECTOR: Final = 512
_MINI: Final = 64
_CUTOFF: Final = 4096
_FREE, _END, _FAT_SECTOR, _NONE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFF
_STORAGE, _STREAM, _ROOT = 1, 2, 5


def written(streams: Mapping[str, bytes]) -> bytes:
    """A compound file with these streams; a slash in a name parts folders."""
    sectors: list[bytes] = []
    fat: list[int] = []
    mini = b""
    mini_fat: list[int] = []
    places: dict[str, tuple[int, int]] = {}
    for name, content in streams.items():
        if len(content) >= _CUTOFF:
            places[name] = (_chained(content, sectors, fat), len(content))
        else:
            first = len(mini_fat)
            count = -(-len(content) // _MINI)
            mini += content.ljust(count * _MINI, b"\0")
            mini_fat += [*range(first + 1, first + count), *([_END] if count else [])]
            places[name] = (first if count else _END, len(content))
    mini_start = _chained(mini, sectors, fat) if mini else _END
    table = struct.pack(f"<{len(mini_fat)}I", *mini_fat)
    table_start = _chained(table, sectors, fat, fill=b"\xff") if table else _END
    directory = _directory(places, (mini_start, len(mini)))
    directory_start = _chained(directory, sectors, fat)
    fat_count = 1
    while (len(fat) + fat_count) * 4 > fat_count * _SECTOR:
        fat_count += 1
    fat_sectors = list(range(len(fat), len(fat) + fat_count))
    fat += [_FAT_SECTOR] * fat_count
    packed = struct.pack(f"<{len(fat)}I", *fat).ljust(fat_count * _SECTOR, b"\xff")
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    header += struct.pack("<HHHHH6xIIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, fat_count, directory_start, 0, _CUTOFF,
                          table_start, -(-len(table) // _SECTOR), _END, 0, fat_sectors[0])  # fmt: skip
    header += struct.pack(f"<{fat_count - 1}I", *fat_sectors[1:])
    return header.ljust(_SECTOR, b"\xff") + b"".join(sectors) + packed


def _chained(content: bytes, sectors: list[bytes], fat: list[int], fill: bytes = b"\0") -> int:
    """Append a stream's sectors and their chain; answers the first."""
    first = len(sectors)
    pieces = [content[at : at + _SECTOR].ljust(_SECTOR, fill) for at in range(0, len(content), _SECTOR)]
    sectors.extend(pieces)
    fat.extend([*range(first + 1, first + len(pieces)), _END])
    return first


def _directory(places: Mapping[str, tuple[int, int]], mini: tuple[int, int]) -> bytes:
    """The entries: each folder's children hang on it as a chain of right siblings."""
    paths: list[str] = [""]
    for name in places:
        parts = name.split("/")
        paths += [path for path in ("/".join(parts[: end + 1]) for end in range(len(parts))) if path not in paths]
    children: dict[str, list[int]] = {}
    for number, path in enumerate(paths[1:], start=1):
        children.setdefault(path.rpartition("/")[0], []).append(number)
    entries = b""
    for number, path in enumerate(paths):
        siblings = children.get(path.rpartition("/")[0], []) if number else []
        after = siblings.index(number) + 1 if number else 0
        right = siblings[after] if after and after < len(siblings) else _NONE
        child = children.get(path, [_NONE])[0]
        kind = _STREAM if path in places else _STORAGE if number else _ROOT
        start, size = places.get(path, (0, 0)) if number else mini
        shown = (path.rpartition("/")[2] if number else "Root Entry").encode("utf-16-le") + b"\0\0"
        entries += shown.ljust(64, b"\0") + struct.pack("<HBBIII", len(shown), kind, 1, _NONE, right, child)
        entries += struct.pack("<16x4x16xIQ", start, size)
    return entries
