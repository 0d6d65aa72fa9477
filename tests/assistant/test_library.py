import asyncio
import json
import shutil
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from assistant.documents import Status
from assistant.errors import EmbedderUnavailableError
from assistant.identifiers import HOUSEHOLD, DocumentId
from assistant.library_errors import DocumentNotFoundError, NoPictureError, PageNotFoundError, UploadTooLargeError
from assistant.parser.client import ChildTransport, Parser, Reading, UnitTransport
from assistant.parser.page import Page
from assistant.terms import question_terms
from tests import pdf, scans
from tests.assistant.parser.reading import zipped
from tests.assistant.shelves import (
    ALL,
    ANNA,
    BEN,
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
SAMPLES = ROOT / "services" / "samples"
NOTE = "# Cat\n\nMiso gets 60 grams of dry food at 7:00.\n\nShe is allergic to fish."
SLOW_PARSER = (
    sys.executable,
    "-c",
    "import time; time.sleep(60)",
)


def bytes_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file()).lower()


async def test_a_file_is_read_found_by_its_words_and_then_ready(tmp_path: Path) -> None:
    async with at_work(library(tmp_path)) as shelves:
        document = await put(shelves, "House rules.md", NOTE)

        found = await shelves.search("How much food does Miso get?", [HOUSEHOLD])

    assert (document.status, document.pages, document.progress) == (Status.READY, 1, 1.0)
    assert found.passages[0].file == "House rules.md"
    assert found.passages[0].best is not None
    assert found.passages[0].best.text == "Miso gets 60 grams of dry food at 7:00."


async def test_the_samples_answer_their_questions_with_exact_words_of_the_right_page(tmp_path: Path) -> None:
    async with at_work(library(tmp_path)) as shelves:
        for file in sorted(SAMPLES.iterdir()):
            assert (await put(shelves, file.name, file.read_bytes())).status is Status.READY

        for sample in json.loads((ROOT / "tests" / "samples.json").read_text()):
            best = (await shelves.search(sample["question"], [HOUSEHOLD])).passages[0]

            assert (best.file, best.page) == (sample["file"], sample["page"])
            assert sample["answer"] in " ".join(best.text.split())
            page = shelves.page_text(best.document_id, best.page, [HOUSEHOLD])
            assert page[best.start : best.end] == best.text
            assert best.best is not None
            assert page[best.best.start : best.best.end] == best.best.text


async def test_the_same_bytes_on_the_same_shelf_are_the_same_document(tmp_path: Path) -> None:
    async with at_work(library(tmp_path)) as shelves:
        first = await shelves.add(name="a.txt", shelf=ANNA, body=body("same"))
        second = await shelves.add(name="b.txt", shelf=ANNA, body=body("same"))
        other = await shelves.add(name="a.txt", shelf=BEN, body=body("same"))

    assert first.is_new
    assert not second.is_new
    assert second.document.id == first.document.id
    assert other.is_new
    assert other.document.id != first.document.id


async def test_nobody_can_find_list_read_or_delete_what_another_keeps_private(tmp_path: Path) -> None:
    async with at_work(library(tmp_path)) as shelves:
        diary = await put(shelves, "diary.txt", "The treasure lies under the apple tree.", ANNA)
        for allowed in ((BEN, HOUSEHOLD), ()):
            found = await shelves.search("Where does the treasure lie?", allowed)

            assert found.passages == ()
            assert not found.answerable
            assert shelves.documents(allowed) == []
            for ask in (shelves.document, shelves.original):
                with pytest.raises(DocumentNotFoundError):
                    ask(diary.id, allowed)
            with pytest.raises(DocumentNotFoundError):
                shelves.page_text(diary.id, 1, allowed)
            with pytest.raises(DocumentNotFoundError):
                await shelves.page_picture(diary.id, 1, allowed, start=0, end=1, width=100)
            with pytest.raises(DocumentNotFoundError):
                await shelves.delete(diary.id, allowed)

        assert (await shelves.search("treasure", [ANNA])).passages


async def test_a_finding_of_an_index_that_lags_behind_is_checked_against_the_truth(tmp_path: Path) -> None:
    shelves = library(tmp_path)
    async with at_work(shelves):
        document = await put(shelves, "diary.txt", "The treasure lies under the apple tree.", ANNA)
        with shelves._database.transaction() as connection:
            connection.execute("UPDATE documents SET shelf_id = ? WHERE id = ?", (BEN, document.id))

        assert (await shelves.search("treasure", [ANNA])).passages == ()


async def test_a_deleted_document_leaves_nothing_behind(tmp_path: Path) -> None:
    shelves = library(tmp_path)
    async with at_work(shelves):
        await put(shelves, "other.txt", "The garden is green.")
        document = await put(shelves, "secret plan.txt", "Quetzalcoatl hides the chocolate.")
        original = shelves.original(document.id, ALL)

        await shelves.delete(document.id, [HOUSEHOLD])

        assert shelves.documents(ALL)[0].name == "other.txt"
        found = await shelves.search("quetzalcoatl chocolate", ALL)
        assert document.id not in {passage.document_id for passage in found.passages}
        assert not original.exists()
        assert shelves._lexical.count() == 1
        assert len(meanings(shelves)) == 1
        with shelves._database.reading() as connection:
            rows = connection.execute(
                "SELECT (SELECT count(*) FROM pages), (SELECT count(*) FROM passages), (SELECT count(*) FROM vectors)"
            ).fetchone()
        assert tuple(rows) == (1, 1, 1)

    left = bytes_in(tmp_path)
    assert b"garden" in left
    assert b"quetzalcoatl" not in left
    assert b"secret plan" not in left


async def test_a_file_that_two_shelves_have_stays_until_both_delete_it(tmp_path: Path) -> None:
    async with at_work(library(tmp_path)) as shelves:
        mine = await put(shelves, "a.txt", "same words", ANNA)
        yours = await put(shelves, "a.txt", "same words", BEN)

        await shelves.delete(mine.id, [ANNA])

        assert shelves.original(yours.id, [BEN]).read_text() == "same words"
        assert (await shelves.search("words", [BEN])).passages
        await shelves.delete(yours.id, [BEN])
        assert not list((tmp_path / "originals").glob("*/*"))


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

    def read(self, file: Path, media_type: str, on_page: Callable[[Page], None]) -> Reading:
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


async def test_a_page_of_a_pdf_has_a_picture_and_a_text_has_none(tmp_path: Path) -> None:
    async with at_work(library(tmp_path)) as shelves:
        manual = await put(shelves, "manual.pdf", pdf.written(["It should show 1.5 bar."]))
        note = await put(shelves, "note.txt", "words")

        picture = await shelves.page_picture(manual.id, 1, ALL, start=0, end=9, width=300)

        assert picture.startswith(b"\x89PNG")
        with pytest.raises(PageNotFoundError):
            await shelves.page_picture(manual.id, 2, ALL, start=0, end=9, width=300)
        with pytest.raises(PageNotFoundError):
            shelves.page_text(note.id, 2, ALL)
        with pytest.raises(NoPictureError):
            await shelves.page_picture(note.id, 1, ALL, start=0, end=9, width=300)


@pytest.mark.parametrize(("name", "kind"), [("scan.pdf", "PDF"), ("photo.png", "PNG")])
async def test_the_words_of_a_scan_are_found_and_marked_on_its_picture(tmp_path: Path, name: str, kind: str) -> None:
    async with at_work(library(tmp_path)) as shelves:
        document = await put(shelves, name, scans.saved([scans.page(["It should show 1.5 bar."])], kind))

        (passage,) = (await shelves.search("show bar", ALL)).passages
        plain = await shelves.page_picture(document.id, 1, ALL, start=0, end=0, width=300)
        marked = await shelves.page_picture(document.id, 1, ALL, start=passage.start, end=passage.end, width=300)

        assert passage.text == "It should show 1.5 bar."
        assert plain.startswith(b"\x89PNG")
        assert plain != marked


def pages_and_then(deed: str) -> Parser:
    """A parser that answers three pages, a tenth of a second apart, and then does something else."""
    program = """
import json, socket, time
connection = socket.socket(fileno=0)
connection.recv(9999)
def say(answer):
    connection.sendall(json.dumps(answer).encode() + b"\\n")
for number in (1, 2, 3):
    say({"page": number, "text": f"valve number {number}", "headings": []})
    time.sleep(0.1)
"""
    return parser((sys.executable, "-c", program + deed))


async def test_the_first_pages_of_a_long_scan_are_found_while_the_rest_is_read(tmp_path: Path) -> None:
    slow = library(tmp_path, with_parser=pages_and_then("time.sleep(60)"), first_pages_seconds=0.0)
    async with at_work(slow) as shelves:
        added = await shelves.add(name="scan.pdf", shelf=HOUSEHOLD, body=body("x"))

        async def found() -> bool:
            return bool((await shelves.search("valve", ALL)).passages)

        async with asyncio.timeout(20):
            while not await found():
                await asyncio.sleep(0.05)

        assert shelves.document(added.document.id, ALL).status is Status.READING
        assert shelves.page_text(added.document.id, 1, ALL) == "valve number 1"


async def test_of_a_scan_that_breaks_off_nothing_stays(tmp_path: Path) -> None:
    breaks = library(tmp_path, with_parser=pages_and_then('say({"error": "broken"})'), first_pages_seconds=0.0)
    async with at_work(breaks) as shelves:
        document = await put(shelves, "scan.pdf", "x")

        assert document.status is Status.FAILED
        assert document.pages == 0
        assert (await shelves.search("valve", ALL)).passages == ()


async def test_what_in_a_file_could_not_be_read_stays_with_the_document(tmp_path: Path) -> None:
    async with at_work(library(tmp_path)) as shelves:
        document = await put(shelves, "all.zip", zipped({"note.txt": "some words", "film.mkv": "x"}))

        assert document.status is Status.READY
        assert document.notes == ("“film.mkv” is of a kind that Hearth cannot read.",)


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
        found = await again.search("fish", ALL)

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


async def test_a_question_of_any_kind_of_characters_is_answered_with_findings(tmp_path: Path) -> None:
    async with at_work(library(tmp_path)) as shelves:
        await put(shelves, "a.md", NOTE)

        for question in ("", "   ", "'\"; DROP TABLE documents; --", "shelf:*", "\x00\ud800", "?" * 9_000, "魚"):
            found = await shelves.search(question, ALL, limit=10_000)

            assert isinstance(found.answerable, bool)
        assert shelves.documents(ALL)


async def test_an_unknown_document_is_not_found(tmp_path: Path) -> None:
    async with at_work(library(tmp_path)) as shelves:
        with pytest.raises(DocumentNotFoundError):
            shelves.document(DocumentId("no-such"), ALL)


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


async def test_a_search_right_after_a_start_waits_until_the_words_are_open(tmp_path: Path) -> None:
    async with at_work(library(tmp_path)) as shelves:
        await put(shelves, "note.txt", "The spare key hangs behind the blue clock.")

    again = library(tmp_path)
    early = asyncio.create_task(again.search("spare key", ALL))
    await asyncio.sleep(0.2)
    assert not early.done()
    async with at_work(again):
        assert (await early).passages
