"""The real embedding model in its real process, which `make setup` made."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import numpy
import pytest

from assistant.embedding.client import EmbeddingProcess
from assistant.identifiers import HOUSEHOLD
from image.build import models
from tests.assistant.shelves import at_work, library, put

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]

ROOT = Path(__file__).parents[2]
OTHER_THINGS = ("Who won the football world cup in 2014?", "How do I cook risotto?", "What is the capital of France?")
IN_OTHER_WORDS = {
    "How do I let the air out of a heater?": "Bleeding a radiator",
    "What should our pet not eat?": "She is allergic to fish",
    "What do I do when there is a leak of gas?": "Open the windows",
}


@pytest.fixture
async def embedder() -> AsyncIterator[EmbeddingProcess]:
    process = EmbeddingProcess((sys.executable, "-m", "services.run_embedder"), models.folder() / "embedding")
    yield process
    await process.close()


async def test_the_process_asks_no_other_host_for_anything(tmp_path: Path) -> None:
    """ONNX Runtime reports to its makers about ten seconds after it is loaded, unless it is told not to."""
    calls = tmp_path / "calls"
    traced = ("strace", "--follow-forks", "--trace=connect,sendto,sendmmsg", f"--output={calls}", sys.executable)
    process = EmbeddingProcess((*traced, "-m", "services.run_embedder"), models.folder() / "embedding")

    await process.embed(["The cat likes fish."])
    await asyncio.sleep(15)
    await process.close()

    assert "loaded" in calls.read_text()
    assert "AF_INET" not in calls.read_text()


async def test_what_means_the_same_lies_nearer_than_what_does_not(embedder: EmbeddingProcess) -> None:
    valve, tap, cat = await embedder.embed(
        ["Where is the water valve?", "How do I shut the tap?", "The cat likes fish."]
    )

    assert valve.shape == (384,)
    assert float(valve @ valve) == pytest.approx(1.0, abs=1e-3)
    assert float(valve @ tap) > float(valve @ cat) + 0.1


async def test_a_vector_does_not_depend_on_the_texts_beside_it(embedder: EmbeddingProcess) -> None:
    (alone,) = await embedder.embed(["The cat likes fish."])
    beside = (await embedder.embed(["A much longer text. " * 40, "The cat likes fish."]))[1]

    assert float(alone @ beside) > 0.9999


async def test_a_hurry_changes_no_vector_and_no_order(embedder: EmbeddingProcess) -> None:
    texts = ["The lamp was lit in 1868.", "A pear tree.", "The boiler shows 1.5 bar when it is cold.", "Rain."]

    assert numpy.array_equal(await embedder.embed(texts, hurry=True), await embedder.embed(texts))


async def test_the_samples_are_found_by_meaning_and_other_things_are_not_claimed(
    tmp_path: Path, embedder: EmbeddingProcess
) -> None:
    async with at_work(library(tmp_path, embedder=embedder)) as shelves:
        for file in sorted((ROOT / "services" / "samples").iterdir()):
            await put(shelves, file.name, file.read_bytes())

        for sample in json.loads((ROOT / "tests" / "samples.json").read_text()):
            found = await shelves.search(sample["question"], [HOUSEHOLD])
            assert found.answerable, sample["question"]
            assert (found.passages[0].file, found.passages[0].page) == (sample["file"], sample["page"])
            assert found.passages[0].best is not None
            assert sample["answer"] in " ".join(found.passages[0].best.text.split())
        for question, words in IN_OTHER_WORDS.items():
            best = (await shelves.search(question, [HOUSEHOLD])).passages[:3]
            assert any(words in passage.text for passage in best), question
        for question in OTHER_THINGS:
            assert not (await shelves.search(question, [HOUSEHOLD])).answerable, question
