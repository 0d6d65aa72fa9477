"""Files under names: renamed, changed, doubled and taken away, with no more work than there is news."""

from collections.abc import AsyncIterator
from pathlib import Path

from assistant.documents import Status
from assistant.identifiers import HOUSEHOLD, DocumentId
from assistant.library import Library
from tests.assistant.shelves import ANNA, at_work, library, meanings, put, settled, until
from tests.fakes import FakeEmbedder

PARAGRAPHS = [f"Paragraph {number} tells of the {word}. " * 12 for number, word in enumerate(
    ("boiler", "garden", "bicycle", "piano", "kitchen", "ladder")
)]  # fmt: skip


async def body(text: str) -> AsyncIterator[bytes]:
    yield text.encode()


async def placed(shelves: Library, path: str, text: str) -> DocumentId:
    added = await shelves.place(path=path, shelf=HOUSEHOLD, body=body(text))
    await settled(shelves, added.document.id)
    return added.document.id


async def test_only_what_changed_in_a_file_is_learned_anew(tmp_path: Path) -> None:
    embedder = FakeEmbedder()
    shelves = library(tmp_path, embedder=embedder)
    async with at_work(shelves):
        first = await placed(shelves, "notes.txt", "\n\n".join(PARAGRAPHS))
        learned = len(embedder.embedded)
        embedder.embedded.clear()
        changed = [*PARAGRAPHS[:4], "The kitchen was painted yellow. " * 12, PARAGRAPHS[5]]

        again = await placed(shelves, "notes.txt", "\n\n".join(changed))

        assert again == first
        assert learned >= 4
        assert 0 < len(embedder.embedded) <= 2
        assert all("yellow" in text or "ladder" in text for text in embedder.embedded)
        assert meanings(shelves) == set(shelves._passages.numbers_of(first))
        assert shelves._lexical.count() == len(meanings(shelves))
        found = await shelves.search("kitchen painted yellow", [HOUSEHOLD])
        assert "yellow" in found.passages[0].text


async def test_a_renamed_file_is_neither_read_nor_learned_again(tmp_path: Path) -> None:
    embedder = FakeEmbedder()
    shelves = library(tmp_path, embedder=embedder)
    async with at_work(shelves):
        document = await placed(shelves, "notes.txt", PARAGRAPHS[0])
        embedder.embedded.clear()

        await shelves.move_file(HOUSEHOLD, "notes.txt", "heating/zeppelin.txt")

        await until(lambda: shelves.document(document, [HOUSEHOLD]).status is Status.READY)
        await until(lambda: bool(shelves._lexical.frequencies(["zeppelin"])))
        assert shelves.document(document, [HOUSEHOLD]).folder == "heating"
        assert embedder.embedded == []


async def test_a_moved_file_is_found_on_its_new_shelf_and_no_longer_on_the_old(tmp_path: Path) -> None:
    embedder = FakeEmbedder()
    shelves = library(tmp_path, embedder=embedder)
    async with at_work(shelves):
        document = await put(shelves, "notes.txt", PARAGRAPHS[0])
        embedder.embedded.clear()

        await shelves.move(document.id, ANNA, [HOUSEHOLD])

        await until(lambda: shelves.document(document.id, [ANNA]).status is Status.READY)
        await until(lambda: bool(shelves._lexical.search(["boiler"], [ANNA], 5)))
        assert embedder.embedded == []
        assert shelves._lexical.search(["boiler"], [HOUSEHOLD], 5) == []
        assert (await shelves.search("boiler", [HOUSEHOLD])).passages == ()
        assert (await shelves.search("boiler", [ANNA])).passages[0].document_id == document.id
        assert meanings(shelves) == set()


async def test_a_file_that_could_not_be_read_is_tried_again(tmp_path: Path) -> None:
    shelves = library(tmp_path)
    async with at_work(shelves):
        document = await put(shelves, "broken.pdf", b"%PDF-1.4 nothing more")
        assert document.status is Status.FAILED

        again = await shelves.try_again(document.id, [HOUSEHOLD])

        assert again.status is Status.QUEUED
        assert (await settled(shelves, document.id)).status is Status.FAILED


async def test_a_deletion_that_a_stop_interrupted_is_ended_after_the_next_start(tmp_path: Path) -> None:
    async with at_work(library(tmp_path)) as shelves:
        await placed(shelves, "notes.txt", PARAGRAPHS[0])
        kept = await placed(shelves, "kept.txt", PARAGRAPHS[1])
        # The first of the deletion's steps; then the power goes.
        shelves._records.take_away(HOUSEHOLD, "notes.txt")

    async with at_work(library(tmp_path)) as shelves:
        await until(lambda: [one.id for one in shelves.documents([HOUSEHOLD])] == [kept])
        await shelves._indexing.meanings_whole.wait()

        assert meanings(shelves) == set(shelves._passages.numbers_of(kept))
        assert shelves._lexical.count() == shelves._passages.count_findable()
        assert [path.name for path in (tmp_path / "originals").glob("??/*")] == [
            shelves._records.sha256(kept, [HOUSEHOLD])
        ]


async def test_a_document_that_lost_its_name_gets_it_again(tmp_path: Path) -> None:
    async with at_work(library(tmp_path)) as shelves:
        document = await placed(shelves, "heating/notes.txt", PARAGRAPHS[0])
        with shelves._database.transaction() as connection:
            connection.execute("DELETE FROM files")

    async with at_work(library(tmp_path)) as shelves:
        await until(lambda: bool(shelves.files(HOUSEHOLD)))

        assert [(path, one.id) for path, one, _digest in shelves.files(HOUSEHOLD)] == [("heating/notes.txt", document)]
