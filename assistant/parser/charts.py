"""Charts of Office documents as tables: a row for each category with the value of each series."""

from collections.abc import Iterator
from typing import Final

from assistant.parser.blocks import Block
from assistant.parser.package import Package
from assistant.parser.tables import row_blocks
from assistant.parser.xml import Element, attribute, child, descendants, local

_MOST_POINTS: Final = 20_000


def charts(package: Package, folder: str) -> Iterator[Block]:
    """The charts that lie in this folder of a document, by name."""
    for name in sorted(package.names):
        if name.startswith(f"{folder}/charts/chart") and name.endswith(".xml"):
            root = package.xml(name)
            yield from () if root is None else chart(root)


def chart(root: Element) -> Iterator[Block]:
    """One chart: its kind and title, then its values."""
    kind = next((local(part) for part in root.iter() if local(part).endswith("Chart")), "")
    kind = kind.removesuffix("Chart").removesuffix("3D")
    titles = [_words(title) for title in descendants(root, "title")]
    yield Block(text=" – ".join([f"{kind.capitalize()} chart".strip(), *(title for title in titles if title)]))
    rows: dict[str, dict[str, str]] = {}
    names: list[str] = []
    for number, series in enumerate(descendants(root, "ser"), start=1):
        named = child(series, "tx")
        name = (_words(named) if named is not None else "") or f"Series {number}"
        names.append(name)
        categories = _points(series, ("cat", "xVal"))
        for index, value in _points(series, ("val", "yVal")).items():
            rows.setdefault(categories.get(index, index), {})[name] = value
    yield from row_blocks(
        [["Category", *names], *([category, *(row.get(name, "") for name in names)] for category, row in rows.items())]
    )


def _points(series: Element, names: tuple[str, ...]) -> dict[str, str]:
    """The values of a series by their index."""
    points: dict[str, str] = {}
    for part in series:
        if local(part) in names:
            for point in descendants(part, "pt"):
                value = child(point, "v")
                if value is not None and len(points) < _MOST_POINTS:
                    points[attribute(point, "idx")] = value.text or ""
    return points


def _words(element: Element) -> str:
    return "".join(part.text or "" for part in element.iter() if local(part) in {"t", "v"})
