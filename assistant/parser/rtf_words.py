"""What the control words of RTF mean to a reader of its text."""

from typing import Final

from assistant.parser.word_list import word_list

SKIPPED: Final = frozenset(
    word_list(
        "colortbl info pict objdata object fldinst nonshppict",
        "nonesttables shprslt sp listtable listoverridetable xe tc",
        "themedata colorschememapping datastore latentstyles xmlnstbl revtbl rsidtbl filetbl generator template ftnsep",
        "ftnsepc ftncn aftnsep aftnsepc aftncn bkmkstart bkmkend atnid atnref atndate atnparent atntime",
    )
)
"""Destinations that hold no text of the document."""

SHOWN_OPTIONS: Final = frozenset(
    word_list("shpinst shptxt moMath moMathPara annotation atnauthor nesttableprops do dptxbxtext result ud")
)
"""Destinations behind a star, which older readers skip, that hold text."""

APART: Final = {
    "footnote": "Footnotes",
    "annotation": "Comments",
    "header": "Page header",
    "headerl": "Page header",
    "headerr": "Page header",
    "headerf": "Page header",
    "footer": "Page footer",
    "footerl": "Page footer",
    "footerr": "Page footer",
    "footerf": "Page footer",
}
"""Destinations that are read behind the text, under this title."""

CHARACTERS: Final = {
    "line": "\n",
    "tab": "\t",
    "emdash": "—",
    "endash": "–",
    "emspace": " ",
    "enspace": " ",
    "qmspace": " ",
    "bullet": "•",
    "lquote": "‘",
    "rquote": "’",
    "ldblquote": "“",
    "rdblquote": "”",
}

CHARSETS: Final = {
    0: "cp1252",
    77: "mac_roman",
    128: "cp932",
    129: "cp949",
    130: "johab",
    134: "gbk",
    136: "cp950",
    161: "cp1253",
    162: "cp1254",
    163: "cp1258",
    177: "cp1255",
    178: "cp1256",
    186: "cp1257",
    204: "cp1251",
    222: "cp874",
    238: "cp1250",
    254: "cp437",
    255: "cp850",
}
"""The encoding of a font's characters."""
