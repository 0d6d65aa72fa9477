import pytest

from assistant.parser.kinds import KINDS, SUFFIXES, UNKNOWN, UNREADABLE, kind_of, media_type
from assistant.parser.readers import pages_of
from tests import office, ole, pdf
from tests.assistant.parser.reading import read, text
from tests.old_office import doc, msg, ppt, xls

DOCX = office.docx(office.paragraph("words"))


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (pdf.written(["x"]), "pdf"),
        (DOCX, "docx"),
        (office.pptx([office.shape("x")]), "pptx"),
        (office.xlsx({"A": [["x"]]}), "xlsx"),
        (office.opendocument("text", ""), "odt"),
        (doc("words"), "doc"),
        (ppt([("a", "b")]), "ppt"),
        (xls({"A": [["x"]]}), "xls"),
        (msg("a", "b"), "msg"),
        (ole.written({"Something": b"x"}), "ole"),
        (b"{\\rtf1 x}", "rtf"),
        (b"<!DOCTYPE html><p>x", "html"),
        (b"BEGIN:VCARD\nFN:Anna\nEND:VCARD", "vcf"),
        (b"From anna Sat\nSubject: x\n\nwords", "mbox"),
        (b"Received: from x\nSubject: x\n\nwords", "eml"),
        (b"just words", "text"),
    ],
)
def test_a_file_without_an_ending_is_known_by_its_bytes(content: bytes, kind: str) -> None:
    found = kind_of(UNKNOWN, content)

    assert found is not None
    assert found.name == kind


def test_the_bytes_decide_where_the_ending_is_wrong() -> None:
    assert text("letter.doc", DOCX) == "words"
    assert read("manual.txt", pdf.written(["words"]))[0].text == "words"


def test_programs_and_films_are_no_text() -> None:
    for content in (b"\x7fELF" + bytes(99), b"\x00\x00\x00\x18ftypmp42" + bytes(99), b""):
        assert kind_of(UNKNOWN, content) is None


def test_no_ending_promises_two_kinds_and_each_kind_has_a_reader() -> None:
    endings = [suffix for kind in KINDS for suffix in kind.suffixes]

    assert len(endings) == len(set(endings)) == len(SUFFIXES)
    assert not UNREADABLE & set(endings)
    assert {media_type(f"a{ending}") for ending in endings} == {kind.media_type for kind in KINDS if kind.suffixes}
    assert callable(pages_of)
