import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.parser.delimited import separator
from tests.assistant.parser.reading import in_a_process, read, reason, text

CALENDAR = b"""BEGIN:VCALENDAR\r
BEGIN:VEVENT\r
SUMMARY:Boiler check\\, yearly\r
DTSTART;TZID=Europe/Berlin:20261121T093000\r
DTEND;VALUE=DATE:20261122\r
LOCATION:The very long name of a cellar that is folded ov\r
 er two lines\r
ATTENDEE;CN="Anna, the owner":mailto:anna@example.org\r
BEGIN:VALARM\r
DESCRIPTION:ring\r
END:VALARM\r
END:VEVENT\r
END:VCALENDAR\r
"""
CARD = b"""BEGIN:VCARD
VERSION:2.1
N:Meyer;Anna;;Dr.;
FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=C3=84nne Meyer
TEL;TYPE=HOME,VOICE:+49 30 1234
ADR;TYPE=HOME:;;Weg 1;Berlin;;10115;Germany
PHOTO;ENCODING=B:AAAA
END:VCARD
"""


def test_the_columns_of_a_table_carry_their_headers() -> None:
    assert (
        text("a.csv", b'Year;Oil;"Note; long"\n2019;90;"a\nb"\n')
        == "Year | Oil | Note; long\nYear: 2019 | Oil: 90 | Note; long: a b"
    )
    assert text("a.tsv", b"Year\tOil\n2019\t90\n") == "Year | Oil\nYear: 2019 | Oil: 90"


def test_a_table_without_headers_gets_none() -> None:
    assert text("a.csv", b"2019,90\n2020,95\n") == "2019 | 90\n2020 | 95"


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_the_character_that_parts_the_columns_is_found(mark: str) -> None:
    assert separator(f"a{mark}b{mark}c\n1{mark}2, or more{mark}3\n4{mark}5{mark}6\n") == mark


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.lists(
            st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"], exclude_characters=";|"), min_size=1),
            min_size=2,
        ),
        min_size=1,
    )
)
def test_no_cell_of_a_table_is_lost(rows: list[list[str]]) -> None:
    content = "\n".join(",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows)

    found = text("a.csv", content.encode())

    assert all(cell in found for row in rows for cell in row)


def test_subtitles_are_read_with_their_times_and_speakers() -> None:
    srt = b"1\n00:00:01,500 --> 00:00:03,000\n<i>It leaks.</i>\n\n2\n00:01:00,000 --> 00:01:02,000\nCall\nAnna.\n"
    vtt = (
        b"WEBVTT\n\nNOTE made by hand\n\nintro\n00:01.000 --> 00:02.000 align:left\n<v Anna>It leaks &amp; drips.</v>\n"
    )

    assert text("a.srt", srt) == "00:00:01 It leaks.\n00:01:00 Call Anna."
    assert text("a.vtt", vtt).splitlines()[-1] == "00:01 intro Anna: It leaks & drips."


def test_events_of_a_calendar_are_read_with_time_place_and_people() -> None:
    assert text("a.ics", CALENDAR) == (
        "Boiler check, yearly\n\nBegins: 2026-11-21 09:30 Europe/Berlin\nEnds: 2026-11-22\n"
        "Place: The very long name of a cellar that is folded over two lines\n"
        "With: Anna, the owner <anna@example.org>"
    )


def test_contacts_are_read_with_numbers_and_addresses() -> None:
    (page,) = read("a.vcf", CARD)

    assert (
        page.text == "Änne Meyer\n\nTelephone (home, voice): +49 30 1234\nAddress (home): Weg 1, Berlin, 10115, Germany"
    )
    assert page.headings[0].text == "Änne Meyer"


def test_a_notebook_is_read_with_what_it_printed() -> None:
    cells = [
        {"cell_type": "markdown", "source": ["# Oil\n", "\n", "We count."]},
        {"cell_type": "code", "source": "print(90)", "outputs": [{"text": ["90\n"]}]},
    ]

    assert text("a.ipynb", json.dumps({"cells": cells}).encode()) == "# Oil\n\nWe count.\n\nprint(90)\n\n90"


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(["srt", "vtt", "ics", "vcf", "csv", "ipynb", "xml", "fb2"]), st.text(max_size=300))
def test_whatever_text_a_small_format_holds_it_ends(suffix: str, content: str) -> None:
    assert reason(f"a.{suffix}", content.encode("utf-8", "replace")) in {"", "broken", "unsupported", "empty"}


def test_a_process_of_its_own_reads_the_small_formats(tmp_path: Path) -> None:
    for name, content, words in (
        ("a.csv", b"Year,Oil\n2019,90\n", "Year: 2019"),
        ("a.srt", b"1\n00:00:01,000 --> 00:00:02,000\nIt leaks.\n", "It leaks."),
        ("a.ics", CALENDAR, "Boiler check"),
        ("a.vcf", CARD, "Änne Meyer"),
        ("a.py", b"def valve():\n    pass\n", "def valve"),
    ):
        pages, _reading = in_a_process(tmp_path, name, content)

        assert words in pages[0].text
