"""Joins in memory over a wire that the seed plays with: only who proves the secret and is approved gets in."""

import random
import tempfile
from functools import cache
from pathlib import Path
from typing import TypeVar

from mesh.errors import MeshError
from mesh.join.guest_side import GuestSide
from mesh.join.messages import GuestRound, HomeRound
from tests.mesh.join.talk import Box, Time, pinned

Round = TypeVar("Round", GuestRound, HomeRound)


@cache
def _boxes() -> tuple[Box, Box, Box, Time]:
    folder, time = Path(tempfile.mkdtemp(prefix="hearth-sim-")), Time()
    return Box(folder, "alpha", time), Box(folder, "beta", time), Box(folder, "gamma", time), time


def history(seed: int) -> list[str]:
    """What went wrong in one history of a door and those before it."""
    random_ = random.Random(seed)
    home, *guests, time = _boxes()
    time.passed += 10_000
    window = home.hosting.open()
    before = {one.node_id for one in home.membership().roster.active}
    right: set[str] = set()
    approvals = 0
    for _ in range(random_.randrange(1, 6)):
        box = random_.choice(guests)
        knows = random_.random() < 0.5
        tampered = random_.random() < 0.3
        time.passed += random_.choice((0, 5, 120, 290))
        guest = box.guest(window.code if knows else _other(window.code, random_))
        if _went_through(home, guest, random_ if tampered else None):
            right.add(box.identity.node_id)
            if not knows:
                return ["a wrong code was taken for the right one"]
        if guest.words and not knows:
            return ["words were shown to one who does not know the code"]
    waiting = home.hosting.waiting()
    found = [] if len(waiting) <= 1 else ["one door let two in"]
    for one in waiting:
        if random_.random() < 0.5:
            home.hosting.approve(one.side.session)
            approvals += 1
        else:
            home.hosting.refuse(one.side.session)
    now = {one.node_id for one in home.membership().roster.active}
    if now - before and not approvals:
        found.append("somebody got in whom nobody approved")
    if not now - before <= right:
        found.append("somebody got in who did not prove the code")
    return found


def _went_through(home: Box, guest: GuestSide, random_: random.Random | None) -> bool:
    try:
        pinned(home, guest)
        at = random_.randrange(9) if random_ else -1
        while guest.state in {"pinned", "proving"}:
            said = guest.round()
            answer = home.hosting.heard(_changed(said, random_) if said.index == at and random_ else said)
            guest.heard(_changed(answer, random_) if answer.index == at - 1 and random_ else answer)
    except MeshError:
        return False
    return True


def _changed(said: Round, random_: random.Random) -> Round:
    part = random_.choice(("opening", "commitment"))
    return said.model_copy(update={part: random_.randbytes(32).hex()})


def _other(code: str, random_: random.Random) -> str:
    while True:
        other = "".join(random_.choice("0123456789abcdefghjkmnpqrstvwxyz") for _ in code)
        if other != code:
            return other
