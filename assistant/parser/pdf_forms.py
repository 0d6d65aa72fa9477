"""What people filled into a PDF's form and wrote on its pages: fields, text boxes and notes, which its text lacks."""

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import pypdfium2
import pypdfium2.raw as pdfium

from assistant.parser.blocks import tidy

_WRITTEN: Final = frozenset({pdfium.FPDF_ANNOT_FREETEXT, pdfium.FPDF_ANNOT_TEXT})
_CHOSEN: Final = frozenset({pdfium.FPDF_FORMFIELD_CHECKBOX, pdfium.FPDF_FORMFIELD_RADIOBUTTON})
_FILLED: Final = frozenset(
    {pdfium.FPDF_FORMFIELD_TEXTFIELD, pdfium.FPDF_FORMFIELD_COMBOBOX, pdfium.FPDF_FORMFIELD_LISTBOX}
)
_MOST: Final = 2_000
"""Of a page."""


def filled_in(document: pypdfium2.PdfDocument, page: pypdfium2.PdfPage) -> str:
    """A line for each filled field, "Name: value", and for each note; empty where there is none."""
    lines: list[str] = []
    for index in range(min(pdfium.FPDFPage_GetAnnotCount(page.raw), _MOST)):
        with _annotation(page, index) as annotation:
            if annotation:
                lines.append(_line(document, annotation))
    return "\n".join(line for line in lines if line)


def _line(document: pypdfium2.PdfDocument, annotation: Any) -> str:
    kind = pdfium.FPDFAnnot_GetSubtype(annotation)
    if kind in _WRITTEN:
        return _text(lambda buffer, size: pdfium.FPDFAnnot_GetStringValue(annotation, b"Contents", buffer, size))
    if kind != pdfium.FPDF_ANNOT_WIDGET or document.formenv is None:
        return ""
    form = document.formenv.raw
    field = pdfium.FPDFAnnot_GetFormFieldType(form, annotation)
    name = _text(
        lambda buffer, size: pdfium.FPDFAnnot_GetFormFieldAlternateName(form, annotation, buffer, size)
    ) or _text(lambda buffer, size: pdfium.FPDFAnnot_GetFormFieldName(form, annotation, buffer, size))
    if field in _CHOSEN:
        return f"{name}: yes" if pdfium.FPDFAnnot_IsChecked(form, annotation) else ""
    if field not in _FILLED:
        return ""
    value = _text(lambda buffer, size: pdfium.FPDFAnnot_GetFormFieldValue(form, annotation, buffer, size))
    return f"{name}: {value}" if value and name else value


def _text(ask: Callable[[Any, int], int]) -> str:
    """What PDFium answers in UTF-16 into a buffer of the size that it names first."""
    size = int(ask(None, 0))
    buffer = ctypes.create_string_buffer(size)
    ask(ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort)), size)
    return tidy(buffer.raw.decode("utf-16-le", "replace").rstrip("\x00"))


@contextmanager
def _annotation(page: pypdfium2.PdfPage, index: int) -> Iterator[Any]:
    annotation = pdfium.FPDFPage_GetAnnot(page.raw, index)
    try:
        yield annotation
    finally:
        if annotation:
            pdfium.FPDFPage_CloseAnnot(annotation)
