"""Owns the order in which the home node's owner has boxes updated: one after another, and what becomes of each turn.

A state machine without clock and network. The next turn begins when the one before is over, so that never two boxes are
away for their updates; where one does not come back, those that still wait are left as they are.

    waiting  → going    it answers and runs an older version: it is asked
    waiting  → failed   it does not answer, is no member, refuses
    waiting  → (gone)   the owner stops the order; whoever is going already goes on
    going    → done     it runs the new version
    going    → failed   it tells a problem, came back with the old version, fell silent, or is no member any more
    any      → done     it runs the new version already
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from firmware.updates.versions import Version, is_newer, version_in
from mesh.report import KeptUpdate, Updating

Stage = Literal["waiting", "going", "done", "failed"]
BACK_SECONDS: Final = 1800.0
"""A slow stick may take minutes to start anew; a box that was away for so long does not come back by itself."""
STANDSTILL_SECONDS: Final = 3600.0
SETTLED_SECONDS: Final = 60.0
"""After its return a box takes a moment to know what became of its system."""
HEARD_SECONDS: Final = 60.0
"""So long after its own start the home node waits to hear of the others."""
NOT_A_MEMBER: Final = "It is no node of this mesh any more."
AWAY: Final = "It does not answer now. Try again when it is back."
NOTHING_KEPT: Final = "The update is not on this box any more."
NOT_BACK: Final = "It has not come back since its update. Look at its screen, and start it again by hand."
STANDSTILL: Final = "Nothing has come of it for an hour. Look at its own page, and try again."
GIVEN_UP: Final = "It does not go on with the update: its role was changed, or it was in another mesh. Try again."
RESTARTED: Final = "It was started anew before the update was installed. Try again."
LEFT_ALONE: Final = "It was left as it is, since another box did not come back from its update."


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenNode:
    """What the home node knows of another one now."""

    is_reached: bool
    version: str = ""
    run: str = ""
    updating: Updating | None = None
    failed_update: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One box that is to be updated."""

    node_id: str
    stage: Stage = "waiting"
    version: str = ""
    """That it is to run, known once it was asked."""
    digest: str = ""
    problem: str = ""
    run: str = ""
    """Names the run of its daemon in which it was asked."""
    since: float = 0.0
    """When something last changed."""
    last: tuple[bool, str, Updating | None] = (True, "", None)
    was_restarting: bool = False
    is_resumed: bool = False
    """Whether it waited already as the home node's daemon started."""

    @property
    def is_over(self) -> bool:
        """Whether nothing more comes of it."""
        return self.stage in {"done", "failed"}


def is_behind(version: str, update: KeptUpdate | None) -> bool:
    """Whether this update is newer than what a node runs."""
    runs, offered = version_in(version), version_in(update.version) if update else None
    return runs is not None and offered is not None and is_newer(offered, runs)


def queued(turns: Sequence[Turn], node_ids: Sequence[str]) -> tuple[Turn, ...]:
    """The order with these at its end; one that is waiting or going already keeps its turn."""
    kept = tuple(turn for turn in turns if not turn.is_over or turn.node_id not in node_ids)
    known = {turn.node_id for turn in kept}
    return kept + tuple(Turn(node_id=one) for one in dict.fromkeys(node_ids) if one not in known)


def resumed(turns: Sequence[Turn], now: float) -> tuple[Turn, ...]:
    """The order as the home node finds it at its start: every wait is counted from now on."""
    return tuple(replace(turn, since=now, is_resumed=turn.stage == "waiting") for turn in turns)


def stopped(turns: Sequence[Turn]) -> tuple[Turn, ...]:
    """The order without those that still wait; what a box has begun it goes on with by itself."""
    return tuple(turn for turn in turns if turn.stage != "waiting")


def stepped(
    turns: Sequence[Turn], seen: Mapping[str, SeenNode], kept: KeptUpdate | None, now: float
) -> tuple[tuple[Turn, ...], str]:
    """The order a moment later, and the node that is to be asked now, or nothing."""
    at = next((number for number, turn in enumerate(turns) if not turn.is_over), None)
    if at is None:
        return tuple(turns), ""
    turn, node = turns[at], seen.get(turns[at].node_id)
    after = _begun(turn, node, kept, now) if turn.stage == "waiting" else _gone_on(turn, node, now)
    rest = tuple(turns[at + 1 :])
    if after.problem == NOT_BACK:
        rest = tuple(one if one.is_over else replace(one, stage="failed", problem=LEFT_ALONE) for one in rest)
    asked = after.node_id if turn.stage == "waiting" and after.stage == "going" else ""
    return (*turns[:at], after, *rest), asked


def refused(turns: Sequence[Turn], node_id: str, problem: str) -> tuple[Turn, ...]:
    """The order after this node, whose turn it is, has refused."""
    return tuple(_failed(turn, problem) if turn.node_id == node_id and not turn.is_over else turn for turn in turns)


def _begun(turn: Turn, node: SeenNode | None, kept: KeptUpdate | None, now: float) -> Turn:
    if node is None:
        return _failed(turn, NOT_A_MEMBER)
    if kept is None:
        return _failed(turn, NOTHING_KEPT)
    if not node.is_reached:
        return turn if turn.is_resumed and now - turn.since <= HEARD_SECONDS else _failed(turn, AWAY)
    if not is_behind(node.version, kept):
        return replace(turn, stage="done", version=kept.version)
    return replace(
        turn, stage="going", version=kept.version, digest=kept.digest, run=node.run, since=now, last=_last(node)
    )


def _gone_on(turn: Turn, node: SeenNode | None, now: float) -> Turn:
    if node is None:
        return _failed(turn, NOT_A_MEMBER)
    if node.is_reached and _runs(node.version, turn.version):
        return replace(turn, stage="done")
    going = node.updating if node.updating is not None and node.updating.digest == turn.digest else None
    if node.is_reached and going is not None and going.problem:
        return _failed(turn, going.problem)
    if _last(node) != turn.last:
        turn = replace(turn, last=_last(node), since=now)
    if going is not None and going.phase == "restarting":
        turn = replace(turn, was_restarting=True)
    return _judged(turn, node, now - turn.since)


def _judged(turn: Turn, node: SeenNode, unchanged_seconds: float) -> Turn:
    """A turn whose box has told nothing new for so long."""
    if not node.is_reached:
        return _failed(turn, NOT_BACK) if unchanged_seconds > BACK_SECONDS else turn
    if node.run != turn.run:
        if node.failed_update == turn.version or (turn.was_restarting and unchanged_seconds > SETTLED_SECONDS):
            return _failed(turn, did_not_work(turn.version, node.version))
        return _failed(turn, RESTARTED) if unchanged_seconds > SETTLED_SECONDS else turn
    if unchanged_seconds > SETTLED_SECONDS and (node.updating is None or node.updating.digest != turn.digest):
        return _failed(turn, GIVEN_UP)
    return _failed(turn, STANDSTILL) if unchanged_seconds > STANDSTILL_SECONDS else turn


def did_not_work(version: str, runs: str) -> str:
    """What is said of a box that came back with the version before."""
    return f"{version} did not work there; it runs {runs} again."


def _failed(turn: Turn, problem: str) -> Turn:
    return replace(turn, stage="failed", problem=problem)


def _last(node: SeenNode) -> tuple[bool, str, Updating | None]:
    return node.is_reached, node.run, node.updating


def _runs(version: str, wanted: str) -> bool:
    runs, offered = version_in(version), version_in(wanted)
    return runs is not None and offered is not None and not is_newer(Version(offered), Version(runs))
