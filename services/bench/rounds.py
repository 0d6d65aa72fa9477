"""Asks the mesh for every measurement, round by round, so that what disturbs the house disturbs all alike."""

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final

from services.bench import choice
from services.bench.choice import Model
from services.bench.report import (
    EngineResult,
    LinkResult,
    ModelResult,
    NodeResult,
    Report,
    SplitResult,
    against_single,
    link,
    speed,
)
from services.errors import ServicesError

Ask = Callable[[str, str, dict[str, Any] | None], Any]
"""Method, path and question to the node's API; raises NotMeasuredError with the node's own sentence."""
Say = Callable[[str], None]
TURNS: Final = 20


class NotMeasuredError(ServicesError):
    """One measurement was refused; the others go on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to be measured."""

    models: Sequence[str] = ()
    rounds: int = 3
    seed: int = 1
    prompt_words: int = 256
    output_tokens: int = 32


@dataclass(slots=True)
class _Found:
    """What came, by what was asked, and why something did not."""

    runs: defaultdict[tuple[str, ...], list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    problems: dict[tuple[str, ...], str] = field(default_factory=dict)


def benched(ask: Ask, wish: Wish, *, version: str, say: Say = lambda _line: None) -> Report:
    """The whole bench. Raises ServicesError where a wished model is none."""
    began = time.monotonic()
    seen = ask("GET", "/api/nodes", None)
    models, found = choice.models(seen, wish.models), _Found()
    for number in range(wish.rounds):
        say(f"Round {number + 1} of {wish.rounds}")
        _measure_models(ask, wish, seen, models, found, number, say)
        _measure_links(ask, seen, found, say)
    _measure_splits(ask, wish, seen, models, found, say)
    nodes = tuple(_node(node, models, found) for node in choice.members(seen))
    return Report(
        taken_at=datetime.now(UTC).isoformat(timespec="seconds"),
        version=version,
        seed=wish.seed,
        rounds=wish.rounds,
        seconds=round(time.monotonic() - began, 1),
        nodes=nodes,
        links=tuple(_link(one, other, found) for one, other in choice.pairs(seen)),
        splits=tuple(_split(model, nodes, found) for model in choice.split_models(seen, models)),
        engines=_engines(ask),
    )


def _measure_models(
    ask: Ask, wish: Wish, seen: dict[str, Any], models: Sequence[Model], found: _Found, number: int, say: Say
) -> None:
    for model in models:
        for node in choice.members(seen):
            if choice.node_problem(node) or choice.model_problem(node, model):
                continue
            say(f"  {model.name} on {_called(node)}")
            question = _question(wish, model, number) | {"node_id": node["node_id"]}
            _tried(ask, "/api/nodes/bench/run", question, (node["node_id"], model.digest), found)


def _measure_links(ask: Ask, seen: dict[str, Any], found: _Found, say: Say) -> None:
    for one, other in choice.pairs(seen):
        if one["is_reached"] and other["is_reached"]:
            say(f"  the link between {_called(one)} and {_called(other)}")
            question = {"from_node": one["node_id"], "node_id": other["node_id"], "turns": TURNS}
            _tried(ask, "/api/nodes/bench/link", question, (one["node_id"], other["node_id"]), found)


def _measure_splits(
    ask: Ask, wish: Wish, seen: dict[str, Any], models: Sequence[Model], found: _Found, say: Say
) -> None:
    """After all else, since a model over several nodes takes memory of each; it is let go of at the end."""
    was_loaded = {one["digest"] for one in seen["splits"] if one["state"] == "ready"}
    for model in choice.split_models(seen, models):
        for number in range(wish.rounds):
            say(f"  {model.name} over several nodes, {number + 1} of {wish.rounds}")
            if not _tried(ask, "/api/nodes/bench/split", _question(wish, model, number), (model.digest,), found):
                break
        if model.digest not in was_loaded:
            # Where that cannot be done now, the mesh does it by itself after some idle minutes.
            with suppress(NotMeasuredError):
                ask("DELETE", "/api/nodes/bench/split", None)


def _engines(ask: Ask) -> tuple[EngineResult, ...]:
    """What is known of engines of other makes; none where the mesh is away at that moment."""
    try:
        engines = ask("GET", "/api/engines", None)["engines"]
    except NotMeasuredError:
        return ()
    return tuple(
        EngineResult(engine=engine["name"], model=one["name"], decode_rate=one["decode_rate"] or 0.0)
        for engine in engines
        for one in engine["models"]
    )


def _question(wish: Wish, model: Model, number: int) -> dict[str, Any]:
    return {
        "digest": model.digest,
        "seed": wish.seed + number,
        "prompt_words": wish.prompt_words,
        "output_tokens": wish.output_tokens,
    }


def _tried(ask: Ask, path: str, question: dict[str, Any], key: tuple[str, ...], found: _Found) -> bool:
    try:
        found.runs[key].append(ask("POST", path, question))
    except NotMeasuredError as error:
        found.problems[key] = str(error)
        return False
    return True


def _node(node: dict[str, Any], models: Sequence[Model], found: _Found) -> NodeResult:
    report = node["report"] or {}
    problem = choice.node_problem(node)
    return NodeResult(
        node_id=node["node_id"],
        name=node["name"],
        role=node["role"],
        is_here=node["is_here"],
        version=report.get("version", ""),
        memory_bytes=report.get("vitals", {}).get("memory_bytes", 0),
        models=() if problem else tuple(_model(node, model, found) for model in models),
        problem=problem,
    )


def _model(node: dict[str, Any], model: Model, found: _Found) -> ModelResult:
    key = (node["node_id"], model.digest)
    runs = found.runs.get(key)
    return ModelResult(
        name=model.name,
        digest=model.digest,
        speed=speed(runs) if runs else None,
        problem=found.problems.get(key, "") or choice.model_problem(node, model),
    )


def _link(one: dict[str, Any], other: dict[str, Any], found: _Found) -> LinkResult:
    key = (one["node_id"], other["node_id"])
    if runs := found.runs.get(key):
        return link(one["name"], other["name"], runs)
    away = " and ".join(node["name"] for node in (one, other) if not node["is_reached"])
    problem = found.problems.get(key) or f"{away} could not be reached."
    return LinkResult(from_node=one["name"], to_node=other["name"], problem=problem)


def _split(model: Model, nodes: Sequence[NodeResult], found: _Found) -> SplitResult:
    key = (model.digest,)
    if runs := found.runs.get(key):
        return replace(against_single(model.name, model.digest, speed(runs), nodes), link=runs[-1].get("link", ""))
    return SplitResult(name=model.name, digest=model.digest, problem=found.problems.get(key, "It was not measured."))


def _called(node: dict[str, Any]) -> str:
    return "this box" if node["is_here"] else str(node["name"])
