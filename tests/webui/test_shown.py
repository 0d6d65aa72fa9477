from datetime import UTC, date, datetime

import pytest

from assistant.documents import Document, Status
from assistant.filters import kind_of
from assistant.identifiers import HOUSEHOLD, DocumentId
from tests.webui.fake_assistant import FakeAssistant
from webui import library_messages
from webui.shown import asked, is_shown
from webui.shown import kind_of as shown_kind_of


def document(**more: object) -> library_messages.Document:
    made = FakeAssistant().add("Bill.pdf", "private")
    return library_messages.Document.model_validate(
        {**made, "shelf_id": "s", "folder": "bills/2026", "added_by": "ada", **more}
    )


def test_days_become_the_first_day_that_counts() -> None:
    assert asked({"shelf": "", "days": "7", "kind": "pdf"}, date(2027, 1, 8)) == {"kind": "pdf", "since": "2027-01-01"}


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ({}, True),
        ({"shelf": "s", "kind": "pdf", "person": "ada", "folder": "bills"}, True),
        ({"shelf": "t"}, False),
        ({"kind": "mail"}, False),
        ({"person": "ben"}, False),
        ({"folder": "bill"}, False),
        ({"since": "2026-11-20"}, True),
        ({"since": "2026-11-21"}, False),
    ],
)
def test_the_list_shows_what_was_chosen(given: dict[str, str], shown: bool) -> None:
    assert is_shown(document(), given) is shown


@pytest.mark.parametrize("name", ["a.pdf", "b.MD", "c.docx", "d.csv", "e.eml", "f.JPG", "g.epub", "h.zip", "i"])
def test_the_page_tells_kinds_apart_as_the_search_does(name: str) -> None:
    kept = Document(
        id=DocumentId("d"), shelf=HOUSEHOLD, name=name, media_type="x/y", size_bytes=1, pages=1, status=Status.READY,
        reason=None, progress=1, added_at=datetime(2027, 1, 1, tzinfo=UTC),
    )  # fmt: skip

    assert shown_kind_of(document(name=name)) == kind_of(kept)
