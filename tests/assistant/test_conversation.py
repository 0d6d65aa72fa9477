"""What is said in a chat is kept, however an answer ends."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest

from assistant.answers import Answers, AnswerSettings
from assistant.chats import Chats
from assistant.conversation import Conversation, Kept
from assistant.engine.errors import EngineInterruptedError
from assistant.errors import QuestionTooLongError
from assistant.events import Cited, Done, Failed
from assistant.identifiers import HOUSEHOLD, ChatId, PersonId
from assistant.store import Database
from tests.assistant.passages import CAT
from tests.fakes import FakeBounds, FakeClock, FakeEngine, FakeLibrary, FakeTokenizer

ADA = PersonId("ada")
QUESTION = "What is she allergic to?"


class Scene:
    """A chat of Ada's over one file, with an engine to direct."""

    def __init__(self, folder: Path) -> None:
        database = Database(folder / "hearth.sqlite")
        with database.transaction() as connection:
            connection.execute("INSERT INTO people VALUES (?, 'Ada', 'ada', 'owner', 'hash', '2027-01-01')", (ADA,))
        self.engine = FakeEngine(pieces=["She is allergic to fish. ", "It"])
        self.library = FakeLibrary(folder, database)
        self.chats = Chats(database=database, clock=FakeClock())
        answers = Answers(
            library=self.library,
            engine=self.engine,
            tokenizer=FakeTokenizer(),
            clock=FakeClock(),
            settings=AnswerSettings(context_tokens=400, answer_tokens=50),
            bounds=FakeBounds(),
        )
        self.conversation = Conversation(chats=self.chats, answers=answers)
        self.chat_id: ChatId = self.chats.create(ADA).id

    async def ask(self, question: str = QUESTION) -> Kept:
        prepared = await self.conversation.prepare(self.chat_id, ADA, question, [HOUSEHOLD])
        *_, kept = [event async for event in self.conversation.stream(self.chat_id, ADA, prepared)]
        assert isinstance(kept, Kept)
        return kept


@pytest.fixture
async def scene(tmp_path: Path) -> Scene:
    async def body() -> AsyncIterator[bytes]:
        yield CAT.encode()

    scene = Scene(tmp_path)
    await scene.library.add(name="house.txt", shelf=HOUSEHOLD, body=body())
    return scene


async def test_question_and_answer_are_kept_with_citations_and_sources(scene: Scene) -> None:
    kept = await scene.ask()

    question, answer = scene.chats.messages(scene.chat_id, ADA)
    assert isinstance(kept.ending, Done)
    assert (question.text, answer.id, answer.text) == (QUESTION, kept.message_id, kept.ending.answer)
    assert answer.citations == kept.ending.citations
    assert answer.sources is not None
    assert (answer.sources["found"], answer.sources["retrieved"], answer.interrupted) == (True, 1, False)


async def test_an_answer_that_breaks_off_is_kept_as_interrupted(scene: Scene) -> None:
    scene.engine.error = EngineInterruptedError("It stopped.")

    kept = await scene.ask()

    assert isinstance(kept.ending, Failed)
    _, answer = scene.chats.messages(scene.chat_id, ADA)
    assert (answer.id, answer.text, answer.interrupted) == (kept.message_id, "She is allergic to fish. [1]", True)


async def test_what_came_is_kept_when_the_listener_leaves(scene: Scene) -> None:
    scene.engine.hangs = True
    prepared = await scene.conversation.prepare(scene.chat_id, ADA, QUESTION, [HOUSEHOLD])

    async with aclosing(scene.conversation.stream(scene.chat_id, ADA, prepared)) as events:
        async for event in events:
            if isinstance(event, Cited):
                break

    _, answer = scene.chats.messages(scene.chat_id, ADA)
    assert (answer.text, answer.interrupted, scene.engine.stopped.is_set()) == (
        "She is allergic to fish. [1]",
        True,
        True,
    )


async def test_a_chat_that_is_deleted_while_it_answers_keeps_nothing(scene: Scene) -> None:
    prepared = await scene.conversation.prepare(scene.chat_id, ADA, QUESTION, [HOUSEHOLD])
    scene.chats.delete(scene.chat_id, ADA)

    *_, kept = [event async for event in scene.conversation.stream(scene.chat_id, ADA, prepared)]

    assert isinstance(kept, Kept)
    assert kept.message_id == ""
    assert scene.chats.of(ADA) == []


async def test_a_refused_question_is_not_kept(scene: Scene) -> None:
    with pytest.raises(QuestionTooLongError):
        await scene.conversation.prepare(scene.chat_id, ADA, QUESTION * 200, [HOUSEHOLD])

    assert scene.chats.messages(scene.chat_id, ADA) == []


async def test_the_next_question_comes_with_the_one_before(scene: Scene) -> None:
    await scene.ask()
    await scene.ask("And allergic to milk?")

    first, second, third = scene.engine.asked[1]
    assert (first.text, second.text) == (QUESTION, "She is allergic to fish. [1]")
    assert "And allergic to milk?" in third.text
