"""How much sooner the meaning of a large file is known where another node helps, each with a core of its own."""

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from assistant.clock import SystemClock
from assistant.documents import Status
from assistant.embedding.client import EmbeddingProcess
from assistant.embedding.helpers import MeshHelpers
from assistant.identifiers import HOUSEHOLD
from assistant.jobs.helped import HelpedMeaning
from assistant.jobs.records import JobRecords
from assistant.library import Library
from assistant.store import Database
from image.build import models
from mesh.bench import question_text
from tests.assistant.shelves import at_work, body, library, settled
from tests.mesh.network.conftest import Lan
from tests.mesh.network.node import Node, joined, running

PASSAGES: Final = 320
WORDS: Final = 160
"""Of a paragraph, each a passage of its own."""
ROUNDS: Final = 3


async def helped_against_alone(lan: Lan) -> dict[str, float]:
    """The ratio of the seconds alone to those with help, in turns; 2 where both are as quick."""
    with tempfile.TemporaryDirectory(prefix="hm-") as folder:
        alpha, beta = (
            Node(Path(folder) / name, name, enter=lan.enter[name], address=lan.addresses[name], port=7377)
            for name in ("alpha", "beta")
        )
        here, there = _embedder(core=0), _embedder(core=1)
        async with running(alpha, beta):
            await joined(alpha, beta)
            home = MeshHelpers(alpha.folder / "run/mesh/mesh.sock")
            away = MeshHelpers(beta.folder / "run/mesh/mesh.sock")
            try:
                async with _idle(away, there):
                    await _until_found(home, here.model)
                    ratios = [await _round(Path(folder) / f"round-{turn}", turn, here, home) for turn in range(ROUNDS)]
            finally:
                for one in (home, away, here, there):
                    await one.close()
    return {"helped_vectors_vs_alone": statistics.median(ratios)}


async def _round(folder: Path, turn: int, here: EmbeddingProcess, helpers: MeshHelpers) -> float:
    def helped(database: Database) -> HelpedMeaning:
        records = JobRecords(database, clock=SystemClock(), leave=_nobody_leaves)
        return HelpedMeaning(records=records, helpers=helpers, embedder=here, may_leave=lambda _shelf: True)

    folder.mkdir()
    await here.embed(["Warm."])
    alone = await _seconds(library(folder / "alone", embedder=_Kept(here)), turn)
    return alone / await _seconds(library(folder / "helped", embedder=_Kept(here), helped=helped), turn)


async def _seconds(shelves: Library, seed: int) -> float:
    """From the words being findable until the meaning is."""
    text = "\n\n".join(question_text(seed=seed * PASSAGES + number, prompt_words=WORDS) for number in range(PASSAGES))
    async with at_work(shelves):
        added = await shelves.add(name="large.txt", shelf=HOUSEHOLD, body=body(text))
        await settled(shelves, added.document.id, status=Status.SEARCHABLE)
        began = time.monotonic()
        await settled(shelves, added.document.id)
        return time.monotonic() - began


class _Kept:
    """An embedding process that outlives the library that uses it."""

    def __init__(self, process: EmbeddingProcess) -> None:
        self.model = process.model
        self.embed = process.embed

    async def close(self) -> None:
        """It is closed by whoever started it."""


def _embedder(*, core: int) -> EmbeddingProcess:
    command = ["taskset", "--cpu-list", str(core), sys.executable, "-m", "services.run_embedder"]
    return EmbeddingProcess(command, models.folder() / "embedding", threads=1)


def _nobody_leaves(*_: Any) -> None:
    raise AssertionError


@asynccontextmanager
async def _idle(helpers: MeshHelpers, embedder: EmbeddingProcess) -> AsyncIterator[None]:
    work = asyncio.create_task(helpers.help_others(embedder, is_idle=lambda: True))
    try:
        yield
    finally:
        work.cancel()
        await asyncio.wait([work])


async def _until_found(home: MeshHelpers, model: str) -> None:
    async with asyncio.timeout(120):
        while await home.who(model, frozenset()) is None:
            await asyncio.sleep(0.1)
