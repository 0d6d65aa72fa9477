"""Requests on nodes that fail as the seed says: none may be lost without a word, doubled, or answered by two nodes."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncGenerator, Set
from dataclasses import dataclass, field
from typing import Literal

from assistant.engine.errors import EngineError, EngineInterruptedError, EngineUnavailableError
from assistant.engine.mesh import HERE, Place, Work
from assistant.engine.pieces import Took
from assistant.engine.place import Computed
from assistant.generation.placed import placed
from mesh.ledger import Lease, Ledger
from mesh.report import ModelOffer, NodeReport, Vitals
from mesh.scheduler import Candidate, Need, offers, picked, reason, reason_beside
from tests.mesh.simulation.virtual_time import lived

Fate = Literal["well", "dead", "dies", "slow"]
FATES: tuple[Fate, ...] = ("well", "dead", "dies", "slow")
SLOW_SECONDS = 60.0
"""What a node may take to load the model, in the time of the simulation."""
WORDS = ("one ", "two ", "three ")


def candidate(number: int, random_: random.Random, *, is_here: bool = False) -> Candidate:
    """A node with a speed, a load and a health of its own."""
    report = NodeReport(
        node_id=f"{number:026d}".translate(str.maketrans("0123456789", "abcdefghij")),
        version="0.1.0",
        clock=0.0,
        port=7377,
        engine="ready",
        slots=random_.choice((1, 2, 4)),
        running=random_.randrange(4),
        turn_seconds=random_.uniform(1, 9),
        models=(
            ModelOffer(
                name="model",
                digest="d",
                is_loaded=random_.random() < 0.8,
                size_bytes=10**9,
                context_tokens=4096,
                prefill_rate=random_.uniform(20, 900),
                decode_rate=random_.uniform(2, 90),
            ),
        ),
        vitals=Vitals(
            on_battery=random_.random() < 0.2,
            battery_share=random_.random(),
            temperature_celsius=random_.uniform(30, 99),
        ),
    )
    return Candidate(
        report=report, name=f"node {number}", role="worker", is_here=is_here, round_trip_seconds=random_.uniform(0, 0.1)
    )


@dataclass
class SimulatedMesh:
    """The real scheduler and ledger over nodes that fail."""

    random: random.Random
    candidates: list[Candidate]
    fates: dict[str, list[Fate]]
    ledger: Ledger = field(default_factory=Ledger)
    started: Counter[str] = field(default_factory=Counter)
    numbers: int = 0
    wrong: list[str] = field(default_factory=list)

    async def placed(self, work: Work, without: Set[str] = frozenset(), *, beside: str = "") -> Place:
        await asyncio.sleep(0)
        able = offers(self.candidates, work.digest).able
        need = Need(digest=work.digest, prompt_tokens=work.prompt_tokens, output_tokens=work.output_tokens)
        choice = picked(able, need, reserved=self.ledger.reserved, cached_tokens={}, without=without)
        if choice is None:
            return HERE
        self.numbers += 1
        late = self.ledger.lease(beside)
        why = reason_beside(choice, late.choice) if late else reason(choice, None)
        if beside and (late is None or late.choice.node_id == choice.node_id):
            self.wrong.append("a second node was asked beside none, or is the first one again")
        lease = Lease(lease_id=str(self.numbers), need=need, choice=choice, begun_at=0.0, reason=why)
        self.ledger.open(lease)
        computed = Computed(node_id=choice.node_id, name=choice.name, is_here=choice.is_here, reason=why)
        return Place(lease=lease.lease_id, computed=computed, overdue_seconds=0.0 if beside else choice.overdue_seconds)

    async def prepared(self, place: Place) -> None:
        assert not place.is_split

    def ended(
        self,
        place: Place,
        *,
        ok: bool,
        is_whole: bool,
        prompt_tokens: int = 0,
        output_tokens: int = 0,
        took: Took | None = None,
    ) -> None:
        if place.lease:
            self.ledger.close(place.lease, now=1.0, ok=ok, is_whole=is_whole, output_tokens=output_tokens)

    def server(self, place: Place) -> object:
        raise AssertionError

    completion = server

    async def written(self, place: Place) -> AsyncGenerator[str, None]:
        """What the node writes before its fate comes."""
        node = place.computed.node_id if place.computed else "here"
        self.started[node] += 1
        queue = self.fates.get(node, [])
        fate = queue.pop() if queue else "well"
        if fate == "dead":
            raise EngineUnavailableError(node)
        if fate == "slow":
            await asyncio.sleep(self.random.uniform(0, SLOW_SECONDS))
        for index, word in enumerate(WORDS):
            if fate == "dies" and index == 2:
                raise EngineInterruptedError(node)
            await asyncio.sleep(0)
            yield f"{node}:{word}"


async def _asked(mesh: SimulatedMesh) -> tuple[list[str], list[Computed], EngineError | None, int]:
    places: list[Computed] = []
    pieces: list[str] = []
    runs = 0

    async def run(place: Place) -> AsyncGenerator[str, None]:
        nonlocal runs
        runs += 1
        async for piece in mesh.written(place):
            yield piece

    try:
        stream = placed(
            mesh,  # type: ignore[arg-type] # the engines behind it are simulated too
            Work(digest="d", prompt_tokens=mesh.random.randrange(1, 3000), output_tokens=mesh.random.randrange(1, 300)),
            here=lambda _is_patient: run(HERE),
            there=run,
            on_place=places.append,
        )
        async for piece in stream:
            pieces += [piece]  # what came before an error counts too
    except EngineError as error:
        return pieces, places, error, runs
    return pieces, places, None, runs


def history(seed: int) -> list[str]:
    """What went wrong in one history of some requests side by side."""
    random_ = random.Random(seed)
    candidates = [candidate(number, random_, is_here=number == 0) for number in range(random_.randrange(1, 6))]
    fates: dict[str, list[Fate]] = {
        one.report.node_id: random_.choices(FATES, weights=(5, 2, 2, 3), k=9) for one in candidates
    }
    fates["here"] = random_.choices(FATES, weights=(5, 2, 2, 3), k=9)
    mesh = SimulatedMesh(random=random_, candidates=candidates, fates=fates)

    async def all_of_them() -> list[tuple[list[str], list[Computed], EngineError | None, int]]:
        return list(await asyncio.gather(*(_asked(mesh) for _ in range(random_.randrange(1, 7)))))

    answers = lived(all_of_them())
    found = list(mesh.wrong)
    for pieces, places, error, runs in answers:
        nodes = {piece.split(":")[0] for piece in pieces}
        words = [piece.split(":")[1] for piece in pieces]
        if len(nodes) > 1 or len(places) > 1:
            found.append("two nodes wrote one answer")
        if error is None and words != list(WORDS):
            found.append("an answer is not whole and nobody says so")
        if error is not None and len(words) == len(WORDS):
            found.append("a whole answer was told as broken")
        if runs > 2:
            found.append("a request was moved more than once")
        if isinstance(error, EngineUnavailableError) and pieces:
            found.append("an answer that had begun was told as not begun")
    if any(mesh.ledger.reserved.values()):
        found.append("a place is still reserved after the end")
    if sum(one.ok for one in mesh.ledger.outcomes) > sum(error is None for _, _, error, _ in answers):
        found.append("the ledger counts an answer twice")
    return found
