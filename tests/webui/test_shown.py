from datetime import date

import pytest

from tests.webui.fake_assistant import FakeAssistant
from webui import library_messages
from webui.shown import asked, is_shown


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


def test_a_files_own_day_counts_before_the_one_on_which_it_was_added() -> None:
    assert not is_shown(document(dated_at="2019-03-02"), {"since": "2026-11-01"})
    assert is_shown(document(dated_at="2019-03-02"), {"since": "2019-03-02"})
