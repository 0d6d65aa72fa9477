"""A chat is kept for one person."""

from dataclasses import asdict
from pathlib import Path

import pytest

from assistant.chats import Chats, title_of, turns_of
from assistant.citations import cited
from assistant.errors import ChatNotFoundError
from assistant.forgetting import GONE
from assistant.identifiers import DocumentId, PersonId
from assistant.prompt import Turn
from assistant.store import Database
from tests.assistant.passages import CAT, passage
from tests.fakes import FakeClock

ADA, BOB = PersonId("ada"), PersonId("bob")
FOUND = {"found": True, "retrieved": 1, "fitted": 1, "dropped": 0, "passages": [{"document_id": "house"}]}


@pytest.fixture
def database(tmp_path: Path) -> Database:
    database = Database(tmp_path / "hearth.sqlite")
    with database.transaction() as connection:
        for person, role in ((ADA, "owner"), (BOB, "adult")):
            connection.execute(
                "INSERT INTO people VALUES (?, ?, ?, ?, 'hash', '2027-01-01')", (person, person, person, role)
            )
        for document in ("house", passage(CAT).document_id):
            connection.execute(
                "INSERT OR IGNORE INTO documents "
                "(id, shelf_id, name, media_type, size_bytes, sha256, status, added_at) "
                "VALUES (?, 'household', 'f', 'text/plain', 1, ?, 'ready', '2027-01-01')",
                (document, document),
            )
    return database


@pytest.fixture
def chats(database: Database) -> Chats:
    return Chats(database=database, clock=FakeClock())


def test_what_was_said_is_read_back_in_order(chats: Chats) -> None:
    chat = chats.create(ADA)
    citation = cited(1, passage(CAT), "fish")
    chats.add_question(chat.id, ADA, "What is she allergic to?")
    chats.add_answer(chat.id, ADA, "Fish [1].", citations=[citation], sources=FOUND, interrupted=False)

    question, answer = chats.messages(chat.id, ADA)

    assert (question.role, question.text, question.sources) == ("user", "What is she allergic to?", None)
    assert (answer.role, answer.citations, answer.sources, answer.interrupted) == (
        "assistant",
        (citation,),
        FOUND,
        False,
    )


def test_the_first_question_names_the_chat(chats: Chats) -> None:
    chat = chats.create(ADA)
    chats.add_question(chat.id, ADA, "What is she allergic to?")
    chats.add_question(chat.id, ADA, "And the dog?")

    assert chats.chat(chat.id, ADA).title == "What is she allergic to?"


def test_a_long_title_ends_at_a_word_and_shows_that_it_was_longer() -> None:
    title = title_of("word " * 40)

    assert len(title) <= 61
    assert title.endswith("word…")


def test_chats_are_listed_newest_first(chats: Chats) -> None:
    first, second = chats.create(ADA), chats.create(ADA)

    assert [chat.id for chat in chats.of(ADA)] == [second.id, first.id]


def test_another_person_reaches_no_part_of_a_chat(chats: Chats) -> None:
    chat = chats.create(ADA)
    chats.add_question(chat.id, ADA, "Mine")

    assert chats.of(BOB) == []
    with pytest.raises(ChatNotFoundError):
        chats.chat(chat.id, BOB)
    with pytest.raises(ChatNotFoundError):
        chats.messages(chat.id, BOB)
    with pytest.raises(ChatNotFoundError):
        chats.add_question(chat.id, BOB, "Yours?")
    with pytest.raises(ChatNotFoundError):
        chats.add_answer(chat.id, BOB, "No", citations=[], sources=FOUND, interrupted=False)
    with pytest.raises(ChatNotFoundError):
        chats.delete(chat.id, BOB)
    assert len(chats.messages(chat.id, ADA)) == 1


def test_a_deleted_chat_is_gone_from_the_disk(chats: Chats, database: Database) -> None:
    chat = chats.create(ADA)
    chats.add_question(chat.id, ADA, "A very private question")

    chats.delete(chat.id, ADA)

    with pytest.raises(ChatNotFoundError):
        chats.messages(chat.id, ADA)
    assert b"very private" not in b"".join(file.read_bytes() for file in database.path.parent.iterdir())


def test_only_whole_answers_from_the_files_are_turns_for_the_next_question(chats: Chats) -> None:
    chat = chats.create(ADA)
    for question, sources, interrupted in (
        ("a", FOUND, True),
        ("b", FOUND | {"found": False}, False),
        ("c", FOUND, False),
    ):
        chats.add_question(chat.id, ADA, question)
        chats.add_answer(chat.id, ADA, "answer", citations=[], sources=sources, interrupted=interrupted)
    chats.add_question(chat.id, ADA, "never answered")

    assert turns_of(chats.messages(chat.id, ADA)) == [
        Turn(question="c", answer="answer", documents=(DocumentId("house"),))
    ]


def test_an_answer_that_ends_after_its_file_was_deleted_brings_no_words_back(chats: Chats, database: Database) -> None:
    chat = chats.create(ADA)
    citation = cited(1, passage(CAT), "fish")
    sources = {**FOUND, "passages": [asdict(passage(CAT))]}
    chats.add_question(chat.id, ADA, "What is she allergic to?")
    with database.transaction() as connection:
        connection.execute("DELETE FROM documents WHERE id = ?", (citation.document_id,))

    chats.add_answer(chat.id, ADA, "Fish [1].", citations=[citation], sources=sources, interrupted=True)

    with database.transaction() as connection:
        chats.add_exchange(
            connection, chat.id, "Again?", "Fish.", citations=[asdict(citation)], sources=sources, interrupted=False
        )
    texts = [one.text for one in chats.messages(chat.id, ADA)]
    assert texts == ["What is she allergic to?", GONE, "Again?", GONE]
    with database.reading() as connection:
        assert "fish" not in str([tuple(row) for row in connection.execute("SELECT * FROM messages")]).lower()
