"""A bench as one SVG picture that reads on light and dark grounds, without scripts, fonts or anything fetched; pure."""

import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape

from services.bench.report import LinkResult, NodeResult, Report, Speed, SplitResult, Spread
from services.bench.table import short
from webui.theme import DARK, LIGHT, Palette

_WIDTH: Final = 880
_MARGIN: Final = 32
_NAMES: Final = 200
"""Room for what a bar belongs to."""
_GAP: Final = 24
_FIGURE: Final = 64
"""Room for the number behind a bar."""
_ROW: Final = 30
_BAR: Final = 14
_COLUMN: Final = (_WIDTH - 2 * _MARGIN - _NAMES - _GAP) // 2
_LINE: Final = 20
_LONGEST_NAME: Final = 24
_NOTE_CHARACTERS: Final = 84


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bar; without a spread there is only the reason in words."""

    spread: Spread | None
    colour: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What is measured, with a bar in each column, or with the reason why there is none."""

    name: str
    bars: tuple[Bar, Bar] | None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Rows under one title, with one scale a column that begins at nought."""

    title: str
    columns: tuple[str, str]
    rows: tuple[Row, ...]


def drawn(report: Report) -> str:
    """The whole picture."""
    charts = [*_models(report), *_splits(report), *_links(report.links)]
    body: list[str] = []
    top = _MARGIN + 24
    body.append(_text(_MARGIN, top, "title", "Hearth bench"))
    top += 26
    rounds = "one round" if report.rounds == 1 else f"medians of {report.rounds} rounds, thin lines from low to high"
    body.append(_text(_MARGIN, top, "muted", f"{report.taken_at[:10]} · {rounds} · seed {report.seed}"))
    for chart in charts:
        top += 44
        drawing, height = _chart(chart, top)
        body += drawing
        top += height
    height = top + _MARGIN
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}" '
        f'role="img" aria-label="{escape(_said(report), {chr(34): "&quot;"})}">'
    )
    ground = f'<rect class="ground" width="{_WIDTH}" height="{height}" rx="14"/>'
    return "\n".join([head, _style(), ground, *body, "</svg>"]) + "\n"


def _models(report: Report) -> Iterator[Chart]:
    """A chart for each model."""
    for digest, name in {model.digest: model.name for node in report.nodes for model in node.models}.items():
        rows = tuple(row for node in report.nodes if (row := _node_row(node, digest)) is not None)
        yield Chart(title=name, columns=("reads, tokens a second", "writes, tokens a second"), rows=rows)


def _node_row(node: NodeResult, digest: str) -> Row | None:
    if node.problem:
        return Row(name=node.name, bars=None, note=node.problem)
    model = next((one for one in node.models if one.digest == digest), None)
    if model is None:
        return None
    name = f"{node.name} (here)" if node.is_here else node.name
    return Row(name=name, bars=_speed_bars(model.speed) if model.speed else None, note=model.problem)


def _speed_bars(speed: Speed) -> tuple[Bar, Bar]:
    return Bar(spread=speed.prefill, colour="moss"), Bar(spread=speed.decode, colour="ember")


def _splits(report: Report) -> Iterator[Chart]:
    """A chart for each model that was tried over several nodes, under the node that is fastest with it alone."""
    for split in report.splits:
        bars = _speed_bars(split.speed) if split.speed else None
        rows = (*_alone_row(split, report.nodes), Row(name="over several nodes", bars=bars, note=split.problem))
        columns = ("reads, tokens a second", "writes, tokens a second")
        yield Chart(title=f"{split.name} over several nodes", columns=columns, rows=rows)


def _alone_row(split: SplitResult, nodes: Sequence[NodeResult]) -> list[Row]:
    found = [
        model.speed
        for node in nodes
        if node.name == split.single_node
        for model in node.models
        if model.digest == split.digest and model.speed
    ]
    return [Row(name=f"{split.single_node} alone", bars=_speed_bars(found[0]))] if found else []


def _links(links: Sequence[LinkResult]) -> Iterator[Chart]:
    if not links:
        return
    rows = tuple(
        Row(
            name=f"{link.from_node} – {link.to_node}",
            bars=(
                (Bar(spread=link.round_trip_ms, colour="edge"), Bar(spread=link.down_mbit_per_second, colour="moss"))
                if link.round_trip_ms
                else None
            ),
            note=link.problem,
        )
        for link in links
    )
    yield Chart(title="Links", columns=("round trip, milliseconds", "bandwidth, Mbit a second"), rows=rows)


def _chart(chart: Chart, top: int) -> tuple[list[str], int]:
    """What is drawn from `top` on, and how high it is."""
    lefts = (_MARGIN + _NAMES, _MARGIN + _NAMES + _COLUMN + _GAP)
    parts = [_text(_MARGIN, top, "head", chart.title)]
    parts += [_text(left, top + _LINE, "muted", name) for left, name in zip(lefts, chart.columns, strict=True)]
    parts.append(f'<path class="line" d="M{_MARGIN} {top + _LINE + 10}H{_WIDTH - _MARGIN}"/>')
    scales = tuple(_scale([row.bars[column].spread for row in chart.rows if row.bars]) for column in range(2))
    middle = top + _LINE + 10 + _ROW // 2 + 4
    for row in chart.rows:
        parts.append(_text(_MARGIN, middle + 4, "ink", _short_name(row.name), whole=row.name))
        if row.bars is not None:
            for bar, left, scale in zip(row.bars, lefts, scales, strict=True):
                parts += _bar(bar, left, middle, scale)
        lines = [] if row.bars else textwrap.wrap(row.note, _NOTE_CHARACTERS)
        parts += [_text(lefts[0], middle + 4 + _LINE * n, "muted", line) for n, line in enumerate(lines)]
        middle += _ROW + _LINE * max(0, len(lines) - 1)
    return parts, middle - top - _ROW // 2


def _scale(spreads: Sequence[Spread | None]) -> Callable[[float], float]:
    most = max((spread.high for spread in spreads if spread), default=0.0) or 1.0
    return lambda value: round(value / most * (_COLUMN - _FIGURE), 1)


def _bar(bar: Bar, left: int, middle: int, scale: Callable[[float], float]) -> list[str]:
    if bar.spread is None:
        return []
    low, high, length = scale(bar.spread.low), scale(bar.spread.high), max(1.0, scale(bar.spread.median))
    end = max(length, high)
    box = f'x="{left}" y="{middle - _BAR // 2}" width="{length}" height="{_BAR}" rx="3"'
    parts = [f'<rect class="{bar.colour}" {box}/>']
    if bar.spread.count > 1:
        parts.append(f'<path class="spread" d="M{left + low} {middle}H{left + high}"/>')
    parts.append(_text(left + end + 8, middle + 4, "figure", short(bar.spread.median)))
    return parts


def _text(left: float, base: float, kind: str, words: str, *, whole: str = "") -> str:
    """Words at a place; `whole` is told where they were shortened."""
    title = f"<title>{escape(whole)}</title>" if whole and whole != words else ""
    return f'<text class="{kind}" x="{left}" y="{base}">{title}{escape(words)}</text>'


def _short_name(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"


def _said(report: Report) -> str:
    """For who hears the picture: how fast each node writes."""
    told = [
        f"{node.name} writes {short(model.speed.decode.median)} tokens a second with {model.name}"
        for node in report.nodes
        for model in node.models
        if model.speed
    ]
    return f"Hearth bench: {'; '.join(told) or 'nothing could be measured'}"


def _style() -> str:
    return (
        "<style>"
        "text{font:14px system-ui,sans-serif}.title{font-size:24px;font-weight:650}.head{font-weight:650}"
        ".muted{font-size:13px}.figure{font-size:13px;font-variant-numeric:tabular-nums}"
        ".line,.spread{fill:none;stroke-width:1}.spread{stroke-width:1.5}"
        f"{_colours(LIGHT)}@media (prefers-color-scheme:dark){{{_colours(DARK)}}}"
        "</style>"
    )


def _colours(palette: Palette) -> str:
    return (
        f".ground{{fill:{palette.ground}}}.title,.head,.ink,.figure{{fill:{palette.ink}}}.muted{{fill:{palette.muted}}}"
        f".line{{stroke:{palette.line}}}.spread{{stroke:{palette.ink}}}"
        f".ember{{fill:{palette.ember}}}.moss{{fill:{palette.moss}}}.edge{{fill:{palette.edge}}}"
    )
