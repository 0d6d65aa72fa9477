"""The registry: which module reads which kind of file. A reader is imported when a file of its kind comes."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib import import_module
from typing import Final, cast

from assistant.parser.desk import Desk, Source
from assistant.parser.failure import FileFailureError
from assistant.parser.kinds import PICTURED, kind_of
from assistant.parser.page import Page, PagePicture

_MODULES: Final = {
    "pdf": "pdf",
    "docx": "docx",
    "pptx": "pptx",
    "xlsx": "spreadsheets",
    "xlsb": "spreadsheets",
    "xls": "spreadsheets",
    "ods": "spreadsheets",
    "odt": "opendocument",
    "odp": "opendocument",
    "doc": "doc",
    "ppt": "ppt",
    "ole": "ole",
    "rtf": "rtf",
    "msg": "msg",
    "epub": "epub",
    "zip": "archives",
    "tar": "archives",
    "compressed": "archives",
    "png": "images",
    "jpeg": "images",
    "tiff": "images",
    "webp": "images",
    "gif": "images",
    "bmp": "images",
    "avif": "images",
    "heic": "images",
    "csv": "delimited",
    "tsv": "delimited",
    "html": "html",
    "markdown": "plain",
    "text": "plain",
    "eml": "mail",
    "mbox": "mail",
    "emlx": "mail",
    "tnef": "tnef",
    "srt": "subtitles",
    "vtt": "subtitles",
    "ics": "calendars",
    "vcf": "contacts",
    "fb2": "markup",
    "xml": "markup",
    "ipynb": "notebooks",
}

Reader = Callable[[bytes, str, Desk], Iterator[Page]]
"""Reads these bytes, which are of this kind (a name of kinds.py)."""


def pages_of(source: Source, desk: Desk) -> Iterator[Page]:
    """The pages of a file, numbered from 1. Raises FileFailureError, also in the middle."""
    kind = kind_of(source.media_type, source.content)
    if kind is None:
        raise FileFailureError("unsupported")
    reader = cast("Reader", import_module(f"assistant.parser.{_MODULES[kind.name]}").read)
    desk.found(kind)
    for page in reader(source.content, kind.name, desk):
        is_own = page.origin is None and kind.media_type in PICTURED
        yield replace(page, origin=PagePicture(page=page.number)) if is_own else page
