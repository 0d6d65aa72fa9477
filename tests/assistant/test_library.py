import asyncio
import json
import sys
from pathlib import Path

import pytest

from assistant.documents import Status
from assistant.identifiers import HOUSEHOLD, DocumentId
from assistant.library_errors import DocumentNotFoundError, NoPictureError, PageNotFoundError
from assistant.parser.client import Parser
from tests import pdf, scans
from tests.assistant.parser.reading import zipped
from tests.assistant.shelves import (
    ALL,
    ANNA,
    BEN,
    NOTE,
    at_work,
    body,
    library,
    meanings,
    parser,
    put,
)

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "services" / "samples"


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


async def test_a_search_right_after_a_start_waits_until_the_words_are_open(tmp_path: Path) -> None:
    async with at_work(library(tmp_path)) as shelves:
        await put(shelves, "note.txt", "The spare key hangs behind the blue clock.")

    again = library(tmp_path)
    early = asyncio.create_task(again.search("spare key", ALL))
    await asyncio.sleep(0.2)
    assert not early.done()
    async with at_work(again):
        assert (await early).passages
