"""A file is found by its own day, its kind, and whose folder it lies in."""

import io
import os
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from PIL import Image

from assistant.filters import Filter, kind_of
from assistant.identifiers import HOUSEHOLD, PersonId
from assistant.parser.dates import day_of, day_of_mail
from assistant.parser.desk import Desk, Source
from assistant.parser.protocol import Limits
from assistant.parser.readers import pages_of
from assistant.store import MIGRATIONS, Database, numbered_migrations
from assistant.watching import Watching
from tests import office, pdf
from tests.assistant.parser.reading import zipped
from tests.assistant.shelves import ANNA, at_work, body, library, put, settled
from tests.assistant.test_store import migrations, with_document

MAIL = b"Subject: Rent\r\nDate: Mon, 04 Mar 2019 10:00:00 +0100\r\nFrom: a@b.c\r\n\r\nThe rent is due.\r\n"
DAY = date(2019, 3, 4)
CORE = (
    '<cp:coreProperties xmlns:cp="c" xmlns:dcterms="d"><dcterms:created>2018-01-01T00:00:00Z</dcterms:created>'
    "<dcterms:modified>2019-03-04T09:00:00Z</dcterms:modified></cp:coreProperties>"
)
META = '<m xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:date>2019-03-04T09:00:00</dc:date></m>'


def photo() -> bytes:
    picture = Image.new("RGB", (60, 60), "white")
    known = picture.getexif()
    known.get_ifd(0x8769)[0x9003] = "2019:03:04 09:00:00"
    out = io.BytesIO()
    picture.save(out, "JPEG", exif=known)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.eml", MAIL),
        ("a.mbox", b"From a@b.c Mon Mar  4 10:00:00 2019\n" + MAIL.replace(b"2019", b"2017") + b"\n\nFrom a\n" + MAIL),
        ("a.docx", zipped({**office.parts_of(office.docx(office.paragraph("Rent"))), "docProps/core.xml": CORE})),
        ("a.xlsm", zipped({**office.parts_of(office.xlsx({"A": [["Rent"]]})), "docProps/core.xml": CORE})),
        ("a.odt", zipped({**office.parts_of(office.opendocument("text", "<text:p>Rent</text:p>")), "meta.xml": META})),
        ("a.pdf", pdf.dated(["Rent"], "D:20190304090000Z")),
    ],
)
async def test_a_file_is_of_the_day_that_it_says(tmp_path: Path, name: str, content: bytes) -> None:
    async with at_work(library(tmp_path)) as shelves:
        document = await put(shelves, name, content)

        then = await shelves.search_in(Filter(since=DAY, until=DAY), "rent", [HOUSEHOLD])
        now = await shelves.search_in(Filter(since=datetime.now(UTC).date()), "rent", [HOUSEHOLD])

    assert document.dated_at == DAY
    assert [bool(then.passages), bool(now.passages)] == [True, False]


def test_a_photo_is_of_the_day_on_which_it_was_taken() -> None:
    desk = Desk(limits=Limits(), read=pages_of)
    list(pages_of(Source(content=photo(), media_type="image/jpeg"), desk))

    assert desk.day == DAY


async def test_a_watched_file_is_of_the_day_on_which_it_changed_and_its_persons(tmp_path: Path) -> None:
    shelves = library(tmp_path / "state")
    place = tmp_path / "home" / "Papers"
    place.mkdir(parents=True)
    (place / "a.txt").write_text("The rent is due.")
    os.utime(place / "a.txt", (1551690000, 1551690000))
    watching = Watching(database=shelves._database, library=shelves, roots=[tmp_path], own=tmp_path / "state")
    async with at_work(shelves):
        await watching.look(await watching.add(str(place), ANNA))
        (added,) = shelves.documents([ANNA])
        document = await settled(shelves, added.id)
        mine = await shelves.search_in(Filter(person="anna"), "rent", [ANNA])
    watching.close()

    assert (document.dated_at, document.added_by) == (DAY, PersonId("anna"))
    assert len(mine.passages) == 1


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        *(("a.docm", "office"), ("a.xlsm", "table"), ("a.rs", "text"), ("a.markdown", "text"), ("a.zip", "archive")),
        *(("a.ics", "calendar"), ("a.vcf", "calendar"), ("a.MHT", "mail"), ("a.fb2", "book"), ("a.mp3", "other")),
    ],
)
async def test_kinds_are_those_that_the_parser_knows(tmp_path: Path, name: str, kind: str) -> None:
    shelves = library(tmp_path)
    added = await shelves.add(name=name, shelf=HOUSEHOLD, body=body("x"))

    assert kind_of(added.document) == kind
    await shelves.close()


def test_days_that_nobody_believes_are_none() -> None:
    assert day_of("1980-01-01", "D:20190304", "2020-01-01") == DAY
    assert [day_of(one) for one in ("", "2019-13-04", "9999-01-01", "0001-01-01", "yesterday")] == [None] * 5
    assert [day_of_mail(one) for one in ("", "nonsense", "Mon, 04 Mar 2199 10:00:00 +0100")] == [None] * 3


def test_watched_files_of_before_have_their_day_and_their_person(tmp_path: Path) -> None:
    file = tmp_path / "hearth.sqlite"
    before = Database(file, migrations(tmp_path / "before", *numbered_migrations(MIGRATIONS)[:8]))
    with_document(before, "sent", "words")
    with_document(before, "watched", "words")
    with before.transaction() as connection:
        connection.execute("INSERT INTO people VALUES ('ada', 'Ada', 'ada', 'owner', 'hash', '2027-01-01')")
        connection.execute("INSERT INTO shelves (id, kind, person_id, name) VALUES ('s', 'private', 'ada', 'Ada')")
        connection.execute("UPDATE documents SET shelf_id = 's'")
        connection.execute(
            "INSERT INTO watched_folders (id, path, name, shelf_id, added_at) "
            "VALUES ('f', '/a', 'a', 's', '2027-01-01')"
        )
        connection.execute(
            "INSERT INTO files (shelf_id, path, document_id, folder_id, size_bytes, changed_ns) "
            "VALUES ('s', 'a/b', 'watched', 'f', 1, 1551690000000000000)"
        )
    before.close()

    now = Database(file)

    with now.reading() as connection:
        rows = [tuple(row) for row in connection.execute("SELECT dated_at, added_by FROM documents ORDER BY id")]
    now.close()
    assert rows == [(None, None), ("2019-03-04", "ada")]
