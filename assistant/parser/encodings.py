"""Which characters the bytes of an old text are, where neither a mark nor UTF-8 says so: told by what makes sense."""

from typing import Final

from charset_normalizer import CharsetMatch, CharsetMatches, from_bytes

_WESTERN: Final = "cp1252"
_LATIN: Final = (_WESTERN, "cp1250", "cp1254", "cp1257")
_OTHER_SCRIPTS: Final = (
    *("cp932", "euc_jp", "gb18030", "big5", "cp949"),
    *("cp1251", "koi8_r", "cp1253", "cp1255", "cp1256", "cp874"),
)
_OF_LANGUAGE: Final = {
    **dict.fromkeys(("Polish", "Czech", "Slovak", "Hungarian", "Croatian", "Slovene", "Romanian"), "cp1250"),
    **dict.fromkeys(("Lithuanian", "Latvian"), "cp1257"),
    "Turkish": "cp1254",
}
_MOST_LOOKED_AT: Final = 64 * 1024
_FEWEST_BYTES: Final = 5
"""Beyond ASCII; fewer tell nothing."""
_SCRIPT_SHARE: Final = 0.3
"""Of the letters beyond ASCII; a text in another script has more, one in Latin letters less."""
_MOST_CHAOS: Final = 0.2
_HUNGARIAN: Final = "õûÕÛ"
"""What Hungarian's own letters become in the Western encoding, and Finnish, for which it is taken, has not."""
_NEAR: Final = 0.05
_ESCAPES: Final = (b"\x1b$B", b"\x1b$@", b"\x1b(J")


def encoding_of(content: bytes) -> str:
    """The name of the encoding that fits a text best; Windows-1252 where there is too little to tell."""
    if any(escape in content for escape in _ESCAPES) and content.isascii():
        return "iso2022_jp"
    beyond = bytes(byte for byte in content[:_MOST_LOOKED_AT] if byte >= 0x80)
    if len(beyond) < _FEWEST_BYTES:
        return _WESTERN
    letters = sum(chr(byte).isalpha() for byte in content[:_MOST_LOOKED_AT] if byte < 0x80)
    is_latin = len(beyond) < _SCRIPT_SHARE * (len(beyond) + letters)
    sample = _sample(content)
    found = from_bytes(
        sample,
        cp_isolation=list(_LATIN if is_latin else _OTHER_SCRIPTS),
        threshold=_MOST_CHAOS,
        enable_fallback=False,
    )
    best = found.best()
    if best is None:
        return _WESTERN
    return _latin(found, best) if is_latin else best.encoding


def _latin(found: CharsetMatches, best: CharsetMatch) -> str:
    """Western, unless the words are of a language that is written otherwise."""
    western = next((one for one in found if _WESTERN in one.could_be_from_charset), best)
    is_as_good = western.coherence >= best.coherence - _NEAR and western.chaos <= best.chaos + _NEAR
    chosen = western if is_as_good else best
    if chosen.language == "Finnish" and any(letter in str(western) for letter in _HUNGARIAN):
        return "cp1250"
    return _OF_LANGUAGE.get(chosen.language, _WESTERN)


def _sample(content: bytes) -> bytes:
    """The beginning, to the end of a line, so that no character is cut in two."""
    if len(content) <= _MOST_LOOKED_AT:
        return content
    head = content[:_MOST_LOOKED_AT]
    return head[: head.rfind(b"\n") + 1] or head
