"""Writes small real PDF files for tests: one text per page, and one that is locked with a password."""

from collections.abc import Callable, Sequence

_LINE_POINTS = 14
_CATALOG, _PAGES, _FONT = 1, 2, 3


def written(pages: Sequence[str]) -> bytes:
    """A PDF 1.4 file with one page for each text; lines are broken where the text breaks them."""
    return _file(_objects(pages), trailer="")


def locked(pages: Sequence[str]) -> bytes:
    """A PDF whose security handler accepts no password that a reader would try by itself."""
    objects = _objects(pages)
    objects.append(f"<< /Filter /Standard /V 1 /R 2 /O <{'5a' * 32}> /U <{'a5' * 32}> /P -44 >>".encode())
    identifier = "<" + "11" * 16 + ">"
    return _file(objects, trailer=f"/Encrypt {len(objects)} 0 R /ID [{identifier} {identifier}]")


def dated(pages: Sequence[str], created: str) -> bytes:
    """A PDF that says when it was made, such as `D:20190304090000Z`."""
    objects = [*_objects(pages), f"<< /CreationDate ({created}) >>".encode()]
    return _file(objects, trailer=f"/Info {len(objects)} 0 R")


def encrypted(pages: Sequence[str], handler: str, identifier: bytes, sealed: Callable[[int, bytes], bytes]) -> bytes:
    """A PDF with this security handler; `sealed` encrypts the stream of the object of that number."""
    objects = _objects(pages)
    for index, content in enumerate(objects):
        head, found, stream = content.partition(b"\nstream\n")
        if found:
            inner = stream.removesuffix(b"\nendstream")
            objects[index] = head + found + sealed(index + 1, inner) + b"\nendstream"
    objects.append(handler.encode())
    shown = f"<{identifier.hex()}>"
    return _file(objects, trailer=f"/Encrypt {len(objects)} 0 R /ID [{shown} {shown}]")


def filled_in(text: str, field: str, value: str, note: str) -> bytes:
    """A PDF with one page, a form's field with its value, and a note that somebody put on the page."""
    objects = _objects([text])
    first = len(objects) + 1
    objects[_CATALOG - 1] = f"<< /Type /Catalog /Pages {_PAGES} 0 R /AcroForm << /Fields [{first} 0 R] >> >>".encode()
    page = _FONT  # the page follows the font
    objects[page] = objects[page].replace(b"/Contents", f"/Annots [{first} 0 R {first + 1} 0 R] /Contents".encode())
    objects.append(
        f"<< /Type /Annot /Subtype /Widget /FT /Tx /T ({field}) /V ({value}) /Rect [72 600 300 620] >>".encode()
    )
    objects.append(f"<< /Type /Annot /Subtype /FreeText /Contents ({note}) /Rect [72 500 300 520] >>".encode())
    return _file(objects, trailer="")


def _objects(pages: Sequence[str]) -> list[bytes]:
    """Catalog, page tree and font, then a page and its content for each text."""
    first = _FONT + 1
    kids = " ".join(f"{first + 2 * index} 0 R" for index in range(len(pages)))
    objects = [
        f"<< /Type /Catalog /Pages {_PAGES} 0 R >>".encode(),
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for index, text in enumerate(pages):
        content = _content(text)
        objects.append(
            f"<< /Type /Page /Parent {_PAGES} 0 R /MediaBox [0 0 595 842] /Contents {first + 2 * index + 1} 0 R "
            f"/Resources << /Font << /F1 {_FONT} 0 R >> >> >>".encode()
        )
        objects.append(f"<< /Length {len(content)} >>\nstream\n".encode() + content + b"\nendstream")
    return objects


def _content(text: str) -> bytes:
    shown = [_shown(line) for line in text.splitlines()]
    return b"BT /F1 11 Tf 72 780 Td " + f"{_LINE_POINTS} TL ".encode() + b" T* ".join(shown) + b" ET"


def _shown(line: str) -> bytes:
    escaped = line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    return b"(" + escaped.encode("cp1252", "replace") + b") Tj"


def _file(objects: Sequence[bytes], *, trailer: str) -> bytes:
    body = b"%PDF-1.4\n"
    offsets = []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(body))
        body += f"{number} 0 obj\n".encode() + content + b"\nendobj\n"
    table = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    end = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}trailer\n"
    end += f"<< /Size {len(objects) + 1} /Root {_CATALOG} 0 R {trailer} >>\nstartxref\n{len(body)}\n%%EOF\n"
    return body + end.encode()
