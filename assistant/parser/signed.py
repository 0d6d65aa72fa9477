"""What is inside an opaquely signed message: the content of a CMS SignedData (RFC 5652), by its BER; not verified."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_SIGNED_DATA: Final = bytes.fromhex("2a864886f70d010702")
_SEQUENCE, _OBJECT, _OCTETS, _OCTETS_IN_PARTS, _EXPLICIT = 0x30, 0x06, 0x04, 0x24, 0xA0
_END: Final = b"\x00\x00"
_DEEPEST: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class _Element:
    tag: int
    content: bytes


def signed_content(message: bytes) -> bytes | None:
    """The words under the signature; None where these bytes are not signed, or not so that they hold the words."""
    try:
        (outer, *_rest) = _elements(message)
        kind, explicit = _elements(outer.content)
        if outer.tag != _SEQUENCE or kind.content != _SIGNED_DATA or explicit.tag != _EXPLICIT:
            return None
        (signed,) = _elements(explicit.content)
        _version, _digests, held, *_signers = _elements(signed.content)
        _kind, content = _elements(held.content)
        return _octets(next(_elements(content.content)), 0)
    except (ValueError, StopIteration, IndexError):
        return None


def _octets(element: _Element, depth: int) -> bytes:
    if element.tag == _OCTETS:
        return element.content
    if element.tag != _OCTETS_IN_PARTS or depth > _DEEPEST:
        raise ValueError("no octets")
    return b"".join(_octets(part, depth + 1) for part in _elements(element.content))


def _elements(content: bytes) -> Iterator[_Element]:
    """The elements that follow one another. Raises ValueError or IndexError where they are none."""
    at = 0
    while at < len(content) and content[at : at + 2] != _END:
        start, end, after = _span(content, at, 0)
        yield _Element(tag=content[at], content=content[start:end])
        at = after


def _span(content: bytes, at: int, depth: int) -> tuple[int, int, int]:
    """Where an element's content begins and ends, and where the next element begins."""
    if depth > 4 * _DEEPEST or content[at] & 0x1F == 0x1F:
        raise ValueError("an element that no message has")
    first = content[at + 1]
    start = at + 2
    if first == 0x80:
        inner = start
        while content[inner : inner + 2] != _END:
            inner = _span(content, inner, depth + 1)[2]
        return start, inner, inner + 2
    length = first
    if first > 0x80:
        start += first - 0x80
        length = int.from_bytes(content[at + 2 : start], "big")
    if start + length > len(content):
        raise ValueError("an element that ends behind the message")
    return start, start + length, start + length
