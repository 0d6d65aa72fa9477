"""An answer is honest about what it found, what the model read, and how it ended."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.answers import Answers, AnswerSettings
from assistant.documents import Findings
from assistant.engine.errors import EngineInterruptedError, EngineRefusedError, EngineUnavailableError
from assistant.errors import QuestionTooLongError, TookTooLongError
from assistant.events import Cited, Done, Event, Failed, Retrieved, Token
from assistant.identifiers import HOUSEHOLD, DocumentId, ShelfId
from assistant.prompt import Turn
from tests.assistant.passages import BOILER, CAT
from tests.fakes import FakeBounds, FakeClock, FakeEngine, FakeLibrary, FakeTokenizer

SETTINGS = AnswerSettings(context_tokens=400, answer_tokens=50)
SHELVES = [HOUSEHOLD]


@pytest.fixture
async def library(tmp_path: Path) -> FakeLibrary:
    library = FakeLibrary(tmp_path)
    await library.add(name="house.txt", shelf=HOUSEHOLD, body=body(f"{BOILER}\f{CAT}"))
    return library


async def body(text: str) -> AsyncIterator[bytes]:
    yield text.encode()


def answers(
    library: FakeLibrary,
    engine: FakeEngine,
    settings: AnswerSettings = SETTINGS,
    bounds: FakeBounds = FakeBounds(),  # noqa: B008 - nobody changes it
) -> Answers:
    return Answers(
        library=library,
        engine=engine,
        tokenizer=FakeTokenizer(),
        clock=FakeClock(),
        settings=settings,
        bounds=bounds,
    )


async def events(given: Answers, question: str, turns: Sequence[Turn] = ()) -> list[Event]:
    prepared = await given.prepare(question, SHELVES, turns)
    return [event async for event in given.stream(prepared)]


async def test_the_passages_come_first_then_words_and_citations_then_the_end(library: FakeLibrary) -> None:
    engine = FakeEngine(pieces=["She is allergic ", "to fish [", "1]."])

    retrieved, *middle, done = await events(answers(library, engine), "What is she allergic to?")

    assert isinstance(retrieved, Retrieved)
    assert retrieved.found
    assert isinstance(done, Done)
    assert (
        done.answer
        == "".join(event.text for event in middle if isinstance(event, Token))
        == "She is allergic to fish. [1]"
    )
    assert done.citations == tuple(event.citation for event in middle if isinstance(event, Cited))
    assert done.citations[0].text == "She is allergic to fish."


async def test_what_was_retrieved_is_either_fitted_or_dropped(library: FakeLibrary) -> None:
    settings = replace(SETTINGS, most_passages=1)

    *_, done = await events(answers(library, FakeEngine(), settings), "Is she allergic to the boiler?")

    assert isinstance(done, Done)
    assert (done.retrieved, done.fitted, done.dropped) == (2, 1, 1)


async def test_the_model_reads_the_passages_and_nothing_else(library: FakeLibrary) -> None:
    engine = FakeEngine()

    await events(answers(library, engine), "What is she allergic to?")

    ((message,),) = engine.asked
    assert CAT in message.text
    assert "What is she allergic to?" in message.text


async def test_where_the_files_hold_no_answer_no_model_is_asked(library: FakeLibrary) -> None:
    engine = FakeEngine()

    retrieved, *_, done = await events(answers(library, engine), "Who won the world cup?")

    assert isinstance(retrieved, Retrieved)
    assert not retrieved.found
    assert isinstance(done, Done)
    assert done.answer.startswith("Nothing in your files answers this.")
    assert (done.citations, done.fitted, done.tokens, engine.asked) == ((), 0, 0, [])


async def test_without_files_the_answer_says_to_add_some(tmp_path: Path) -> None:
    *_, done = await events(answers(FakeLibrary(tmp_path), FakeEngine()), "What is she allergic to?")

    assert isinstance(done, Done)
    assert done.answer == "There are no files here yet. Add files, and ask again."


async def test_while_files_are_still_being_read_the_answer_says_so(library: FakeLibrary) -> None:
    library.unread(library.documents(SHELVES)[0].id)

    *_, done = await events(answers(library, FakeEngine()), "What is she allergic to?")

    assert isinstance(done, Done)
    assert "1 of 1 files are still being read" in done.answer


async def test_files_on_other_shelves_are_not_read(library: FakeLibrary) -> None:
    engine = FakeEngine()
    given = answers(library, engine)

    prepared = await given.prepare("What is she allergic to?", [ShelfId("private-bob")])

    assert prepared.prompt is None
    assert prepared.findings.passages == ()


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (EngineUnavailableError("The language model is not ready yet."), "engine_unavailable"),
        (EngineInterruptedError("The language model stopped."), "engine_interrupted"),
        (EngineRefusedError("The language model refused."), "engine_refused"),
    ],
)
async def test_an_engine_that_fails_ends_the_answer_with_the_reason(
    library: FakeLibrary, error: Exception, code: str
) -> None:
    engine = FakeEngine(pieces=["She is"], error=error)

    *_, failed = await events(answers(library, engine), "What is she allergic to?")

    assert failed == Failed(code=code, message=str(error))


async def test_an_engine_that_falls_silent_is_given_up(library: FakeLibrary) -> None:
    engine = FakeEngine(pieces=["She is allergic to fish. So"], hangs=True)
    settings = replace(SETTINGS, next_piece_seconds=0.01)

    *_, failed = await events(answers(library, engine, settings), "What is she allergic to?")

    assert isinstance(failed, Failed)
    assert failed.code == "took_too_long"
    assert engine.stopped.is_set()


async def test_who_stops_listening_stops_the_engine(library: FakeLibrary) -> None:
    engine = FakeEngine(pieces=["She is allergic to fish. So"], hangs=True)
    given = answers(library, engine)
    prepared = await given.prepare("What is she allergic to?", SHELVES)

    async with aclosing(given.stream(prepared)) as stream:
        async for event in stream:
            if isinstance(event, Token):
                break

    assert engine.stopped.is_set()


async def test_a_search_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    class StuckLibrary(FakeLibrary):
        async def search(
            self, text: str, shelves: Sequence[ShelfId], limit: int = 10, *, cited: bool = True
        ) -> Findings:
            await asyncio.Event().wait()
            raise AssertionError

    given = answers(StuckLibrary(tmp_path), FakeEngine(), replace(SETTINGS, search_seconds=0.01))

    with pytest.raises(TookTooLongError, match="Searching"):
        await given.prepare("What is she allergic to?", SHELVES)


async def test_a_question_too_long_for_the_model_is_refused_and_not_cut(library: FakeLibrary) -> None:
    engine = FakeEngine()

    with pytest.raises(QuestionTooLongError):
        await answers(library, engine).prepare("What is she allergic to? " * 100, SHELVES)

    assert engine.asked == []


async def test_a_short_follow_up_is_searched_together_with_the_question_before(library: FakeLibrary) -> None:
    engine = FakeEngine()
    turn = Turn(question="What is the cat allergic to?", answer="Fish.")

    await events(answers(library, engine), "And food?", [turn])

    assert [message.text for message in engine.asked[0][:2]] == [turn.question, turn.answer]


async def test_words_of_a_shelf_that_stays_here_are_computed_here(library: FakeLibrary) -> None:
    """And so is whatever is asked after an answer from such a shelf, or after one that nobody knows the source of."""
    engine, (document,) = FakeEngine(), library.documents(SHELVES)
    bounds = FakeBounds(documents=[document.id], shelves=[HOUSEHOLD])
    elsewhere = FakeBounds(documents=[DocumentId("another")], shelves=[HOUSEHOLD])
    known = Turn(question="What is the cat allergic to?", answer="Fish.", documents=(DocumentId("another"),))
    unknown = replace(known, documents=None)

    await events(answers(library, engine, bounds=bounds), "What is she allergic to?")
    await events(answers(library, engine, bounds=elsewhere), "What is she allergic to?")
    await events(answers(library, engine, bounds=elsewhere), "What is she allergic to?", [known])
    await events(answers(library, engine, bounds=elsewhere), "What is she allergic to?", [unknown])

    assert engine.bound == [True, False, True, True]
