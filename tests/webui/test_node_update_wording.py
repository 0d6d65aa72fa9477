"""What the page of nodes says of versions, and of updates that travel over the mesh."""

from typing import Any

import pytest

from webui.mesh_messages import Mesh, Node
from webui.node_update_wording import behind, explanation, may_be_updated, question, update_news, version, waiting


def node(name: str = "Attic", *, runs: str = "0.1.0", report: dict[str, Any] | None = None, **given: Any) -> Node:
    told = {"node_id": name, "name": name, "role": "worker", "standing": "member", "is_here": False, "is_reached": True}
    said = {"version": runs, "engine": "ready", "slots": 1, "running": 0, "waiting": 0, **(report or {})}
    return Node.model_validate({**told, "report": said, **given})


def mesh(*nodes: Node, role: str = "home", keeps: str = "0.2.0") -> Mesh:
    update = {"update": {"version": keeps}} if keeps else {}
    return Mesh(mesh_id="m", role=role, nodes=(node("Study", role=role, is_here=True, report=update), *nodes))


def turn(stage: str, problem: str = "", version: str = "0.2.0") -> dict[str, str]:
    return {"stage": stage, "version": version, "problem": problem}


def test_each_node_tells_its_version() -> None:
    keeping = node(report={"update": {"version": "0.2.0"}})

    assert version(node()) == "Hearth 0.1.0"
    assert version(keeping) == "Hearth 0.1.0 · keeps the update to 0.2.0"
    assert version(node().model_copy(update={"report": None})) == ""


@pytest.mark.parametrize(
    "other",
    [
        *(node(runs="0.2.0"), node(runs="0.10.0"), node(runs="dev"), node(is_reached=False), node(role="client")),
        *(node(update_turn=turn("waiting")), node(update_turn=turn("going"))),
        node(report={"updating": {"version": "0.2.0", "phase": "installing"}}),
    ],
)
def test_who_is_not_behind_or_away_or_under_way_is_not_offered_the_update(other: Node) -> None:
    assert not may_be_updated(other, mesh(other))


def test_a_node_that_is_behind_is_offered_the_update_by_the_home_node_alone() -> None:
    old = node()
    failed = node(report={"updating": {"version": "0.2.0", "problem": "x"}}, update_turn=turn("failed", "x"))

    assert may_be_updated(old, mesh(old))
    assert may_be_updated(failed, mesh(failed))
    assert not may_be_updated(old, mesh(old, role="worker"))
    assert not may_be_updated(old, mesh(old, keeps=""))
    assert [one.name for one in behind(mesh(old, node("Shed"), node("New", runs="0.2.0")))] == ["Attic", "Shed"]


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"phase": "fetching", "share": 0.4}, "Is being updated to 0.2.0: it fetches it from the home node, 40%."),
        ({"phase": "installing", "share": 1.0}, "Is being updated to 0.2.0: it installs it, 100%."),
        (
            {"phase": "waiting", "waits_for": "a job in the background"},
            "Is being updated to 0.2.0: it is installed. It waits for a job in the background.",
        ),
        ({"phase": "restarting"}, "Is being updated to 0.2.0: it starts anew."),
        ({"phase": "a phase of tomorrow"}, "Is being updated to 0.2.0: it is under way."),
    ],
)
def test_how_far_a_node_is_is_told(told: dict[str, Any], words: str) -> None:
    one = node(report={"updating": {"version": "0.2.0", **told}}, update_turn=turn("going"))

    assert update_news(one, mesh(one)) == (words, "")


def test_a_turn_that_has_not_come_and_a_box_that_starts_anew_are_told() -> None:
    restarting = {"updating": {"version": "0.2.0", "phase": "restarting"}}
    waiting, cut = node(update_turn=turn("waiting")), node(update_turn=turn("going"), is_reached=False)
    away = node(update_turn=turn("going"), is_reached=False, report=restarting)
    asked, done = node(update_turn=turn("going")), node(runs="0.2.0", update_turn=turn("done"))

    assert update_news(waiting, mesh(waiting)) == ("Waits for its turn to be updated.", "")
    assert "starts anew, which takes a few minutes" in update_news(away, mesh(away))[0]
    assert "goes on once it is back" in update_news(cut, mesh(cut))[0]
    assert update_news(asked, mesh(asked)) == ("It is being updated to 0.2.0.", "")
    assert update_news(done, mesh(done)) == ("", "")


def test_what_went_wrong_is_told_once() -> None:
    back = "0.2.0 did not work there; it runs 0.1.0 again."
    full = {"updating": {"version": "0.2.0", "problem": "The disk is full."}}
    of_turn, of_report = node(update_turn=turn("failed", "The disk is full."), report=full), node(report=full)
    fell_back = node(update_turn=turn("failed", back), report={"failed_update": "0.2.0"})
    unasked = node(update_turn=turn("failed", "It does not answer now.", version=""))

    told = "It was not updated to 0.2.0. The disk is full."
    assert update_news(of_turn, mesh(of_turn)) == update_news(of_report, mesh(of_report)) == ("", told)
    assert update_news(fell_back, mesh(fell_back)) == ("", back)
    assert update_news(node(report={"failed_update": "0.2.0"}), mesh()) == ("", back)
    assert update_news(unasked, mesh(unasked)) == ("", "It does not answer now.")


def test_a_client_decides_for_itself_and_that_is_said() -> None:
    client = node(role="client")

    assert update_news(client, mesh(client)) == ("0.2.0 is here for it; a client is updated on its own page alone.", "")
    assert update_news(client, mesh(client, keeps="")) == ("", "")


def test_only_an_order_in_which_boxes_wait_can_be_stopped() -> None:
    going, one, two = (
        node(name, update_turn=turn(stage)) for name, stage in (("A", "going"), ("B", "waiting"), ("C", "waiting"))
    )

    assert waiting(mesh(going, one, two)) == (
        "2 boxes wait for their turn, and can be left as they are. "
        "One that is being updated already goes on to its end."
    )
    assert waiting(mesh(one)) == "One box waits for its turn, and can be left as it is."
    assert waiting(mesh(going)) == waiting(mesh(one, role="worker")) == ""


def test_it_is_asked_before_boxes_start_anew() -> None:
    one, two = [node()], [node(), node("Shed")]

    assert question(one, "0.2.0") == "Update “Attic” to 0.2.0?"
    assert question(two, "0.2.0") == "Update 2 boxes to 0.2.0?"
    assert "comes back with the old one by itself" in explanation(one)
    assert explanation(two).startswith("One after another")
