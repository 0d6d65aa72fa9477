"""XML as every reader here takes it: nothing fetched, no entity expanded, damage survived and told."""

from collections.abc import Iterator
from typing import Any, Final, TypeAlias

from lxml import etree

from assistant.parser.desk import Desk
from assistant.parser.failure import FileFailureError

Element: TypeAlias = Any
"""An lxml element, which has no types of its own."""

_DAMAGED: Final = "Part of this file is damaged; what could be read of it was read."
_FATAL: Final = 3


def parsed(content: bytes, desk: Desk) -> Element:
    """The root of an XML document. Raises FileFailureError where there is none."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, recover=True, huge_tree=False
    )
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise FileFailureError("broken") from error
    if root is None:
        raise FileFailureError("broken")
    if any(entry.level == _FATAL for entry in parser.error_log):
        desk.note(_DAMAGED)
    return root


def local(element: Element) -> str:
    """The name of an element without its namespace; empty for comments, instructions and entities."""
    tag = element.tag
    return tag.rsplit("}", 1)[-1] if isinstance(tag, str) else ""


def attribute(element: Element, name: str) -> str:
    """An attribute by its name without namespace; empty where there is none."""
    for key, value in element.attrib.items():
        if key.rsplit("}", 1)[-1] == name:
            return str(value)
    return ""


def children(element: Element, name: str) -> Iterator[Element]:
    """The direct children of this name."""
    return (child for child in element if local(child) == name)


def child(element: Element, name: str) -> Element | None:
    """The first direct child of this name."""
    return next(children(element, name), None)


def descendants(element: Element, name: str) -> Iterator[Element]:
    """All elements of this name below one, in document order."""
    return (found for found in element.iter() if local(found) == name)
