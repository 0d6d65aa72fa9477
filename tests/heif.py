"""Writes HEIC photos for tests, as a phone does or as nobody should, around the one picture in photo.heic.

That picture was drawn and encoded on a Debian 12 with its package libheif-examples:

    scans.page(WORDS, size=SIZE).convert("RGB").save("photo.png")
    heif-enc -q 40 photo.png -o photo.heic
"""

import struct
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

WORDS = ["Guarantee card of the boiler", "Serial number 4711 of March 2019"]
SIZE = (768, 320)
PHOTO = Path(__file__).with_name("photo.heic").read_bytes()
TURNED = Image.Transpose.ROTATE_90
"""How a photo with `turn=1` is shown."""
_CODED, _GRID, _EXIF = b"hvc1", b"grid", b"Exif"


def photo(
    *,
    size: tuple[int, int] = SIZE,
    turn: int = 0,
    grid: tuple[int, int] | None = None,
    whole: tuple[int, int] | None = None,
    exif: bytes = b"",
    brand: bytes = b"heic",
) -> bytes:
    """The picture, said to be of this size, turned to the left so often by the file's own properties.

    With a grid it is a tile that is repeated in so many rows and columns, and the `whole` photo is said to be of its
    size; the same tile stands everywhere.
    """
    items = [(_CODED, _coded())]
    if grid:
        rows, columns = grid
        whole = whole or (size[0] * columns, size[1] * rows)
        items.append((_GRID, struct.pack(">BBBBII", 0, 1, rows - 1, columns - 1, *whole)))
    primary = len(items)
    if exif:
        items.append((_EXIF, bytes(4) + exif))
    links = [(b"dimg", primary, [1] * (grid[0] * grid[1]))] if grid else []
    links += [(b"cdsc", len(items), [primary])] if exif else []
    properties = [_of(PHOTO, b"hvcC"), _full(b"ispe", struct.pack(">II", *size))]
    owned = {1: [1, 2]}
    if grid and whole:
        properties.append(_full(b"ispe", struct.pack(">II", *whole)))
        owned[primary] = [3]
    if turn:
        properties.append(_box(b"irot", bytes([turn])))
        owned[primary] = [*owned[primary], len(properties)]
    return _file(brand, items, primary, links, properties, owned)


def exif(orientation: int, taken: str) -> bytes:
    """Exif data as a camera writes it."""
    known = Image.Exif()
    known[0x0112] = orientation
    known.get_ifd(0x8769)[0x9003] = taken
    return known.tobytes().removeprefix(b"Exif\0\0")


def _file(
    brand: bytes,
    items: Sequence[tuple[bytes, bytes]],
    primary: int,
    links: Sequence[tuple[bytes, int, Sequence[int]]],
    properties: Sequence[bytes],
    owned: dict[int, list[int]],
) -> bytes:
    names = [
        _full(b"infe", struct.pack(">HH4sB", number, 0, kind, 0), 2) for number, (kind, _data) in enumerate(items, 1)
    ]
    references = [_box(name, struct.pack(f">HH{len(to)}H", source, len(to), *to)) for name, source, to in links]
    held = [struct.pack(">HB", number, len(of)) + bytes(0x80 | one for one in of) for number, of in owned.items()]
    head = _box(b"ftyp", brand + bytes(4) + b"mif1heic")

    def meta(start: int) -> bytes:
        places = b""
        for number, (_kind, data) in enumerate(items, 1):
            places += struct.pack(">HHHII", number, 0, 1, start, len(data))
            start += len(data)
        return _full(
            b"meta",
            _full(b"hdlr", bytes(4) + b"pict" + bytes(13))
            + _full(b"pitm", struct.pack(">H", primary))
            + _full(b"iloc", struct.pack(">BBH", 0x44, 0, len(items)) + places)
            + _full(b"iinf", struct.pack(">H", len(items)) + b"".join(names))
            + (_full(b"iref", b"".join(references)) if references else b"")
            + _box(
                b"iprp",
                _box(b"ipco", b"".join(properties)) + _full(b"ipma", struct.pack(">I", len(held)) + b"".join(held)),
            ),
        )

    start = len(head) + len(meta(0)) + 8
    return head + meta(start) + _box(b"mdat", b"".join(data for _kind, data in items))


def _coded() -> bytes:
    """The bytes of the picture itself."""
    return _of(PHOTO, b"mdat")[8:]


def _of(file: bytes, name: bytes) -> bytes:
    """A box of a file, with its head."""
    at = file.index(name) - 4
    return file[at : at + int.from_bytes(file[at : at + 4], "big")]


def _box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), name) + content


def _full(name: bytes, content: bytes, version: int = 0) -> bytes:
    return _box(name, struct.pack(">I", version << 24) + content)
