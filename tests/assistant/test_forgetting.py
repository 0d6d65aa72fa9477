"""What is deleted is gone: from the indexes, the chats and every file in the data folder."""

import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path

from assistant.chats import Chats
from assistant.citations import Citation
from assistant.forgetting import GONE
from assistant.identifiers import HOUSEHOLD, ChatId, DocumentId, PersonId
from assistant.store import Database
from tests.assistant.shelves import ANNA, at_work, library, put, until
from tests.fakes import FakeClock

SECRET = "zanzibarquartz"
TEXT = f"The password of the safe is {SECRET} and nobody knows it.\n\nIt stands in the cellar."
CADA = PersonId("cada")


def holding(folder: Path, word: str) -> list[str]:
    """The files in whose bytes the word stands, in any of the ways in which it could be stored."""
    needles = [word.encode("utf-8"), word.encode("utf-16-le"), word[:-1].encode()]
    return sorted(
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and any(needle in path.read_bytes().lower() for needle in needles)
    )


async def test_nothing_of_a_deleted_file_is_left_on_the_disk(tmp_path: Path) -> None:
    shelves = library(tmp_path)
    async with at_work(shelves):
        kept = await put(shelves, "kept.txt", "The bus leaves at nine. The safe is not mentioned here.")
        document = await put(shelves, f"{SECRET}.txt", TEXT)
        chats = Chats(database=shelves._database, clock=FakeClock())
        chat_id = an_answer(shelves._database, chats, document.id, kept.id)
        assert len(holding(tmp_path, SECRET)) >= 2  # the original and the database; the index packs its words
        assert shelves._lexical.frequencies([SECRET])[0] == {SECRET: 1}

        await shelves.delete(document.id, [HOUSEHOLD])

        await until(lambda: shelves._lexical.frequencies([SECRET])[0] == {SECRET: 0})
        findings = await shelves.search("bus leaves nine", [HOUSEHOLD])
        _question, answer, other = chats.messages(chat_id, CADA)
    assert findings.passages[0].document_id == kept.id
    assert (answer.text, answer.citations) == (GONE, ())
    assert answer.sources is not None
    assert answer.sources["passages"] == []
    assert other.text == "At nine [1]."
    assert not holding(tmp_path, SECRET)


def an_answer(database: Database, chats: Chats, document: DocumentId, other: DocumentId) -> ChatId:
    with database.transaction() as connection:
        connection.execute("INSERT INTO people VALUES (?, 'Cada', 'cada', 'owner', 'hash', '2027-01-01')", (CADA,))
    chat = chats.create(CADA)
    chats.add_question(chat.id, CADA, "What is the password?")
    for source, text, words in ((document, f"It is {SECRET} [1].", TEXT), (other, "At nine [1].", "at nine")):
        citation = Citation(marker=1, document_id=source, file="f", page=1, start=0, end=5, text=words)
        passage = {**dataclasses.asdict(citation), "heading": "", "score": 1.0}
        sources = {"found": True, "retrieved": 1, "fitted": 1, "dropped": 0, "passages": [passage]}
        chats.add_answer(chat.id, CADA, text, citations=[citation], sources=sources, interrupted=False)
    return chat.id


async def test_a_deletion_that_was_interrupted_is_tidied_up_after_the_next_start(tmp_path: Path) -> None:
    shelves = library(tmp_path)
    async with at_work(shelves):
        await put(shelves, "kept.txt", "The bus leaves at nine.")
        document = await put(shelves, "a.txt", TEXT)
        await shelves.delete(document.id, [HOUSEHOLD])
        await until(lambda: shelves._passages.mark("words-untidy") is not None)  # and ends before it is done

    shelves = library(tmp_path)
    async with at_work(shelves):
        await until(lambda: shelves._passages.mark("words-untidy") is None)
        assert shelves._lexical.frequencies([SECRET, "bus"])[0] == {SECRET: 0, "bus": 1}
    assert not holding(tmp_path, SECRET)


async def test_a_changed_file_leaves_nothing_of_its_old_words(tmp_path: Path) -> None:
    shelves = library(tmp_path)
    async with at_work(shelves):
        first = await shelves.place(path="a.txt", shelf=ANNA, body=one(TEXT))
        await until(lambda: shelves.document(first.document.id, [ANNA]).status.value == "ready")

        await shelves.place(path="a.txt", shelf=ANNA, body=one("The password was changed."))
        await until(lambda: shelves.document(first.document.id, [ANNA]).status.value == "ready")

        await until(lambda: not holding(tmp_path, SECRET))
        await until(lambda: shelves._lexical.frequencies([SECRET])[0] == {SECRET: 0})


async def one(text: str) -> AsyncIterator[bytes]:
    yield text.encode()
