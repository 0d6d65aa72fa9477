"""The order of updates outlives the home node's daemon: read back as it was, and never a reason not to start."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from mesh.kept_order import FILE, KeptOrder
from mesh.report import KeptUpdate, Updating
from mesh.update_turns import (
    AWAY,
    HEARD_SECONDS,
    LEFT_ALONE,
    NOT_BACK,
    SeenNode,
    Turn,
    queued,
    resumed,
    stepped,
    stopped,
)

BETA, GAMMA, DELTA = "b" * 26, "g" * 26, "d" * 26
KEPT = KeptUpdate(version="0.2.0", digest="a" * 64, size_bytes=1000)
OLD = SeenNode(is_reached=True, version="0.1.0", run="one")
UNHEARD = SeenNode(is_reached=False)
TURNS = (
    Turn(node_id=BETA, stage="failed", version="0.2.0", digest="a" * 64, problem=NOT_BACK, run="r", since=7.0),
    Turn(node_id=GAMMA, stage="going", version="0.2.0", digest="a" * 64, run="one", was_restarting=True, since=9.0),
    Turn(node_id=DELTA),
)


def after_a_restart(folder: Path, now: float = 0.0) -> tuple[Turn, ...]:
    return resumed(KeptOrder(folder).read(), now)


def test_a_restart_forgets_no_turn(tmp_path: Path) -> None:
    KeptOrder(tmp_path).write(TURNS)

    assert KeptOrder(tmp_path).read() == tuple(replace(turn, since=0.0) for turn in TURNS)
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600


def test_nothing_is_written_where_nothing_was_ordered_or_nothing_is_new(tmp_path: Path) -> None:
    kept = KeptOrder(tmp_path)
    assert kept.read() == ()
    kept.write(())
    assert not (tmp_path / FILE).exists()

    kept.write(TURNS)
    written = (tmp_path / FILE).stat().st_ino
    kept.write([replace(turn, since=99.0, last=(False, "x", None)) for turn in TURNS])
    again = KeptOrder(tmp_path)
    again.write(again.read())

    assert (tmp_path / FILE).stat().st_ino == written


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"{", b"\xff\xfe", b"[]", b'{"format": 1, "turns": [{}]}', b'{"format": 1, "turns": 3}'),
        json.dumps({"format": 2, "orders": [{"node_id": BETA}]}).encode(),
        json.dumps({"format": 1, "turns": [{"node_id": BETA, "stage": "postponed"}]}).encode(),
        json.dumps({"format": 1, "turns": [{"node_id": BETA, "stage": "waiting", "problem": "x" * 9000}]}).encode(),
    ],
)
def test_a_damaged_file_or_one_of_a_newer_version_is_forgotten_for_good(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    kept = KeptOrder(tmp_path)

    assert kept.read() == ()
    kept.write(())

    assert KeptOrder(tmp_path).read() == ()
    assert json.loads((tmp_path / FILE).read_bytes()) == {"format": 1, "turns": []}


def test_a_file_with_more_than_is_known_is_read_for_what_is_known(tmp_path: Path) -> None:
    told = {"node_id": BETA, "stage": "waiting", "colour": "red"}
    (tmp_path / FILE).write_text(json.dumps({"format": 1, "begun_by": "Ada", "turns": [told]}))

    assert KeptOrder(tmp_path).read() == (Turn(node_id=BETA),)


def test_a_disk_without_room_is_no_reason_to_stop_and_is_tried_again(tmp_path: Path) -> None:
    kept = KeptOrder(tmp_path / "later")
    kept.write(TURNS)

    (tmp_path / "later").mkdir()
    kept.write(TURNS)

    assert len(KeptOrder(tmp_path / "later").read()) == 3


def test_those_that_wait_are_not_given_up_before_the_home_node_has_heard_of_them(tmp_path: Path) -> None:
    KeptOrder(tmp_path).write([Turn(node_id=BETA), Turn(node_id=GAMMA)])
    turns = after_a_restart(tmp_path, 1000.0)
    seen = {BETA: UNHEARD, GAMMA: OLD}

    turns, asked = stepped(turns, seen, KEPT, 1000.0 + HEARD_SECONDS)
    assert ([turn.stage for turn in turns], asked) == (["waiting", "waiting"], "")

    heard, asked = stepped(turns, {**seen, BETA: OLD}, KEPT, 1000.0 + HEARD_SECONDS)
    assert ([turn.stage for turn in heard], asked) == (["going", "waiting"], BETA)

    turns, _ = stepped(turns, seen, KEPT, 1001.0 + HEARD_SECONDS)
    assert (turns[0].stage, turns[0].problem) == ("failed", AWAY)


def test_a_box_that_was_going_is_judged_by_what_it_tells_then(tmp_path: Path) -> None:
    working = replace(OLD, updating=Updating(version="0.2.0", digest="a" * 64, phase="installing"))
    going, _ = stepped(queued((), [BETA, GAMMA]), {BETA: OLD, GAMMA: OLD}, KEPT, 5000.0)
    KeptOrder(tmp_path).write(going)
    turns = after_a_restart(tmp_path, 3.0)

    done, _ = stepped(turns, {BETA: replace(OLD, version="0.2.0", run="two"), GAMMA: OLD}, KEPT, 4.0)
    still, asked = stepped(turns, {BETA: working, GAMMA: OLD}, KEPT, 4.0)
    away, _ = stepped(stepped(turns, {BETA: UNHEARD, GAMMA: OLD}, KEPT, 4.0)[0], {BETA: UNHEARD}, KEPT, 1900.0)

    assert [turn.stage for turn in done] == ["done", "waiting"]
    assert ([turn.stage for turn in still], asked) == (["going", "waiting"], "")
    assert [turn.problem for turn in away] == [NOT_BACK, LEFT_ALONE]


def test_stopping_lets_go_those_that_wait_and_no_other() -> None:
    assert stopped(TURNS) == TURNS[:2]
    assert stopped(TURNS[:2]) == TURNS[:2]
