"""Two PCs of one household on one cable: the second joins by the code on its screen, and they compute for each other.

The first is a box like any other, and lives through its owner's first evening as the second one starts.
"""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from image.accelerator import Accelerator
from image.console import join_link, join_words, report, setup_code
from image.guest import Guest
from image.qemu import Machine
from tests.boot import updating
from tests.boot.box import Answer, Box
from tests.boot.journey import (
    ANSWER_SECONDS,
    BOOT_SECONDS,
    PAGE,
    Timings,
    assert_healthy,
    claim,
    come_back,
    first_evening,
    second_report,
    watched,
)

FINDING_SECONDS = 300.0
JOINING_SECONDS = 240.0  # less than the door is open
MODEL = "smollm2-135m-instruct"
BEGINNING = "Once upon a time"  # without a chat's template, which an emulated PC reads for a minute
MOST_TOKENS = 4
HERE = "this box"
SPLIT_SECONDS = 900.0
CARRYING_SECONDS = 3000.0
AT_ONCE = 3  # more than one small PC answers at a time
MOST_ROUNDS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class PairTimings:
    """Seconds that a person waits."""

    alone: Timings
    second_power_on_to_page_s: float
    join_s: float
    question_to_answer_elsewhere_s: float
    split_ready_and_answered_s: float
    cord_pulled_to_answer_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CarryingTimings:
    """Seconds that a person waits for another box to run what this one was brought."""

    order_to_new_version_s: float
    question_to_answer_there_s: float


def live_together(first: Guest, second: Guest, accelerator: Accelerator, folder: Path) -> PairTimings:
    """Boot both, make them one mesh, compute on either and on both, pull the second's cord, start the first again."""
    first = watched(first, folder)
    with (
        Machine(first, accelerator, folder / "first") as machine,
        Machine(second, accelerator, folder / "second") as other,
        Box(first.forwards[0].host_port) as home,
        Box(second.forwards[0].host_port) as newcomer,
    ):
        evening = first_evening(machine, home, folder)
        started = other.wait_for_page(newcomer.port, deadline_seconds=BOOT_SECONDS)
        joining = join(other, home)
        claim(newcomer, other.wait_for("the set-up code", setup_code, deadline_seconds=BOOT_SECONDS))
        newcomer.wait_until("/api/nodes", are_together, deadline_seconds=JOINING_SECONDS)
        answering = compute_elsewhere(home)
        for one in (machine, other):
            assert_healthy(one.wait_for("its report", report, deadline_seconds=BOOT_SECONDS))
        over_both = compute_over_both(home)
        other.unplug()
        alone = answer_alone(home)
        assert machine.power_down(), "the power button did not end the system"
    coming_back = come_back(first, accelerator, folder, home.session, evening.chat)
    return PairTimings(
        alone=evening.and_then(coming_back),
        second_power_on_to_page_s=round(started, 1),
        join_s=round(joining, 1),
        question_to_answer_elsewhere_s=round(answering, 1),
        split_ready_and_answered_s=round(over_both, 1),
        cord_pulled_to_answer_s=round(alone, 1),
    )


def carry_an_update(
    first: Guest, second: Guest, accelerator: Accelerator, folder: Path, update: Path
) -> CarryingTimings:
    """Make the two one mesh, bring an update to the first on a stick, and have it update the second."""
    with (
        Machine(first, accelerator, folder / "first") as machine,
        Machine(second, accelerator, folder / "second") as other,
        Box(first.forwards[0].host_port) as home,
        Box(second.forwards[0].host_port) as newcomer,
    ):
        machine.wait_for_page(home.port, deadline_seconds=BOOT_SECONDS)
        claim(home, machine.wait_for("the set-up code", setup_code, deadline_seconds=BOOT_SECONDS))
        other.wait_for_page(newcomer.port, deadline_seconds=BOOT_SECONDS)
        join(other, home)
        updating.take_from_a_stick(machine, home, update, updating.VERSION, folder / "update-stick.raw")
        (node,) = (node["node_id"] for node in home.get("/api/nodes")["nodes"] if not node["is_here"])
        started = time.monotonic()
        home.post(f"/api/nodes/{node}/update", {})
        home.wait_until(
            "/api/nodes", lambda mesh: are_together(mesh) and _runs_the_update(mesh), deadline_seconds=CARRYING_SECONDS
        )
        carrying = time.monotonic() - started
        assert_healthy(other.wait_for("the new version's report", second_report, deadline_seconds=BOOT_SECONDS))
        assert updating.state(home)["running"] != updating.VERSION, "nobody wished that the first one is updated"
        answering = compute_elsewhere(home)
        assert other.power_down(), "the power button did not end the system"
    return CarryingTimings(order_to_new_version_s=round(carrying, 1), question_to_answer_there_s=round(answering, 1))


def join(newcomer: Machine, home: Box) -> float:
    """Let a PC in that nobody owns, by the code and the words on its screen; the seconds until it is reached."""
    home.wait_for_mesh(deadline_seconds=FINDING_SECONDS)
    link = newcomer.wait_for("how to join", join_link, deadline_seconds=newcomer.seconds + FINDING_SECONDS)
    assert link.startswith("https://169.254."), link
    started = time.monotonic()
    home.post("/api/nodes/door", {"token": link.partition("?invite=")[2]})
    (request,) = home.wait_until("/api/nodes", _is_asked, deadline_seconds=JOINING_SECONDS)["requests"]
    words = newcomer.wait_for("the words", join_words, deadline_seconds=newcomer.seconds + JOINING_SECONDS)
    assert request["words"] == words
    home.post(f"/api/nodes/requests/{request['session']}/approve", {})
    home.wait_until("/api/nodes", are_together, deadline_seconds=JOINING_SECONDS)
    return time.monotonic() - started


def are_together(mesh: Answer) -> bool:
    """Whether two members reach each other, and each could compute."""
    nodes = [node for node in mesh["nodes"] if node["standing"] == "member"]
    return len(nodes) == 2 and all(node["is_reached"] and node["report"]["engine"] == "ready" for node in nodes)


def compute_elsewhere(home: Box) -> float:
    """Ask more at once than one box can take, until the other one has answered; the seconds of that answer."""
    nodes = home.get("/api/nodes")["nodes"]
    (other,) = (node["name"] for node in nodes if not node["is_here"])
    places: list[str] = []
    for _ in range(MOST_ROUNDS):
        with ThreadPoolExecutor(AT_ONCE) as askers:
            told = list(askers.map(lambda _: _continued(home), range(AT_ONCE)))
        for place, seconds in told:
            if place == other:
                return seconds
            places.append(place)
    raise AssertionError(places)


def compute_over_both(home: Box) -> float:
    """Run one model over the two, inside a WireGuard wire; the seconds until it was there and has written."""
    nodes = home.get("/api/nodes")["nodes"]
    (digest,) = {model["digest"] for node in nodes for model in node["report"]["models"] if node["is_here"]}
    started = time.monotonic()
    question = {"digest": digest, "prompt_words": 8, "output_tokens": MOST_TOKENS}
    run = home.post("/api/nodes/bench/split", question, patience_seconds=SPLIT_SECONDS)
    assert run["output_tokens"] == MOST_TOKENS
    assert run["link"] == "wireguard"
    return time.monotonic() - started


def answer_alone(home: Box) -> float:
    """Ask as if nothing had happened; the seconds until the box that is left has answered, and it has lost nothing."""
    own = next(node["name"] for node in home.get("/api/nodes")["nodes"] if node["is_here"])
    place, seconds = _continued(home)
    assert place in {"", own, HERE}
    assert home.get("/api/search?q=spare+key")["passages"][0]["page"] == PAGE
    home.wait_until(
        "/api/nodes",
        lambda mesh: [node["is_here"] for node in mesh["nodes"] if node["is_reached"]] == [True],
        deadline_seconds=FINDING_SECONDS,
    )
    return seconds


def _runs_the_update(mesh: Answer) -> bool:
    return any(node["report"]["version"] == updating.VERSION for node in mesh["nodes"] if not node["is_here"])


def _is_asked(mesh: Answer) -> bool:
    return bool(mesh["requests"])


def _continued(home: Box) -> tuple[str, float]:
    """Where the language model went on with a text, and its seconds."""
    started = time.monotonic()
    question = {"model": MODEL, "prompt": BEGINNING, "max_tokens": MOST_TOKENS}
    answer, place = home.continued(question, patience_seconds=ANSWER_SECONDS)
    assert answer["usage"]["completion_tokens"] > 0
    return place, time.monotonic() - started
