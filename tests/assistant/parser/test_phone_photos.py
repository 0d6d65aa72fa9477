"""HEIC photos, as iPhones take them: read like any other picture, and whatever is wrong with one has a reason."""

import io
import random
import sys
import time
from datetime import date
from pathlib import Path

import pytest
from PIL import Image

from assistant.parser import heif as opener
from assistant.parser import heif_decoder
from assistant.parser.desk import Desk, Source
from assistant.parser.failure import FileFailureError
from assistant.parser.kinds import UNKNOWN, kind_of
from assistant.parser.protocol import Limits, Mark
from assistant.parser.readers import pages_of
from tests import heif, office, scans
from tests.assistant.parser.reading import in_a_process, noted, read, reason, reason_in_a_process, text, zipped
from tests.assistant.shelves import parser

TAKEN = "2019:03:04 09:00:00"
LAID = 6
"""An Exif orientation: to be turned to the right by a quarter."""


def is_read(content: bytes, name: str = "IMG_0042.HEIC") -> bool:
    return all(line in text(name, content) for line in heif.WORDS)


@pytest.mark.parametrize("name", ["IMG_0042.HEIC", "a.heif", "a.HIF", "a.jpg", "a"])
def test_a_phones_photo_is_read_whatever_its_ending(name: str) -> None:
    assert is_read(heif.PHOTO, name)


@pytest.mark.parametrize("brand", [b"heic", b"heix", b"mif1"])
def test_a_photo_is_known_by_its_brand(brand: bytes) -> None:
    found = kind_of(UNKNOWN, heif.photo(brand=brand))

    assert found is not None
    assert found.name == "heic"


def test_a_picture_of_the_newer_codec_stays_what_it_is() -> None:
    scan = scans.saved([scans.page(heif.WORDS, size=(1000, 400)).convert("RGB")], "AVIF")
    found = kind_of("image/heic", scan)

    assert found is not None
    assert found.name == "avif"
    assert is_read(scan, "a.heic")


def test_a_photo_of_many_tiles_is_put_together() -> None:
    picture = opener.opened(heif.photo(grid=(2, 3)), Limits())

    assert picture.size == (heif.SIZE[0] * 3, heif.SIZE[1] * 2)
    assert text("a.heic", heif.photo(grid=(2, 1))).count(heif.WORDS[1]) == 2


@pytest.mark.parametrize("exif", [b"", heif.exif(LAID, TAKEN)])
def test_a_photo_is_turned_by_the_files_own_properties_and_only_once(exif: bytes) -> None:
    turned = opener.opened(heif.photo(turn=1, exif=exif), Limits())
    plain = opener.opened(heif.photo(), Limits())

    assert turned.tobytes() == plain.transpose(heif.TURNED).tobytes()
    assert 0x0112 not in turned.getexif()


def test_a_photo_is_turned_by_its_exif_data_where_the_file_says_nothing(tmp_path: Path) -> None:
    file = tmp_path / "photo"
    file.write_bytes(heif.photo(exif=heif.exif(LAID, TAKEN)))

    png = parser().picture(file, "image/heic", Mark(page=1, start=0, end=0, width=320))

    assert Image.open(io.BytesIO(png)).size == (320, 768)


def test_a_photo_is_of_the_day_on_which_it_was_taken() -> None:
    desk = Desk(limits=Limits(), read=pages_of)
    list(pages_of(Source(content=heif.photo(exif=heif.exif(1, TAKEN)), media_type="image/heic"), desk))

    assert desk.day == date(2019, 3, 4)


@pytest.mark.parametrize("told", [b"\xff\xff\xff\xff", b"II*\x00", b"MM\x00*\x00\x00\x00\x08\xff\xff", bytes(5000)])
def test_damaged_exif_data_costs_no_photo(told: bytes) -> None:
    assert is_read(heif.photo(exif=told))


def test_a_photo_inside_a_document_is_read() -> None:
    assert is_read(office.docx(office.paragraph(""), {"media/image1.heic": heif.PHOTO}), "a.docx")


def test_a_damaged_photo_costs_no_file_beside_it(tmp_path: Path) -> None:
    members: dict[str, str | bytes] = {"a.heic": heif.PHOTO[:3000], "b.heic": heif.PHOTO, "note.txt": "The valve."}

    pages, reading = in_a_process(tmp_path, "a.zip", zipped(members))

    whole = "\n".join(page.text for page in pages)
    assert heif.WORDS[0] in whole
    assert "The valve." in whole
    assert len(reading.notes) == 1
    assert "a.heic" in reading.notes[0]


@pytest.mark.parametrize("kept", [0, 8, 12, 30, 200, 360, 3000, len(heif.PHOTO) - 1])
def test_a_photo_that_is_cut_off_is_damaged(kept: int) -> None:
    assert reason("a.heic", heif.PHOTO[:kept]) == "broken"


@pytest.mark.parametrize(
    ("content", "reasons"),
    [
        (heif.photo(size=(60_000, 60_000)), {"too_large"}),
        (heif.photo(size=(0xFFFFFFFF, 0xFFFFFFFF)), {"too_large"}),
        (heif.photo(grid=(2, 2), whole=(0xFFFFFFFF, 0xFFFFFFFF)), {"too_large"}),
        (heif.photo(grid=(255, 255)), {"too_large"}),
        (heif.photo(grid=(255, 255), whole=(1000, 1000)), {"broken", "timeout"}),
        (heif.photo(grid=(256, 2)), {"too_large"}),
        (heif.photo(size=(0, 0)), {"broken"}),
        (heif.photo(grid=(2, 2), whole=(0, 0)), {"broken"}),
        (heif.photo(brand=b"hevc").replace(b"pitm", b"free"), {"broken", "unsupported"}),
        (heif.photo().replace(b"hvc1", b"jpeg"), {"broken", "unsupported"}),
    ],
)
def test_a_photo_that_lies_about_its_size_has_a_reason_soon(tmp_path: Path, content: bytes, reasons: set[str]) -> None:
    began = time.monotonic()

    assert reason_in_a_process(tmp_path, "a.heic", content) in reasons
    assert time.monotonic() - began < 30


@pytest.mark.parametrize("size", [(1, 1), (64, 64), (760, 312), (10_900, 10_900)])
def test_a_photo_of_another_size_than_it_says_keeps_to_the_limit(size: tuple[int, int]) -> None:
    content = heif.photo(size=size)

    assert reason("a.heic", content, Limits(picture_pixels=10_000)) in {"too_large", "broken"}
    assert reason("a.heic", content) in {"", "no_text", "too_large", "broken"}


def test_whatever_bytes_come_a_photo_has_pixels_or_a_reason() -> None:
    chance = random.Random(20190304)
    for content in (heif.PHOTO, heif.photo(grid=(2, 2), turn=1, exif=heif.exif(LAID, TAKEN))) * 20:
        damaged = bytearray(content)
        for _byte in range(chance.choice((1, 2, 8))):
            damaged[chance.randrange(8, 700)] = chance.randrange(256)
        try:
            picture = opener.opened(bytes(damaged), Limits())
        except FileFailureError:
            continue
        assert picture.width * picture.height <= Limits().picture_pixels


def test_a_photo_that_takes_too_long_or_too_much_memory_is_given_up() -> None:
    large = heif.photo(grid=(14, 30))

    assert reason("a.heic", large, Limits(page_seconds=1)) == "timeout"
    assert reason("a.heic", large, Limits(memory_bytes=400_000_000)) in {"too_large", "broken"}


def test_what_the_decoder_stumbles_over_is_a_damaged_photo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    crashing = tmp_path / "decoder.py"
    crashing.write_text("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n")
    monkeypatch.setattr(heif_decoder, "__file__", str(crashing))

    pages, notes = noted("a.zip", zipped({"a.heic": heif.PHOTO, "b.txt": "The valve."}))

    assert [page.text for page in pages] == ["b.txt\n\nThe valve."]
    assert "damaged" in notes[0]


@pytest.mark.parametrize(
    ("line", "missing"),
    [
        ('_LIBRARY: Final = "libheif.so.1"', '_LIBRARY: Final = "libheif.so.none"'),
        ("_HEVC: Final = 1", "_HEVC: Final = 98"),
        ('"heif_init"', '"heif_nothing"'),
    ],
)
def test_where_there_is_no_decoder_a_photo_comes_with_advice_that_helps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, missing: str
) -> None:
    program = Path(heif_decoder.__file__).read_text()
    assert program.count(line) == 1
    other = tmp_path / "decoder.py"
    other.write_text(program.replace(line, missing))
    monkeypatch.setattr(heif_decoder, "__file__", str(other))

    with pytest.raises(FileFailureError, match=r"lacks libheif.*JPEG.*Most Compatible") as caught:
        read("a.heic", heif.PHOTO)

    assert caught.value.reason == "unsupported"


def test_without_a_python_to_start_there_is_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")

    assert reason("a.heic", heif.PHOTO) == "unsupported"
