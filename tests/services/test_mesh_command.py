"""What `hearth mesh` asks about a box that knocks, and what it tells of those that are in."""

import contextlib
import io
import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from services.command import main, node_updates
from services.command.mesh import decide, told

RUNS = {"version": "0.1.0", "engine": "ready", "slots": 1, "running": 0, "waiting": 0}
REQUEST = {"session": "0" * 32, "name": "Cellar", "address": "10.0.0.9", "words": ["amber", "basil", "comet", "dust"]}


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("yes\n\n", ("approve", {"role": "worker"})),
        ("y\nclient\n", ("approve", {"role": "client"})),
        ("yes\nhome\n\x20s\n", ("approve", {"role": "storage"})),
        ("no\n", ("refuse", None)),
        ("\n", ("refuse", None)),
    ],
)
def test_the_owner_says_whether_and_as_what_a_box_is_let_in(
    typed: str, asked: tuple[str, dict[str, str] | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[tuple[str, dict[str, str] | None]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        heard.append((request.url.path.rpartition("/")[2], json.loads(request.content) if request.content else None))
        return httpx.Response(200, json={})

    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    with httpx.Client(transport=httpx.MockTransport(answer), base_url="http://box") as client:
        code = decide(client, REQUEST)

    assert heard == [asked]
    assert code == (0 if asked[0] == "approve" else 1)


def test_each_node_has_a_line_and_what_is_wrong_with_one_another() -> None:
    def node(name: str, **given: object) -> dict[str, object]:
        told = {"node_id": name * 4, "name": name, "role": "worker", "standing": "member", "is_here": False}
        return {**told, "is_reached": True, "problem": "", "round_trip_ms": 3.0, "report": None, **given}

    coming = {
        "bringing": [{"name": "small", "share": 0.5, "problem": ""}, {"name": "m", "share": 0, "problem": "Full."}]
    }
    failed = {"stage": "failed", "version": "0.2.0", "problem": "The disk is full."}
    seen = {
        "mesh_id": "m",
        "model": "small",
        "role": "home",
        "nodes": [
            node("study", is_here=True, unused_because="never told of this box"),
            node("attic", unused_because="is at 97 °C", twins=["10.0.0.2", "10.0.0.3"]),
            node("shed", report=coming),
            node("gone", standing="left"),
            node("loft", report=RUNS, update_turn=failed),
        ],
    }

    lines = told(seen)

    assert [line.split()[1] for line in lines[:4]] == ["study", "attic", "shed", "loft"]
    assert "0.1.0" in lines[3]
    assert lines[4:] == [
        "attic is two boxes with one identity, at 10.0.0.2 and 10.0.0.3: a stick was copied whole.",
        "attic is not asked with small now: it is at 97 °C.",
        "small is being copied to shed: 50%",
        "m could not be copied to shed. Full.",
        "loft: It was not updated to 0.2.0. The disk is full.",
    ]


def test_the_order_of_updates_is_stopped_and_what_goes_on_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[str] = []
    going = {"stage": "going", "version": "0.2.0", "problem": ""}
    attic = {"node_id": "a" * 26, "name": "attic", "role": "worker", "standing": "member", "is_here": False}
    seen = {
        "mesh_id": "m",
        "role": "home",
        "nodes": [{**attic, "is_reached": True, "report": RUNS, "update_turn": going}],
    }

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(f"{request.method} {request.url.path}")
        return httpx.Response(200, json=seen)

    @contextlib.contextmanager
    def connected(_data: Path) -> Iterator[httpx.Client]:
        with httpx.Client(transport=httpx.MockTransport(answer), base_url="http://assistant") as client:
            yield client

    monkeypatch.setattr(node_updates, "connected", connected)

    assert main(["mesh", "update", "--stop"]) == 0
    assert asked == ["DELETE /api/nodes/update"]
    assert capsys.readouterr().out.splitlines() == [
        "Boxes that waited for their turn are left as they are.",
        "attic: It is being updated to 0.2.0.",
    ]
    with pytest.raises(SystemExit):
        main(["mesh", "update", "attic", "--stop"])
