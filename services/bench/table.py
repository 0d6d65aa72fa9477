"""A bench as a person reads it in a terminal; pure."""

from collections.abc import Iterator, Sequence

from services.bench.report import LinkResult, ModelResult, Report, SplitResult, Spread

_LINKS = {"wireguard": ", linked by WireGuard", "tls": ", linked by mutual TLS"}


def told(report: Report) -> str:
    """The whole table."""
    return "\n".join(_lines(report))


def figure(spread: Spread) -> str:
    """A median with its spread, short enough for a column: `212 (198 to 220)`."""
    return f"{short(spread.median)} ({short(spread.low)} to {short(spread.high)})"


def short(value: float) -> str:
    """Three digits that count."""
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _lines(report: Report) -> Iterator[str]:
    yield from aligned([("node", "model", "reads, tokens/s", "writes, tokens/s"), *_node_rows(report)])
    if report.links:
        yield ""
        yield from aligned([("link", "round trip, ms", "there, Mbit/s", "back, Mbit/s"), *map(_link, report.links)])
    if report.splits:
        yield ""
        yield from aligned([("over several nodes", "reads, tokens/s", "writes, tokens/s"), *map(_split, report.splits)])
    yield ""
    times = "once" if report.rounds == 1 else f"{report.rounds} times"
    yield f"Each was measured {times}; medians, with the lowest and the highest. Seed {report.seed}, {report.taken_at}."


def aligned(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """The rows with their cells below each other; the last cell of a row that is shorter than the first is a remark."""
    most = len(rows[0])
    widths = [max(len(row[column]) for row in rows if column < len(row) - (len(row) < most)) for column in range(most)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)).rstrip() for row in rows]


def _node_rows(report: Report) -> Iterator[tuple[str, ...]]:
    for node in report.nodes:
        name = "this box" if node.is_here else node.name
        if node.problem:
            yield (name, node.problem)
        for model in node.models:
            yield (name, *_model(model))
    for engine in report.engines:
        rate = f"about {short(engine.decode_rate)}, " if engine.decode_rate else ""
        yield (engine.engine, engine.model, "", f"{rate}as last seen, not measured now")


def _model(model: ModelResult) -> tuple[str, ...]:
    if model.speed is None:
        return model.name, model.problem
    return model.name, figure(model.speed.prefill), figure(model.speed.decode)


def _link(link: LinkResult) -> tuple[str, ...]:
    between = f"{link.from_node} – {link.to_node}"
    if link.round_trip_ms is None or link.up_mbit_per_second is None or link.down_mbit_per_second is None:
        return between, link.problem
    return between, *map(figure, (link.round_trip_ms, link.up_mbit_per_second, link.down_mbit_per_second))


def _split(split: SplitResult) -> tuple[str, ...]:
    if split.speed is None:
        return split.name, split.problem
    beside = _LINKS.get(split.link, "")
    if split.decode_vs_single is not None:
        beside += f": {split.decode_vs_single:.2f} times as fast as {split.single_node} alone"
    return split.name, figure(split.speed.prefill), f"{figure(split.speed.decode)}{beside}"
