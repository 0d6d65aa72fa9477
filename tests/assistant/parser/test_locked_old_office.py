"""Files of Office 97 to 2007 that are locked: they ask for their password, and open with it."""

import random
import struct

import pytest

from assistant.parser.desk import Desk, Source
from assistant.parser.failure import DOES_NOT_OPEN, NO_KEY, FileFailureError
from assistant.parser.kinds import UNKNOWN
from assistant.parser.locked_old import opened_workbook
from assistant.parser.protocol import Limits
from assistant.parser.readers import pages_of
from tests.locks import PASSWORD
from tests.old_locks import WAYS, by_crypto_api, locked_doc, locked_ppt, locked_xls
from tests.old_office import doc, ppt, xls

LONG = "The boiler shows 1.5 bar.\r" * 200
LETTER = doc("Boiler\r" + LONG, footnotes="Checked in May.\r", headings={"Boiler": 1})
BOOK = xls({"Oil": [["Year", "Litres"], *[[2019.0 + row, 90.5] for row in range(150)]], "Gas": [["Price", 7.5]]})
SLIDES = ppt([("Boiler", "It leaks\rBadly"), ("Plumber", "Call")])
FILES = [
    *((locked_doc(LETTER, way), LETTER) for way in WAYS.values()),
    *((locked_xls(BOOK, way), BOOK) for way in WAYS.values()),
    *((locked_ppt(SLIDES, by_crypto_api(bits)), SLIDES) for bits in (40, 56, 128)),
]


def pages(content: bytes, password: str | None = None) -> tuple[list[str], Desk]:
    desk = Desk(limits=Limits(), read=pages_of, password=password)
    return [page.text for page in pages_of(Source(content=content, media_type=UNKNOWN), desk)], desk


@pytest.mark.parametrize(("content", "plain"), FILES)
def test_a_locked_old_file_is_read_with_its_password_as_without_a_lock(content: bytes, plain: bytes) -> None:
    found, desk = pages(content, PASSWORD)

    assert found == pages(plain)[0]
    assert desk.was_opened
    assert desk.notes == ()


@pytest.mark.parametrize(("content", "_plain"), FILES)
@pytest.mark.parametrize(("password", "sentence"), [(None, "Type it"), ("wrong", DOES_NOT_OPEN)])
def test_without_the_right_one_it_asks_for_its_password(
    content: bytes, _plain: bytes, password: str | None, sentence: str
) -> None:
    desk = Desk(limits=Limits(), read=pages_of, password=password)

    with pytest.raises(FileFailureError, match=sentence) as caught:
        list(pages_of(Source(content=content, media_type=UNKNOWN), desk))

    assert caught.value.reason == "locked"
    assert desk.is_locked


def test_a_workbook_that_excel_locked_with_its_own_password_is_read_without_one() -> None:
    found, desk = pages(locked_xls(BOOK, by_crypto_api(128), "VelvetSweatshop"))

    assert found == pages(BOOK)[0]
    assert not desk.is_locked


def test_a_file_locked_in_another_way_says_that_hearth_cannot_open_it() -> None:
    hidden = locked_doc(LETTER, WAYS["1997"])
    at = hidden.index(struct.pack("<HH", 0xA5EC, 0xC1)) + 10
    (flags,) = struct.unpack_from("<H", hidden, at)
    obfuscated = hidden[:at] + struct.pack("<H", flags | 0x8000) + hidden[at + 2 :]
    other = locked_xls(BOOK, WAYS["1997"]).replace(struct.pack("<HHH", 1, 1, 1), struct.pack("<HHH", 1, 9, 9), 1)

    for content in (obfuscated, other):
        desk = Desk(limits=Limits(), read=pages_of, password=PASSWORD)
        with pytest.raises(FileFailureError) as caught:
            list(pages_of(Source(content=content, media_type=UNKNOWN), desk))
        assert (caught.value.reason, str(caught.value)) == ("locked", NO_KEY)
        assert not desk.is_locked


@pytest.mark.parametrize(("content", "plain"), FILES)
def test_a_damaged_locked_file_has_words_or_a_reason(content: bytes, plain: bytes) -> None:
    chance = random.Random(1997)
    reasons: set[str] = set()
    for _time in range(30):
        damaged = bytearray(content)
        for _byte in range(chance.choice((1, 4, 16))):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        reasons.add(why(bytes(damaged), is_workbook=plain is BOOK))

    assert reasons <= {"", "locked", "broken", "too_large", "unsupported", "empty"}


def why(content: bytes, *, is_workbook: bool) -> str:
    """Why a file cannot be opened; what then reads a damaged workbook may end its process, and has one of its own."""
    try:
        if is_workbook:
            opened_workbook(content, Desk(limits=Limits(), read=pages_of, password=PASSWORD))
        else:
            pages(content, PASSWORD)
    except FileFailureError as failure:
        return failure.reason
    return ""
