import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.parser.desk import Desk, Source
from assistant.parser.page import Page
from assistant.parser.protocol import Limits
from assistant.parser.readers import pages_of
from tests.assistant.parser.reading import in_a_process, noted, read, reason, reason_in_a_process, zipped
from tests.office import docx, paragraph


def tarred(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
        link = tarfile.TarInfo("../../etc/passwd")
        link.type = tarfile.SYMTYPE
        link.linkname = "/etc/passwd"
        archive.addfile(link)
    return out.getvalue()


def test_every_file_of_an_archive_is_read_under_its_name() -> None:
    content = zipped({"a/note.txt": "The valve.", "b/letter.docx": docx(paragraph("It leaks.")), "__MACOSX/._x": b"\0"})

    pages, notes = noted("a.zip", content)

    assert [page.text for page in pages] == ["a/note.txt\n\nThe valve.", "b/letter.docx\n\nIt leaks."]
    assert notes == ()


@pytest.mark.parametrize("name", ["a.tar", "a.tgz", "a.tar.bz2", "a.tar.xz"])
def test_a_tar_is_read_however_it_is_compressed(name: str) -> None:
    plain = tarred({"note.txt": b"The valve."})
    packed = {"tar": plain, "tgz": gzip.compress(plain), "bz2": bz2.compress(plain), "xz": lzma.compress(plain)}

    (page,) = read(name, packed[name.rpartition(".")[2]])

    assert page.text == "note.txt\n\nThe valve."


def test_a_single_compressed_file_is_read() -> None:
    assert read("a.txt.gz", gzip.compress(b"The valve."))[0].text == "The valve."


def test_what_cannot_be_read_in_an_archive_is_told_by_name() -> None:
    content = zipped({"film.mkv": b"x", "old.pdf": b"%PDF-1.4 broken", "note.txt": "The valve."})

    pages, notes = noted("a.zip", content)

    assert len(pages) == 1
    assert notes[0] == "“film.mkv” is of a kind that Hearth cannot read."
    assert notes[1].startswith("“old.pdf” could not be read: This file is damaged")


def test_a_reader_that_stumbles_costs_only_its_own_file() -> None:
    def stumbling(source: Source, desk: Desk) -> Iterator[Page]:
        if source.content == b"bad":
            raise IndexError
        return pages_of(source, desk)

    desk = Desk(limits=Limits(), read=stumbling)
    content = zipped({"bad.txt": "bad", "note.txt": "The valve."})

    (page,) = list(pages_of(Source(content=content, media_type="application/zip"), desk))

    assert page.text == "note.txt\n\nThe valve."
    assert desk.notes[0].startswith("“bad.txt” could not be read: This file made the reader stop.")


def test_a_locked_archive_asks_for_its_password() -> None:
    content = bytearray(zipped({"note.txt": "The valve."}))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + at] |= 1

    assert reason("a.zip", bytes(content)) == "locked"


def test_an_archive_that_unpacks_to_more_than_the_limit_is_refused() -> None:
    bomb = zipped({f"{number}.txt": bytes(9_000_000) for number in range(9)})

    assert len(bomb) < 100_000
    assert reason("a.zip", bomb, Limits(unpacked_bytes=50_000_000)) == "too_large"
    assert reason("a.gz", gzip.compress(bytes(60_000_000)), Limits(unpacked_bytes=50_000_000)) == "too_large"


def test_an_archive_that_lies_about_its_sizes_is_no_way_around_the_limit() -> None:
    content = bytearray(zipped({"a.txt": b"x" * 5_000_000}))
    at = content.index(b"PK\x01\x02") + 24
    content[at : at + 4] = (100).to_bytes(4, "little")

    _pages, notes = noted("a.zip", bytes(content))

    assert len(notes) == 1


def test_archives_in_archives_are_read_to_a_depth_and_no_deeper() -> None:
    content = zipped({"note.txt": "The valve."})
    for _ in range(6):
        content = zipped({"inner.zip": content})

    assert read("a.zip", content)[0].text.endswith("The valve.")
    pages, notes = noted("a.zip", content, Limits(depth=3))
    assert pages == []
    assert any("too deep" in note for note in notes)


def test_an_archive_of_too_many_files_is_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number in range(60):
            archive.writestr(f"{number}.txt", "x")

    assert reason("a.zip", out.getvalue(), Limits(members=50)) == "too_large"


def test_a_process_of_its_own_survives_bombs(tmp_path: Path) -> None:
    bomb = zipped({"a.txt": bytes(700_000_000)})

    assert reason_in_a_process(tmp_path, "a.zip", bomb) == "too_large"
    assert reason_in_a_process(
        tmp_path, "a.docx", zipped({"[Content_Types].xml": "<T/>", "word/document.xml": bytes(700_000_000)})
    ) in {
        "too_large",
        "broken",
    }
    pages, _reading = in_a_process(tmp_path, "a.zip", zipped({"note.txt": "The valve."}))
    assert pages[0].text == "note.txt\n\nThe valve."
