"""Which kinds of files there are, by the ending of the name and by the first bytes; who reads them is in readers.py."""

import io
import re
import zipfile
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from assistant.parser.word_list import word_list

UNKNOWN: Final = "application/octet-stream"
_OOXML: Final = "application/vnd.openxmlformats-officedocument."
_ODF: Final = "application/vnd.oasis.opendocument."


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of file: its name in this program, its media type, and the endings that promise it."""

    name: str
    media_type: str
    suffixes: tuple[str, ...]
    is_text: bool = False
    """Its bytes are characters, so the ending alone tells it from other texts."""


_CODE: Final = word_list(
    ".ada .adoc .asm .awk .bas .bash .bat .bib .c .cc .cfg",
    ".clj .cmake .cmd .conf .cpp .cs .css .cxx .d .dart .diff .el",
    ".erl .ex .exs .f90 .go .gradle .groovy .h .hpp .hs .ini .java .jl .js .json .jsonl .jsx .kt .less .lisp .lua .m",
    ".mk .ml .nim .org .pas .patch .php .pl .pm .properties .ps1 .py .pyi .r .rb .rs .rst .sass .scala .scm .scss .sh",
    ".sql .swift .tcl .tex .toml .ts .tsx .v .vb .vhd .vue .yaml .yml .zig .zsh",
)

KINDS: Final = (
    Kind(name="pdf", media_type="application/pdf", suffixes=(".pdf",)),
    Kind(
        name="docx",
        media_type=f"{_OOXML}wordprocessingml.document",
        suffixes=(".docx", ".docm", ".dotx", ".dotm"),
    ),
    Kind(
        name="pptx",
        media_type=f"{_OOXML}presentationml.presentation",
        suffixes=(".pptx", ".pptm", ".ppsx", ".ppsm", ".potx"),
    ),
    Kind(name="xlsx", media_type=f"{_OOXML}spreadsheetml.sheet", suffixes=(".xlsx", ".xlsm", ".xltx")),
    Kind(name="xlsb", media_type="application/vnd.ms-excel.sheet.binary.macroenabled.12", suffixes=(".xlsb",)),
    Kind(name="odt", media_type=f"{_ODF}text", suffixes=(".odt", ".ott", ".fodt")),
    Kind(name="odp", media_type=f"{_ODF}presentation", suffixes=(".odp", ".otp", ".fodp")),
    Kind(name="ods", media_type=f"{_ODF}spreadsheet", suffixes=(".ods", ".ots")),
    Kind(name="doc", media_type="application/msword", suffixes=(".doc", ".dot")),
    Kind(name="ppt", media_type="application/vnd.ms-powerpoint", suffixes=(".ppt", ".pps", ".pot")),
    Kind(name="xls", media_type="application/vnd.ms-excel", suffixes=(".xls", ".xlt")),
    Kind(name="msg", media_type="application/vnd.ms-outlook", suffixes=(".msg",)),
    Kind(name="ole", media_type="application/x-ole-storage", suffixes=()),
    Kind(name="rtf", media_type="application/rtf", suffixes=(".rtf",)),
    Kind(name="epub", media_type="application/epub+zip", suffixes=(".epub",)),
    Kind(name="zip", media_type="application/zip", suffixes=(".zip",)),
    Kind(name="tar", media_type="application/x-tar", suffixes=(".tar",)),
    Kind(name="compressed", media_type="application/gzip", suffixes=(".gz", ".tgz", ".bz2", ".tbz2", ".xz", ".txz")),
    Kind(name="png", media_type="image/png", suffixes=(".png",)),
    Kind(name="jpeg", media_type="image/jpeg", suffixes=(".jpg", ".jpeg", ".jpe", ".jfif")),
    Kind(name="tiff", media_type="image/tiff", suffixes=(".tif", ".tiff")),
    Kind(name="webp", media_type="image/webp", suffixes=(".webp",)),
    Kind(name="gif", media_type="image/gif", suffixes=(".gif",)),
    Kind(name="bmp", media_type="image/bmp", suffixes=(".bmp", ".dib")),
    Kind(name="avif", media_type="image/avif", suffixes=(".avif",)),
    Kind(name="heic", media_type="image/heic", suffixes=(".heic", ".heif", ".hif")),
    Kind(name="csv", media_type="text/csv", suffixes=(".csv",), is_text=True),
    Kind(name="tsv", media_type="text/tab-separated-values", suffixes=(".tsv", ".tab"), is_text=True),
    Kind(name="html", media_type="text/html", suffixes=(".html", ".htm", ".xhtml", ".xht"), is_text=True),
    Kind(name="markdown", media_type="text/markdown", suffixes=(".md", ".markdown", ".mdown"), is_text=True),
    Kind(name="eml", media_type="message/rfc822", suffixes=(".eml", ".mht", ".mhtml"), is_text=True),
    Kind(name="emlx", media_type="message/x-emlx", suffixes=(".emlx",), is_text=True),
    Kind(name="tnef", media_type="application/ms-tnef", suffixes=(".tnef",)),
    Kind(name="mbox", media_type="application/mbox", suffixes=(".mbox",), is_text=True),
    Kind(name="srt", media_type="application/x-subrip", suffixes=(".srt",), is_text=True),
    Kind(name="vtt", media_type="text/vtt", suffixes=(".vtt",), is_text=True),
    Kind(name="ics", media_type="text/calendar", suffixes=(".ics", ".ifb"), is_text=True),
    Kind(name="vcf", media_type="text/vcard", suffixes=(".vcf", ".vcard"), is_text=True),
    Kind(name="fb2", media_type="application/x-fictionbook+xml", suffixes=(".fb2",), is_text=True),
    Kind(
        name="xml",
        media_type="application/xml",
        suffixes=(".xml", ".opml", ".svg", ".rss", ".atom", ".kml", ".gpx", ".xsd", ".xsl"),
        is_text=True,
    ),
    Kind(name="ipynb", media_type="application/x-ipynb+json", suffixes=(".ipynb",), is_text=True),
    Kind(name="text", media_type="text/plain", suffixes=(".txt", ".text", ".log", *_CODE), is_text=True),
)
BY_NAME: Final = {kind.name: kind for kind in KINDS}
_BY_SUFFIX: Final = {suffix: kind for kind in KINDS for suffix in kind.suffixes}
_BY_MEDIA_TYPE: Final = {kind.media_type: kind for kind in KINDS}

MEDIA_TYPES: Final = frozenset(_BY_MEDIA_TYPE)
"""Of all kinds that are read."""

UNREADABLE: Final = frozenset(
    word_list(
        ".7z .aac .ai .apk .avi .cab .dll .dmg .dwg .exe .flac .iso .key .m4a .m4v .mkv .mov .mp3 .mp4",
        ".mpeg .mpg .numbers .ogg .one .opus .otf .pages .psd .pst .rar .so .sqlite .ttf .wav .webm .wma .wmv .woff",
    )
)
"""Endings that promise what Hearth cannot read; any other unknown ending is looked into."""

SUFFIXES: Final = tuple(sorted(_BY_SUFFIX))
"""Every ending that promises a kind that is read."""
PICTURED: Final = frozenset(
    BY_NAME[name].media_type for name in ("pdf", "png", "jpeg", "tiff", "webp", "gif", "bmp", "avif", "heic")
)
"""Media types whose pages have pictures to mark words on."""

_HEAD_BYTES: Final = 4_096
_MAGIC: Final = (
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"{\\rtf", "rtf"),
    (b"\x78\x9f\x3e\x22", "tnef"),
    (b"\x1f\x8b", "compressed"),
    (b"BZh", "compressed"),
    (b"\xfd7zXZ\x00", "compressed"),
)
_AV1: Final = frozenset({b"avif", b"avis"})
_HEVC: Final = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"})
_ANY_CODEC: Final = frozenset({b"mif1", b"msf1"})
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_IN_OLE: Final = (
    ("WordDocument", "doc"),
    ("PowerPoint Document", "ppt"),
    ("__properties_version1.0", "msg"),
    ("Workbook", "xls"),
    ("Book", "xls"),
    ("EncryptedPackage", "ole"),
)
_IN_OOXML: Final = (("word/", "docx"), ("ppt/", "pptx"), ("xl/workbook.bin", "xlsb"), ("xl/", "xlsx"))
_TEXTS: Final = (
    (re.compile(rb"\s*BEGIN:VCALENDAR", re.IGNORECASE), "ics"),
    (re.compile(rb"\s*BEGIN:VCARD", re.IGNORECASE), "vcf"),
    (re.compile(rb"WEBVTT\b"), "vtt"),
    (
        re.compile(rb"\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<(!doctype\s+html|html[\s>])", re.IGNORECASE | re.DOTALL),
        "html",
    ),
    (re.compile(rb"\s*(<\?xml[^>]*>\s*)?<FictionBook"), "fb2"),
    (re.compile(rb"\s*<\?xml\s"), "xml"),
    (re.compile(rb"From \S+.*\n[\w-]+:"), "mbox"),
    (re.compile(rb"((Received|Return-Path|Message-ID|MIME-Version|Delivered-To):.*\n)", re.IGNORECASE), "eml"),
)


def media_type(name: str) -> str:
    """The media type that a file's name promises; UNKNOWN where its ending promises nothing."""
    kind = _BY_SUFFIX.get(PurePosixPath(name).suffix.lower())
    return kind.media_type if kind else UNKNOWN


def kind_of(media_type: str, content: bytes) -> Kind | None:
    """What a file is: its first bytes decide, then what it is said to be; None where nobody can say."""
    said = _BY_MEDIA_TYPE.get(media_type)
    shown = _shown(content)
    if shown:
        return BY_NAME[shown]
    if said and said.name not in {"doc", "xls"}:
        return said
    found = _text_kind(content)  # web programs hand out tables of HTML and of plain text under the name of .xls
    return BY_NAME["csv"] if said and said.name == "xls" and found and found.name == "text" else found or said


def _shown(content: bytes) -> str | None:
    head = content[:_HEAD_BYTES]
    for magic, name in _MAGIC:
        if head.startswith(magic):
            return name
    if b"%PDF-" in head[:1024]:
        return "pdf"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _in_zip(content)
    if head.startswith(_OLE):
        return _in_ole(content)
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    return "tar" if head[257:262] == b"ustar" else media_brand(head)


def media_brand(content: bytes) -> str | None:
    """Which kind of picture a file of boxes is (ISO/IEC 14496-12 and 23008-12), by the brands that it names first."""
    if content[4:8] != b"ftyp":
        return None
    listed = content[8 : min(int.from_bytes(content[:4], "big"), _HEAD_BYTES)]
    first, others = listed[:4], {listed[at : at + 4] for at in range(8, len(listed), 4)}
    if first in _AV1 or (first in _ANY_CODEC and others & _AV1 and not others & _HEVC):
        return "avif"
    return "heic" if first in _HEVC | _ANY_CODEC else None


def _in_zip(content: bytes) -> str | None:
    """What a ZIP file is by the names in it; "zip" where they say nothing or cannot be read."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
            declared = archive.read("mimetype")[:100].decode("ascii", "replace").strip() if "mimetype" in names else ""
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, EOFError, ValueError):
        return "zip"
    if "[Content_Types].xml" in names:
        for prefix, name in _IN_OOXML:
            if any(inside.startswith(prefix) for inside in names):
                return name
    if declared in _BY_MEDIA_TYPE:
        return _BY_MEDIA_TYPE[declared].name
    if "Index/Document.iwa" in names:
        return None  # Pages, Numbers or Keynote
    if "META-INF/container.xml" in names:
        return "epub"
    return "zip"


def _in_ole(content: bytes) -> str:
    """What a compound file is by the streams at its top."""
    import olefile

    try:
        with olefile.OleFileIO(io.BytesIO(content)) as file:
            names = {path[0] for path in file.listdir()}
    except (OSError, ValueError, IndexError, TypeError, RecursionError, AttributeError):
        return "ole"
    return next((name for stream, name in _IN_OLE if stream in names), "ole")


def _text_kind(content: bytes) -> Kind | None:
    head = content[:_HEAD_BYTES].removeprefix(b"\xef\xbb\xbf")
    for pattern, name in _TEXTS:
        if pattern.match(head):
            return BY_NAME[name]
    return BY_NAME["text"] if content and b"\x00" not in head.replace(b"\xff\xfe", b"") else None
