"""The sentence that answers is shown wherever on its page it stands, and everything else stays as it was found."""

import asyncio
import itertools
from collections.abc import Sequence
from pathlib import Path

import numpy
from numpy.typing import NDArray

from assistant import citing
from assistant.documents import Findings
from assistant.errors import EmbedderUnavailableError
from assistant.neighbours import RUN_BYTES
from tests.assistant.shelves import ALL, at_work, library, put
from tests.fakes import FakeEmbedder

FILLER = "The garden was quiet, and nobody said a word about it for the rest of that long day. "
QUESTION = "Which pressure does the boiler have, what pressure?"
ASKED = "This note is to determine whether the boiler has the pressure that a boiler should have. "
ANSWER = "The pressure of the boiler is 1.5 bar."


def report(between: int) -> str:
    """A page that asks in its first passage, and answers in another."""
    return f"{ASKED}{FILLER * 6}\n\n{FILLER * between}\n\n{FILLER * 4}{ANSWER}\n"


async def found(folder: Path, text: str, embedder: FakeEmbedder, *, cited: bool = True) -> Findings:
    async with at_work(library(folder, embedder=embedder)) as shelves:
        await put(shelves, "note.txt", text)
        return await shelves.search(QUESTION, ALL, 5, cited=cited)


async def test_the_answer_is_shown_although_another_passage_holds_the_question(tmp_path: Path) -> None:
    findings = await found(tmp_path, report(0), FakeEmbedder())

    first = findings.passages[0]
    assert first.best is not None
    assert first.best.text == ANSWER
    assert first.text[first.best.start - first.start : first.best.end - first.start] == ANSWER
    assert len(first.text.encode()) <= RUN_BYTES


async def test_no_passage_is_shown_twice_and_scores_stay_in_order(tmp_path: Path) -> None:
    findings = await found(tmp_path, report(8), FakeEmbedder())

    places = sorted((passage.start, passage.end) for passage in findings.passages)
    assert all(first[1] <= second[0] for first, second in itertools.pairwise(places))
    scores = [passage.score for passage in findings.passages]
    assert scores == sorted(scores, reverse=True)


async def test_where_nothing_is_cited_the_passages_stay_as_they_were(tmp_path: Path) -> None:
    findings = await found(tmp_path, report(0), FakeEmbedder(), cited=False)

    assert findings.passages[0].best is not None
    assert findings.passages[0].best.text == ASKED.strip()


class Breaking(FakeEmbedder):
    """Understands questions, and nothing that comes in a hurry."""

    async def embed(self, texts: Sequence[str], *, hurry: bool = False) -> NDArray[numpy.float32]:
        if hurry:
            raise EmbedderUnavailableError("it stopped.")
        return await super().embed(texts)


async def test_without_an_embedder_the_words_choose(tmp_path: Path) -> None:
    findings = await found(tmp_path, report(0), Breaking())

    assert findings.passages[0].best is not None
    assert findings.passages[0].best.text == ASKED.strip()


class Slow(FakeEmbedder):
    """Takes longer for a text than a person waits."""

    def __init__(self) -> None:
        super().__init__()
        self.hurried: list[int] = []

    async def embed(self, texts: Sequence[str], *, hurry: bool = False) -> NDArray[numpy.float32]:
        if hurry:
            self.hurried.append(len(texts))
            await asyncio.sleep(2 * citing.CITING_SECONDS)
        return await super().embed(texts)


async def test_a_slow_pc_is_asked_for_less_the_next_time(tmp_path: Path) -> None:
    embedder = Slow()
    async with at_work(library(tmp_path, embedder=embedder)) as shelves:
        await put(shelves, "note.txt", report(0))
        first, second = [await shelves.search(QUESTION, ALL, 5) for _ in range(2)]

    assert first.passages[0].best is not None
    assert first.passages[0].best.text == ASKED.strip()  # there was no time
    assert second.passages[0].best is not None
    assert second.passages[0].best.text == ANSWER  # by what takes none
    assert len(embedder.hurried) == 1


async def test_a_word_is_computed_once(tmp_path: Path) -> None:
    embedder = FakeEmbedder()
    async with at_work(library(tmp_path, embedder=embedder)) as shelves:
        await put(shelves, "note.txt", report(0))
        for _ in range(2):
            await shelves.search(QUESTION, ALL, 5)

    assert embedder.embedded.count("pressure") == 1
