import asyncio
import shutil
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from assistant.documents import Status
from assistant.errors import EmbedderUnavailableError
from assistant.identifiers import HOUSEHOLD
from assistant.library_errors import UploadTooLargeError
from assistant.parser.client import ChildTransport, Parser, Reading, UnitTransport
from assistant.parser.page import Page
from assistant.terms import question_terms
from tests import pdf
from tests.assistant.shelves import (
    ALL,
    NOTE,
    PARSER,
    at_work,
    body,
    library,
    meanings,
    parser,
    put,
    settled,
    until,
)
from tests.fakes import FakeEmbedder

ROOT = Path(__file__).parents[2]
SLOW_PARSER = (
    sys.executable,
    "-c",
    "import time; time.sleep(60)",
)


async def test_a_document_deleted_while_it_is_read_leaves_nothing(tmp_path: Path) -> None:
    async with at_work(library(tmp_path)) as shelves:
        added = await shelves.add(name="a.pdf", shelf=HOUSEHOLD, body=body(pdf.written(["some words"])))
        await until(lambda: shelves.document(added.document.id, ALL).status is not Status.QUEUED)

        await shelves.delete(added.document.id, [HOUSEHOLD])
        await put(shelves, "next.txt", "something else")

        assert len(shelves.documents(ALL)) == 1
        assert (await shelves.search("words", ALL)).passages == ()


class DeletedAsItIsTakenUp(Parser):
    """A reader that is as late as can be: what it is to read is deleted just before."""

    late: Callable[[Path], None] = staticmethod(lambda _file: None)

    def read(
        self, file: Path, media_type: str, on_page: Callable[[Page], None], password: str | None = None
    ) -> Reading:
        self.late(file)
        return super().read(file, media_type, on_page)


async def test_a_document_whose_file_goes_before_it_is_opened_ends_no_work(tmp_path: Path) -> None:
    reader = DeletedAsItIsTakenUp(ChildTransport(PARSER))
    shelves = library(tmp_path, with_parser=reader)
    lost = await shelves.add(name="lost.txt", shelf=HOUSEHOLD, body=body("words"))
    shelves.original(lost.document.id, ALL).unlink()
    deleted = await shelves.add(name="deleted.txt", shelf=HOUSEHOLD, body=body("other words"))
    its_file = shelves.original(deleted.document.id, ALL)

    def delete(file: Path) -> None:
        if file == its_file:
            with shelves._database.transaction() as connection:
                connection.execute("DELETE FROM documents WHERE id = ?", (deleted.document.id,))
            file.unlink()

    reader.late = delete
    async with at_work(shelves):
        failed = await settled(shelves, lost.document.id)
        await put(shelves, "next.txt", "something else")

    assert failed.status is Status.FAILED
    assert "no longer on the disk" in str(failed.reason)
    assert {document.name for document in shelves.documents(ALL)} == {"next.txt", "lost.txt"}


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("locked.pdf", pdf.locked(["secret"]), "needs a password"),
        ("scan.pdf", pdf.written([""]), "finds no text"),
        ("letter.docx", b"PK", "damaged"),
        ("film.mkv", b"words", "cannot read .mkv files"),
        ("strange.thing", b"\x7fELF" + bytes(99), "cannot read this kind of file"),
    ],
)
async def test_a_file_that_cannot_be_read_is_kept_with_its_reason(
    tmp_path: Path, name: str, content: bytes, says: str
) -> None:
    async with at_work(library(tmp_path)) as shelves:
        document = await put(shelves, name, content)

        assert document.status is Status.FAILED
        assert says in str(document.reason)
        assert shelves.original(document.id, ALL).read_bytes() == content


async def test_an_upload_that_is_too_large_or_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    class BrokenOffError(Exception): ...

    async def breaking_off() -> AsyncIterator[bytes]:
        yield b"half"
        raise BrokenOffError

    async with at_work(library(tmp_path)) as shelves:
        with pytest.raises(UploadTooLargeError):
            await shelves.add(name="a.txt", shelf=HOUSEHOLD, body=body(b"x" * 6_000_000))
        with pytest.raises(BrokenOffError):
            await shelves.add(name="a.txt", shelf=HOUSEHOLD, body=breaking_off())

        assert shelves.documents(ALL) == []
        assert not [path for path in (tmp_path / "originals").rglob("*") if path.is_file()]


async def test_work_that_a_stop_interrupted_is_done_after_the_next_start_and_only_once(tmp_path: Path) -> None:
    async with at_work(library(tmp_path, with_parser=parser(SLOW_PARSER))) as shelves:
        added = await shelves.add(name="a.txt", shelf=HOUSEHOLD, body=body("some words"))
        await settled(shelves, added.document.id, status=Status.READING)
    with sqlite3.connect(tmp_path / "hearth.sqlite") as connection:
        assert connection.execute("SELECT running, attempts FROM jobs").fetchall() == [(0, 0)]
    connection.close()

    async with at_work(library(tmp_path)) as again:
        document = await settled(again, added.document.id)
        found = await again.search("words", ALL)

    assert document.status is Status.READY
    assert len(found.passages) == 1


async def test_a_file_that_stops_the_assistant_every_time_is_left_alone(tmp_path: Path) -> None:
    first = library(tmp_path)
    added = await first.add(name="a.txt", shelf=HOUSEHOLD, body=body("words"))
    with first._database.transaction() as connection:
        connection.execute("UPDATE jobs SET running = 1, attempts = 3")
    await first.close()

    async with at_work(library(tmp_path)) as shelves:
        document = await settled(shelves, added.document.id)

    assert document.status is Status.FAILED
    assert "3 times" in str(document.reason)


async def test_files_wait_while_the_parser_cannot_be_reached(tmp_path: Path) -> None:
    away = Parser(UnitTransport(tmp_path / "parser.sock"))
    async with at_work(library(tmp_path, with_parser=away)) as shelves:
        added = await shelves.add(name="a.txt", shelf=HOUSEHOLD, body=body("words"))
        await until(lambda: shelves.document(added.document.id, ALL).reason is not None)
        document = shelves.document(added.document.id, ALL)

    assert document.status is Status.QUEUED
    assert "not running" in str(document.reason)


async def test_without_the_embedding_model_documents_are_found_by_their_words(tmp_path: Path) -> None:
    embedder = FakeEmbedder()
    embedder.error = EmbedderUnavailableError("the embedding model is not installed.")
    async with at_work(library(tmp_path, embedder=embedder)) as shelves:
        added = await shelves.add(name="a.md", shelf=HOUSEHOLD, body=body(NOTE))
        document = await settled(shelves, added.document.id, status=Status.SEARCHABLE)

        found = await shelves.search("What is Miso allergic to?", ALL)

    assert document.progress >= 0.5
    assert "fish" in found.passages[0].text


async def test_lost_indexes_are_built_again_from_the_truth_without_embedding_again(tmp_path: Path) -> None:
    async with at_work(library(tmp_path)) as shelves:
        document = await put(shelves, "a.md", NOTE)
    shutil.rmtree(tmp_path / "lexical")
    shutil.rmtree(tmp_path / "vectors")

    embedder = FakeEmbedder()
    async with at_work(library(tmp_path, embedder=embedder)) as again:
        await until(lambda: bool(meanings(again)))
        found = await again.search("fish", ALL, cited=False)

    assert found.passages[0].document_id == document.id
    assert embedder.embedded == ["fish"]


async def test_damaged_indexes_are_built_again(tmp_path: Path) -> None:
    async with at_work(library(tmp_path)) as shelves:
        await put(shelves, "a.md", NOTE)
    (tmp_path / "vectors" / "chroma.sqlite3").write_bytes(b"nonsense" * 999)
    (tmp_path / "lexical" / "meta.json").write_bytes(b"nonsense")

    async with at_work(library(tmp_path)) as again:
        await until(lambda: bool(meanings(again)))

        assert (await again.search("fish", ALL)).passages


async def test_another_embedding_model_embeds_everything_again(tmp_path: Path) -> None:
    async with at_work(library(tmp_path)) as shelves:
        document = await put(shelves, "a.md", NOTE)

    embedder = FakeEmbedder(model="another")
    async with at_work(library(tmp_path, embedder=embedder)) as again:
        await until(lambda: bool(embedder.embedded))
        await settled(again, document.id)

    assert any("Miso" in text for text in embedder.embedded)


async def test_kill_9_in_the_middle_of_the_work_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    names = [f"note {number}.txt" for number in range(4)]
    program = f"""
import asyncio
from pathlib import Path
from assistant.identifiers import HOUSEHOLD
from tests.assistant.shelves import body, library

async def main():
    shelves = library(Path({str(tmp_path)!r}))
    for name in {names!r}:
        await shelves.add(name=name, shelf=HOUSEHOLD, body=body(name + " words. " * 300))
    print("added", flush=True)
    await shelves.run()

asyncio.run(main())
"""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE, cwd=ROOT
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"added\n"
    await asyncio.sleep(0.7)
    process.kill()
    await process.wait()

    async with at_work(library(tmp_path)) as shelves:
        documents = [await settled(shelves, document.id) for document in shelves.documents(ALL)]
        await shelves.search("words", ALL)  # which waits until the index is whole
        numbers = [hit.passage for hit in shelves._lexical.search(question_terms("words"), ALL, 50)]

        assert sorted(document.name for document in documents) == names
        assert {document.status for document in documents} == {Status.READY}
        assert len(numbers) == len(set(numbers))
        assert shelves._lexical.count() == shelves._passages.count_findable() == len(numbers)
