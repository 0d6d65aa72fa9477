from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from assistant.documents import Document, Status
from assistant.filters import Filter, fits
from assistant.identifiers import HOUSEHOLD, DocumentId, PersonId
from tests.assistant.shelves import at_work, body, library, settled

DOCUMENT = Document(
    id=DocumentId("d"),
    shelf=HOUSEHOLD,
    name="Bill.PDF",
    media_type="application/pdf",
    size_bytes=1,
    pages=1,
    status=Status.READY,
    reason=None,
    progress=1,
    added_at=datetime(2027, 3, 4, 23, tzinfo=UTC),
    folder="bills/2027",
    added_by=PersonId("ada"),
)


@pytest.mark.parametrize(
    ("chosen", "fit"),
    [
        (Filter(), True),
        (Filter(folder="bills"), True),
        (Filter(folder="bills/2027/"), True),
        (Filter(folder="bill"), False),
        (Filter(kind="pdf"), True),
        (Filter(kind="text"), False),
        (Filter(person="ada"), True),
        (Filter(person="' OR 1=1 --"), False),
        (Filter(since=date(2027, 3, 4), until=date(2027, 3, 4)), True),
        (Filter(since=date(2027, 3, 5)), False),
        (Filter(until=date(2027, 3, 3)), False),
    ],
)
def test_a_document_fits_what_was_chosen(chosen: Filter, fit: bool) -> None:
    assert fits(DOCUMENT, chosen) is fit


async def test_a_search_keeps_to_what_was_chosen_by_words_and_by_meaning(tmp_path: Path) -> None:
    shelves = library(tmp_path)
    async with at_work(shelves):
        for folder, text in (("old", "The boiler was red."), ("new", "The boiler is blue."), ("", "A red boiler.")):
            added = await shelves.add(name=f"{folder}.txt", shelf=HOUSEHOLD, body=body(text), folder=folder)
            await settled(shelves, added.document.id)

        everywhere = await shelves.search("boiler red", [HOUSEHOLD])
        only = await shelves.search_in(Filter(folder="new"), "boiler red", [HOUSEHOLD])
        nothing = await shelves.search_in(Filter(kind="mail"), "boiler red", [HOUSEHOLD])

    assert len(everywhere.passages) == 3
    assert [passage.text for passage in only.passages] == ["The boiler is blue."]
    assert nothing.passages == ()
