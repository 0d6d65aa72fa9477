"""Content lines (RFC 5545, RFC 6350): folded lines of a name, parameters and a value, as calendars and contacts use."""

import binascii
import contextlib
import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from assistant.parser.plain import decoded, lenient

_LINE: Final = re.compile(r'^(?:[\w-]+\.)?([\w-]+)((?:;(?:[^":;]|"[^"]*")*)*):(.*)$', re.DOTALL)
_CHARSET: Final = re.compile(r';CHARSET="?([\w.:-]+)', re.IGNORECASE)
_CHARSET_OF_BYTES: Final = re.compile(rb';CHARSET="?([\w.:-]+)', re.IGNORECASE)
_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentLine:
    """One property: its name in capitals, its parameters as written, its value still escaped."""

    name: str
    parameters: str
    value: str

    @property
    def text(self) -> str:
        """The value as a person reads it."""
        return unescaped(self.value)

    def parameter(self, name: str) -> str:
        """The value of a parameter; empty where there is none."""
        found = re.search(rf';{name}=("[^"]*"|[^;]*)', self.parameters, re.IGNORECASE)
        return found[1].strip('"') if found else ""


def content_lines(text: str) -> Iterator[ContentLine]:
    """The properties of a calendar or a contact file; lines that are none are left out."""
    for line in _unfolded(text):
        found = _LINE.match(line)
        if found:
            yield ContentLine(name=found[1].upper(), parameters=found[2], value=_decoded(found[2], found[3]))


def characters_of(content: bytes) -> str:
    """The text of a calendar or a contact file; where it is not UTF-8, in the encoding that its lines name.

    Raises FileFailureError where the bytes are no text.
    """
    said = _CHARSET_OF_BYTES.search(content)
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        if said:
            with contextlib.suppress(LookupError, UnicodeDecodeError):
                return content.decode(said[1].decode("ascii"))
    return decoded(content)


def unescaped(value: str) -> str:
    r"""A value without its backslashes; `\n` is a line's end."""
    return _ESCAPE.sub(lambda found: "\n" if found[1] in "nN" else found[1], value)


def fields(value: str) -> list[str]:
    """A structured value's parts, as those of a name or an address, empty ones left out."""
    return [part for part in (unescaped(part).strip() for part in re.split(r"(?<!\\)[;,]", value)) if part]


def _unfolded(text: str) -> Iterator[str]:
    whole = ""
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        if line[:1] in {" ", "\t"}:
            whole += line[1:]
        elif whole.endswith("=") and "QUOTED-PRINTABLE" in whole.upper():
            whole += "\n" + line
        else:
            yield whole
            whole = line
    yield whole


def _decoded(parameters: str, value: str) -> str:
    if "QUOTED-PRINTABLE" not in parameters.upper():
        return value
    try:
        plain = quopri.decodestring(value.encode("utf-8"))
    except binascii.Error:
        return value
    said = _CHARSET.search(parameters)
    try:
        return plain.decode(said[1]) if said else decoded(plain)
    except (LookupError, UnicodeDecodeError):
        return lenient(plain)
