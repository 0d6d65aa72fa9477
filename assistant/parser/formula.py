"""Formulas of Office documents (OMML) in one line, as LaTeX writes them."""

from collections.abc import Iterator

from assistant.parser.xml import Element, attribute, child, local


def formula(math: Element) -> str:
    """A formula as one line of text."""
    return "".join(_parts(math))


def _parts(element: Element) -> Iterator[str]:
    for part in element:
        match local(part):
            case "t":
                yield part.text or ""
            case "f":
                yield rf"\frac{_of(part, 'num')}{_of(part, 'den')}"
            case "sSup":
                yield f"{_plain(part, 'e')}^{_of(part, 'sup')}"
            case "sSub":
                yield f"{_plain(part, 'e')}_{_of(part, 'sub')}"
            case "sSubSup":
                yield f"{_plain(part, 'e')}_{_of(part, 'sub')}^{_of(part, 'sup')}"
            case "rad":
                degree = _plain(part, "deg")
                yield rf"\sqrt{f'[{degree}]' if degree else ''}{_of(part, 'e')}"
            case "d":
                yield f"({_plain(part, 'e')})"
            case "chr":
                yield attribute(part, "val")
            case name if (name and not name.endswith("Pr")) or name == "naryPr":
                yield from _parts(part)


def _of(element: Element, name: str) -> str:
    return "{" + _plain(element, name) + "}"


def _plain(element: Element, name: str) -> str:
    part = child(element, name)
    return "" if part is None else formula(part)
