from email.message import EmailMessage
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.parser.protocol import Limits
from tests import pdf
from tests.assistant.parser.reading import in_a_process, noted, read, reason, text


def letter(subject: str = "The boiler", body: str = "It leaks.", html: str = "") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Änne <anna@example.org>"
    message["To"] = "ben@example.org"
    message["Date"] = "Sat, 21 Nov 2026 10:00:00 +0100"
    message["Subject"] = subject
    message.set_content(body)
    if html:
        message.add_alternative(html, subtype="html")
    return message


def test_a_message_is_read_with_who_wrote_it_when_and_about_what() -> None:
    (page,) = read("a.eml", letter("Über den Kessel").as_bytes())

    assert page.text.splitlines()[0] == "Über den Kessel"
    assert "From: Änne <anna@example.org>" in page.text
    assert "Date: Sat, 21 Nov 2026" in page.text
    assert page.text.endswith("It leaks.")
    assert page.headings[0].text == "Über den Kessel"


def test_attachments_are_read_under_their_names_and_listed() -> None:
    message = letter()
    message.add_attachment(
        pdf.written(["It shows 1.5 bar."]), maintype="application", subtype="pdf", filename="manual.pdf"
    )

    pages = read("a.eml", message.as_bytes())

    assert "Attached: manual.pdf" in pages[0].text
    assert pages[1].text == "manual.pdf\n\nIt shows 1.5 bar."


def test_an_attachment_that_cannot_be_read_is_told() -> None:
    message = letter()
    message.add_attachment(pdf.locked(["x"]), maintype="application", subtype="pdf", filename="secret.pdf")

    pages, notes = noted("a.eml", message.as_bytes())

    assert "It leaks." in pages[0].text
    assert len(notes) == 1
    assert notes[0].startswith("“secret.pdf” could not be read: This file is locked")


def test_of_two_forms_of_a_message_the_fuller_one_is_read() -> None:
    same = text("a.eml", letter(body="It leaks badly.", html="<p>It <b>leaks</b> badly.</p>").as_bytes())
    stub = text(
        "a.eml", letter(body="Use a browser.", html="<p>The boiler in the cellar leaks badly since May.</p>").as_bytes()
    )

    assert same.count("leaks") == 1
    assert "since May" in stub


def test_a_forwarded_message_is_read_and_a_chain_without_end_is_cut_and_told() -> None:
    message = letter("innermost")
    for number in range(20):
        outer = letter(f"outer {number}", "See below.")
        outer.add_attachment(message)
        message = outer

    pages, notes = noted("a.eml", message.as_bytes(), Limits(depth=3))

    assert [page.headings[-1].text for page in pages] == ["outer 19", "outer 18", "outer 17", "outer 16"]
    assert len(notes) == 1
    assert "too deep" in notes[0]


def test_each_message_of_a_mailbox_begins_a_page() -> None:
    box = b"".join(
        b"From someone Sat Nov 21 2026\n" + letter(subject, f"{subject} words\n>From here on\n").as_bytes() + b"\n"
        for subject in ("First", "Second")
    )

    pages = read("a.mbox", box)

    assert [page.headings[0].text for page in pages] == ["First", "Second"]
    assert "From here on" in pages[0].text


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=600))
def test_whatever_calls_itself_mail_ends_in_text_or_a_reason(content: bytes) -> None:
    head = b"Content-Type: multipart/mixed; boundary=b\n\n--b\n"

    for whole in (content, head + content):
        assert reason("a.eml", whole) in {"", "broken", "locked", "empty", "unsupported", "no_text"}


def test_a_process_of_its_own_reads_mail_and_hands_on_what_it_could_not_read(tmp_path: Path) -> None:
    message = letter()
    message.add_attachment(b"\x00\x01", maintype="application", subtype="x-thing", filename="thing.xyz")

    pages, reading = in_a_process(tmp_path, "a.eml", message.as_bytes())

    assert "It leaks." in pages[0].text
    assert reading.pages == 1
    assert "thing.xyz" in reading.notes[0]
