"""Which updates of other nodes are offered here."""

from typing import Any

import pytest

from assistant.errors import MeshAwayError
from assistant.updates.elsewhere import UpdatesElsewhere
from assistant.updates.errors import UpdateNotElsewhereError
from assistant.updates.updates import Updates
from tests.assistant.updates.conftest import brought
from tests.updates import digest_of, written


def node(letter: str, version: str = "0.2.0", **given: Any) -> dict[str, Any]:
    update = {"version": version, "digest": letter * 64, "size_bytes": 1000}
    told = {"node_id": letter * 26, "name": f"box {letter}", "role": "worker", "is_here": False, "is_reached": True}
    return {**told, "report": {"update": update}, **given}


def others(updates: Updates, *nodes: dict[str, Any]) -> UpdatesElsewhere:
    async def ask() -> dict[str, Any]:
        return {"nodes": nodes}

    return UpdatesElsewhere(ask, updates)


async def test_the_newest_is_offered_first(updates: Updates) -> None:
    found = await others(updates, node("a"), node("b", "0.10.0"), node("c", "0.9.0")).all()

    assert [(one.node_name, one.version) for one in found] == [
        ("box b", "0.10.0"),
        ("box c", "0.9.0"),
        ("box a", "0.2.0"),
    ]


async def test_what_is_not_newer_or_cannot_be_had_is_not_offered(updates: Updates) -> None:
    strange = {"version": "next", "digest": "e" * 64, "size_bytes": 1}
    path = {"version": "0.2.0", "digest": "../" + "e" * 61, "size_bytes": 1}
    nodes = [
        *(node("a", "0.1.0"), node("b", is_here=True), node("c", is_reached=False), node("d", role="client")),
        *(node("e", report={"update": strange}), node("f", report={"update": path})),
        *(node("g", report={"update": None}), node("h", report={}), node("i", report=None)),
    ]

    assert list(await others(updates, *nodes).all()) == []


async def test_what_is_here_already_is_not_offered_again(updates: Updates) -> None:
    await updates.take(brought(updates, written()), digest_of(written()))

    found = await others(updates, node("a"), node("b", "0.3.0")).all()

    assert [one.version for one in found] == ["0.3.0"]


async def test_without_a_mesh_nothing_is_offered(updates: Updates) -> None:
    async def away() -> dict[str, Any]:
        raise MeshAwayError

    assert await UpdatesElsewhere(away, updates).all() == ()


async def test_an_update_is_found_by_its_node_and_digest(updates: Updates) -> None:
    there = others(updates, node("a"))

    assert (await there.find_or_refuse("box a", "a" * 64)).node_id == "a" * 26
    assert (await there.find_or_refuse("a" * 26, "a" * 64)).node_id == "a" * 26
    for wrong in (("box b", "a" * 64), ("box a", "b" * 64)):
        with pytest.raises(UpdateNotElsewhereError):
            await there.find_or_refuse(*wrong)
