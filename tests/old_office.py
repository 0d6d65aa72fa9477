"""Makes small real files of the older Office programs for tests: Word, PowerPoint, Excel and Outlook's messages."""

import struct
from collections.abc import Mapping, Sequence
from typing import Final

from tests import ole

_FIB_BYTES: Final = 0x4C0


def doc(text: str, *, footnotes: str = "", headings: Mapping[str, int] | None = None, encrypted: bool = False) -> bytes:
    """A Word 97 document in two pieces: the first half of the text wide, the rest in one byte a character."""
    whole = text + footnotes
    half = len(whole) // 2
    wide, narrow = whole[:half].encode("utf-16-le"), whole[half:].encode("cp1252")
    at_narrow = _FIB_BYTES + len(wide)
    main = bytearray(_FIB_BYTES) + wide + narrow
    main += bytes(-len(main) % 512)
    pieces = struct.pack("<III", 0, half, len(whole))
    pieces += struct.pack("<HIH", 0, _FIB_BYTES, 0) + struct.pack("<HIH", 0, at_narrow * 2 | 0x40000000, 0)
    clx = b"\x02" + struct.pack("<I", len(pieces)) + pieces
    bounds, styles = [_FIB_BYTES], []
    for words, level in (headings or {}).items():
        start = _FIB_BYTES + 2 * text.index(words)  # headings have to stand in the wide half
        bounds += [start, start + 2 * (len(words) + 1)]
        styles += [0, level]
    bounds.append(at_narrow + len(narrow))
    styles.append(0)
    sector = len(main) // 512
    main += _styles_sector(bounds, styles)
    table = clx + struct.pack("<II", 0, 0xFFFFFFFF) + struct.pack("<I", sector)
    struct.pack_into("<HH", main, 0, 0xA5EC, 0xC1)
    struct.pack_into("<H", main, 10, 0x0200 | (0x0100 if encrypted else 0))
    struct.pack_into("<II", main, 0x4C, len(text), len(footnotes))
    struct.pack_into("<II", main, 0x1A2, 0, len(clx))
    struct.pack_into("<II", main, 0x102, len(clx), 12)
    return ole.written({"WordDocument": bytes(main), "1Table": table})


def _styles_sector(bounds: Sequence[int], styles: Sequence[int]) -> bytes:
    """A page of paragraph styles: where each run begins, and behind them the number of its style."""
    count = len(styles)
    sector = bytearray(512)
    struct.pack_into(f"<{count + 1}I", sector, 0, *bounds)
    for index, style in enumerate(styles):
        at = 400 + 4 * index
        sector[4 * (count + 1) + 13 * index] = at // 2
        sector[at : at + 3] = bytes([2]) + struct.pack("<H", style)
    sector[511] = count
    return bytes(sector)


def ppt(slides: Sequence[tuple[str, str]], *, encrypted: bool = False) -> bytes:
    """A presentation of slides with a title in the outline and words in a box."""
    outline = b"".join(
        _record(0x03F3, struct.pack("<IIIII", 2 + number, 0, 1, 256 + number, 0))
        + _record(0x0F9F, struct.pack("<I", 0))
        + _record(0x0FA0, title.encode("utf-16-le"))
        for number, (title, _words) in enumerate(slides)
    )
    objects = [_record(0x03E8, _record(0x0FF0, outline, container=True), container=True)]
    for _title, words in slides:
        box = _record(0xF00D, _record(0x0FA8, words.encode("latin-1")), container=True)
        objects.append(_record(0x03EE, _record(0x040C, box, container=True), container=True))
    stream, offsets = b"", []
    for content in objects:
        offsets.append(len(stream))
        stream += content
    directory = len(stream)
    stream += _record(0x1772, struct.pack("<I", len(offsets) << 20 | 1) + struct.pack(f"<{len(offsets)}I", *offsets))
    edit = len(stream)
    stream += _record(0x0FF5, struct.pack("<IIIIIII", 0, 0, 0, directory, 1, 9, 0))
    token = 0xF3D1C4DF if encrypted else 0xE391C05F
    user = struct.pack("<HHIIIIHHBBHI", 0, 0x0FF6, 24, 20, token, edit, 0, 0x03F4, 3, 0, 0, 8)
    return ole.written({"PowerPoint Document": stream, "Current User": user})


def _record(kind: int, body: bytes, *, container: bool = False) -> bytes:
    return struct.pack("<HHI", 0xF if container else 0, kind, len(body)) + body


def xls(sheets: Mapping[str, Sequence[Sequence[str | float]]], box: str = "") -> bytes:
    """A workbook of Excel 97, with a text box where `box` is given."""
    begin = struct.pack("<HHHHII", 0x0600, 0x0005, 0x0DBB, 0x07CC, 0, 6)
    bodies = [_sheet(rows, box if not index else "") for index, rows in enumerate(sheets.values())]
    entries_bytes = sum(4 + 8 + len(name) for name in sheets)
    at = 4 + len(begin) + entries_bytes + 4
    head = struct.pack("<HH", 0x0809, len(begin)) + begin
    for name, body in zip(sheets, bodies, strict=True):
        head += struct.pack("<HHIBBBB", 0x0085, 8 + len(name), at, 0, 0, len(name), 0) + name.encode("latin-1")
        at += len(body)
    return ole.written({"Workbook": head + struct.pack("<HH", 0x000A, 0) + b"".join(bodies)})


def _sheet(rows: Sequence[Sequence[str | float]], box: str) -> bytes:
    body = struct.pack("<HHHHHHII", 0x0809, 16, 0x0600, 0x0010, 0x0DBB, 0x07CC, 0, 6)
    for row, cells in enumerate(rows):
        for column, value in enumerate(cells):
            place = struct.pack("<HHH", row, column, 0)
            if isinstance(value, str):
                body += _biff(0x0204, place + struct.pack("<HB", len(value), 0) + value.encode("latin-1"))
            else:
                body += _biff(0x0203, place + struct.pack("<d", value))
    if box:
        body += _biff(0x01B6, struct.pack("<HH6xHHI", 0, 0, len(box), 16, 0)) + _biff(
            0x003C, b"\0" + box.encode("latin-1")
        )
    return body + _biff(0x000A, b"")


def _biff(kind: int, body: bytes) -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def msg(
    subject: str, body: str, attachments: Mapping[str, bytes] | None = None, html: str = "", inner: str = ""
) -> bytes:
    """A message of Outlook; `inner` is the subject of a message attached to it."""
    streams = _message("", subject, body, html)
    for number, (name, content) in enumerate((attachments or {}).items()):
        folder = f"__attach_version1.0_#{number:08X}/"
        streams[f"{folder}__substg1.0_3707001F"] = name.encode("utf-16-le")
        streams[f"{folder}__substg1.0_37010102"] = content
        streams[f"{folder}__properties_version1.0"] = bytes(8)
    if inner:
        streams |= _message("__attach_version1.0_#0000000F/__substg1.0_3701000D/", inner, "Inner words.", "")
    return ole.written(streams)


def _message(folder: str, subject: str, body: str, html: str) -> dict[str, bytes]:
    sent = struct.pack("<IIQ", 0x00390040, 0, 133_591_680_000_000_000)  # 3 May 2024
    return {
        f"{folder}__properties_version1.0": bytes(24 if folder else 32) + sent,
        f"{folder}__substg1.0_0037001F": subject.encode("utf-16-le"),
        f"{folder}__substg1.0_0C1A001F": "Anna".encode("utf-16-le"),
        f"{folder}__substg1.0_1000001F": body.encode("utf-16-le"),
        **({f"{folder}__substg1.0_10130102": html.encode()} if html else {}),
    }
