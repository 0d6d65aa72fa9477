"""Makes small real Office files for tests, part by part."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import Final

from tests.assistant.parser.reading import zipped

_W: Final = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_A: Final = "http://schemas.openxmlformats.org/drawingml/2006/main"
_P: Final = "http://schemas.openxmlformats.org/presentationml/2006/main"
_S: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_R: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPES: Final = '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
_STYLES: Final = (
    f'<w:styles xmlns:w="{_W}">'
    '<w:style w:styleId="Ttl"><w:name w:val="Title"/></w:style>'
    '<w:style w:styleId="H1"><w:name w:val="heading 1"/></w:style>'
    '<w:style w:styleId="H2"><w:name w:val="heading 2"/></w:style></w:styles>'
)


def relations(targets: Mapping[str, tuple[str, str]]) -> str:
    """A relations part: id to (kind, target)."""
    inner = "".join(
        f'<Relationship Id="{key}" Type="{_R}/{kind}" Target="{target}"/>' for key, (kind, target) in targets.items()
    )
    return (
        f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{inner}</Relationships>'
    )


def docx(body: str, parts: Mapping[str, str | bytes] | None = None, kinds: Mapping[str, str] | None = None) -> bytes:
    """A Word document; `parts` are further parts in `word/`, `kinds` what their relation is called."""
    said = {"styles.xml": "styles", **(kinds or {})}
    return zipped(
        {
            "[Content_Types].xml": _TYPES,
            "_rels/.rels": relations({"r1": ("officeDocument", "word/document.xml")}),
            "word/document.xml": f'<w:document xmlns:w="{_W}" xmlns:m="urn:m"><w:body>{body}</w:body></w:document>',
            "word/_rels/document.xml.rels": relations(
                {f"r{number}": (kind, name) for number, (name, kind) in enumerate(said.items())}
            ),
            "word/styles.xml": _STYLES,
            **{f"word/{name}": part for name, part in (parts or {}).items()},
        }
    )


def paragraph(text: str, style: str = "", before: str = "") -> str:
    """A paragraph of a Word document."""
    properties = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f'<w:p>{properties}<w:r>{before}<w:t xml:space="preserve">{text}</w:t></w:r></w:p>'


def table(rows: Sequence[Sequence[str]]) -> str:
    """A table of a Word document."""
    cells = ("".join(f"<w:tc>{paragraph(cell)}</w:tc>" for cell in row) for row in rows)
    return "<w:tbl>" + "".join(f"<w:tr>{row}</w:tr>" for row in cells) + "</w:tbl>"


def story(root: str, inner: str) -> str:
    """A part of a Word document beside its text: footnotes, comments, a header."""
    return f'<w:{root} xmlns:w="{_W}">{inner}</w:{root}>'


def pptx(slides: Sequence[str], notes: str = "") -> bytes:
    """A presentation of these shape trees in this order; `notes` are the speaker's on the first slide."""
    entries = "".join(f'<p:sldId id="{256 + n}" r:id="s{n}"/>' for n in range(len(slides)))
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": _TYPES,
        "_rels/.rels": relations({"r1": ("officeDocument", "ppt/presentation.xml")}),
        "ppt/presentation.xml": f'<p:presentation xmlns:p="{_P}" xmlns:r="{_R}">{entries}</p:presentation>',
        # numbered backwards, so that the order of the list and not of the names counts
        "ppt/_rels/presentation.xml.rels": relations(
            {f"s{n}": ("slide", f"slides/slide{len(slides) - n}.xml") for n in range(len(slides))}
        ),
    }
    for n, shapes in enumerate(slides):
        parts[f"ppt/slides/slide{len(slides) - n}.xml"] = (
            f'<p:sld xmlns:p="{_P}" xmlns:a="{_A}"><p:cSld><p:spTree>{shapes}</p:spTree></p:cSld></p:sld>'
        )
    if notes:
        parts[f"ppt/slides/_rels/slide{len(slides)}.xml.rels"] = relations(
            {"n": ("notesSlide", "../notesSlides/notesSlide1.xml")}
        )
        parts["ppt/notesSlides/notesSlide1.xml"] = f'<p:notes xmlns:p="{_P}" xmlns:a="{_A}">{shape(notes)}</p:notes>'
    return zipped(parts)


def shape(text: str, role: str = "body") -> str:
    """A text box of a slide."""
    return (
        f'<p:sp><p:nvSpPr><p:nvPr><p:ph type="{role}"/></p:nvPr></p:nvSpPr><p:txBody>'
        f"<a:p><a:r><a:t>{text}</a:t></a:r></a:p></p:txBody></p:sp>"
    )


def xlsx(
    sheets: Mapping[str, Sequence[Sequence[str | float]]], hidden: str = "", parts: Mapping[str, str] | None = None
) -> bytes:
    """A workbook with these sheets."""
    entries = "".join(
        f'<sheet name="{name}" sheetId="{n}" r:id="s{n}" state="{"hidden" if name == hidden else "visible"}"/>'
        for n, name in enumerate(sheets, start=1)
    )
    found: dict[str, str | bytes] = {
        "[Content_Types].xml": _TYPES,
        "_rels/.rels": relations({"r1": ("officeDocument", "xl/workbook.xml")}),
        "xl/workbook.xml": f'<workbook xmlns="{_S}" xmlns:r="{_R}"><sheets>{entries}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": relations(
            {f"s{n}": ("worksheet", f"worksheets/sheet{n}.xml") for n in range(1, len(sheets) + 1)}
        ),
        **(parts or {}),
    }
    for n, rows in enumerate(sheets.values(), start=1):
        lines = "".join(f'<row r="{r}">{_cells(row, r)}</row>' for r, row in enumerate(rows, start=1))
        found[f"xl/worksheets/sheet{n}.xml"] = f'<worksheet xmlns="{_S}"><sheetData>{lines}</sheetData></worksheet>'
    return zipped(found)


def _cells(row: Sequence[str | float], number: int) -> str:
    return "".join(
        f'<c r="{chr(65 + column)}{number}" t="inlineStr"><is><t>{value}</t></is></c>'
        if isinstance(value, str)
        else f'<c r="{chr(65 + column)}{number}"><v>{value}</v></c>'
        for column, value in enumerate(row)
        if value != ""
    )


_ODF: Final = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0" '
    'xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/"'
)

_MANIFEST: Final = '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'


def opendocument(kind: str, body: str, parts: Mapping[str, str] | None = None) -> bytes:
    """An OpenDocument file of this kind (text, presentation, spreadsheet)."""
    inner = f"<office:body><office:{kind}>{body}</office:{kind}></office:body>"
    content = f"<office:document-content {_ODF}>{inner}</office:document-content>"
    return zipped(
        {
            "mimetype": f"application/vnd.oasis.opendocument.{kind}",
            "content.xml": content,
            "META-INF/manifest.xml": _MANIFEST,
            **(parts or {}),
        }
    )


def parts_of(document: bytes) -> dict[str, str | bytes]:
    """The parts of such a file, to make another one of."""
    with zipfile.ZipFile(io.BytesIO(document)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
