"""What owners have besides plain mail and PDF: signed mail, winmail.dat, Apple Mail, files in a PDF, calendars."""

import io
import struct
from base64 import b64decode, encodebytes

import pypdfium2
import pytest

from assistant.parser.failure import unsupported
from assistant.parser.recurrence import in_words
from assistant.parser.signed import signed_content
from tests import pdf
from tests.assistant.parser.reading import noted, read, text

SIGNED = {
    "whole": b64decode(
        "MIICPQYJKoZIhvcNAQcCoIICLjCCAioCAQExDTALBglghkgBZQMEAgEwWgYJKoZIhvcNAQcBoE0ES0NvbnRlbnQtVHlwZTogdGV4"
        "dC9wbGFpbjsgY2hhcnNldD11dGYtOA0KDQpUaGUgY29udHJhY3QgZW5kcyBpbiBNYXkgMjAzMS4NCjGCAbgwggG0AgEBMCQwDDEK"
        "MAgGA1UEAwwBYQIUYDLHaUzI6E1/x2D39iW3uFxNI2YwCwYJYIZIAWUDBAIBoGkwGAYJKoZIhvcNAQkDMQsGCSqGSIb3DQEHATAc"
        "BgkqhkiG9w0BCQUxDxcNMjYxMTIyMTE0ODEwWjAvBgkqhkiG9w0BCQQxIgQgktv68jkt75n7L/BkEgB6CAxrBXO12b+cGBX9/U9S"
        "8J8wDQYJKoZIhvcNAQEBBQAEggEAaSoxRXPsUzjjtvCTjFSqe76C2E+GIZ/WmTFJLmtbp6IWiBqRo54gVX8jwyc15E9QynPUqULk"
        "4PRqTyjHN0tbWgHo6fCNBhy6obSDM4QxegNgWfBBK3YOSgJ7nPi7XYHDlBu3DiEkeMP1eBqEVO92rhqnGJy1Fq/Qv6zsMiC7HW/w"
        "Omw6WGG5xK0xfuKMmf3EM9k8NDWJu6EITZwtcGRu1lHsgtLWq3sQZV3fuEnwWaWUkHD51WTZ9lv2KEvEI3de1ES21c20wUnZCEBC"
        "A356SluIokV34ri861n08dyJl7LGaP8ycw3tT7GzpQi+8yL39z/M150eH/hJGTHzZiAx4g=="
    ),
    "streamed": b64decode(
        "MIAGCSqGSIb3DQEHAqCAMIACAQExDTALBglghkgBZQMEAgEwgAYJKoZIhvcNAQcBoIAkgARLQ29udGVudC1UeXBlOiB0ZXh0L3Bs"
        "YWluOyBjaGFyc2V0PXV0Zi04DQoNClRoZSBjb250cmFjdCBlbmRzIGluIE1heSAyMDMxLg0KAAAAAAAAMYICNDCCAjACAQEwJDAM"
        "MQowCAYDVQQDDAFhAhRgMsdpTMjoTX/HYPf2Jbe4XE0jZjALBglghkgBZQMEAgGggeQwGAYJKoZIhvcNAQkDMQsGCSqGSIb3DQEH"
        "ATAcBgkqhkiG9w0BCQUxDxcNMjYxMTIyMTE0ODEwWjAvBgkqhkiG9w0BCQQxIgQgktv68jkt75n7L/BkEgB6CAxrBXO12b+cGBX9"
        "/U9S8J8weQYJKoZIhvcNAQkPMWwwajALBglghkgBZQMEASowCwYJYIZIAWUDBAEWMAsGCWCGSAFlAwQBAjAKBggqhkiG9w0DBzAO"
        "BggqhkiG9w0DAgICAIAwDQYIKoZIhvcNAwICAUAwBwYFKw4DAgcwDQYIKoZIhvcNAwICASgwDQYJKoZIhvcNAQEBBQAEggEAn4at"
        "QAv8bK7iHo8b5wkcZM7IlLry0orxYxl1idbPLnqyLq44HtLreveFEKyvt4NAV3VIr+ETZqqaP6MOPxz2XnhAcpYvs1Q+9y2CnK8Z"
        "xvKCDdhcKRlP5JCrv+mOzIIG3yThi2K4M0RNdowF9+EJFhR5vgeiOcD+MW0tyqfOyj0mEarSV9gIS235f8CFyd6JyMv7ysadW483"
        "quiQz07LbMeeooi/Mc1AwCPhDpdfi48ZoiT6Pq3WEm3Kj6vfd+j6HfG9VXIiHjAvFfq/g7t2sMbHn2jrnKxgLP7C3K0HfpChTwGF"
        "59neMG0wkEnMy6bVZjRh/VXb/v2ykqBxLYCcQwAAAAAAAA=="
    ),
}
"""The same message signed by OpenSSL, with lengths and without."""
ENCRYPTED = b64decode(
    "MIIBzwYJKoZIhvcNAQcDoIIBwDCCAbwCAQAxggFAMIIBPAIBADAkMAwxCjAIBgNVBAMMAWECFGAyx2lMyOhNf8dg9/Ylt7hcTSNm"
    "MA0GCSqGSIb3DQEBAQUABIIBADGPo1k/UWMVOoBF+VTlPiRMZj6/ddOlngHtG+4KfpNHo4iQDD5TKtHAedOyRi9NpII95w2rlvF1"
    "q83B/v66un2nQ4uk159Jgi6Bt44wkLh9OSwPm9qx9IkepWRa5tCVwsMQkQTYrOAXVJTb3dtPQLc1j+GeJW8JI5ObagtsO0kwqxo/"
    "SF6hqGgS/92+rtkjQ/w28JmOWrB6reTJ52/bmyYO69nDBMvz2KpQuOG6ScBqp2CyjdNphFTnw3dQX2Vz2s/2AGfHP9vUjBEr52pi"
    "yB8nDA1byZnNK8kwzv5Iz0XCcXB7z3yvcpXIHelWtzrvK7q0yGtq4N2UsYjLn8x/Nk8wcwYJKoZIhvcNAQcBMBQGCCqGSIb3DQMH"
    "BAhAK3UyxKcU6IBQULw0D5f/Qt8trg19Rx5B8SBuIj+NuSIWdaoj29VsxtrdtGoztLIx+TlLC7cynB5lVamlVqaejvLTWI6KDvaw"
    "Onbz3WQojUXu5bIP8sXZoO0="
)
WORDS = "The contract ends in May 2031."


def mail(packed: bytes, kind: str = "application/pkcs7-mime; name=smime.p7m") -> bytes:
    head = (
        f"Subject: Contract\r\nMIME-Version: 1.0\r\nContent-Type: {kind}\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    )
    return head.encode() + encodebytes(packed)


@pytest.mark.parametrize("how", SIGNED)
def test_an_opaquely_signed_message_is_read(how: str) -> None:
    pages, notes = noted("a.eml", mail(SIGNED[how]))

    assert WORDS in pages[0].text
    assert notes == ()


def test_an_encrypted_message_is_told_as_such_and_damaged_ones_harm_nobody() -> None:
    _pages, notes = noted("a.eml", mail(ENCRYPTED))

    assert "encrypted" in notes[0]
    for end in range(0, len(SIGNED["streamed"]), 7):
        signed_content(SIGNED["streamed"][:end])
        signed_content(SIGNED["streamed"][end:])


def test_a_file_of_apple_mail_is_read() -> None:
    message = f"Subject: Contract\r\nContent-Type: text/plain\r\n\r\n{WORDS}\r\n".encode()

    whole = text("1.emlx", f"{len(message)}   \n".encode() + message + b"<?xml version='1.0'?><plist/>")

    assert whole == f"Contract\n\n{WORDS}"


def record(kind: int, value: bytes) -> bytes:
    return struct.pack("<BII", 2, kind, len(value)) + value + b"\0\0"


@pytest.mark.parametrize("name_first", [True, False])
def test_what_outlook_packs_in_winmail_dat_is_read(name_first: bool) -> None:
    title, data = record(0x00018010, b"report.pdf\0"), record(0x0006800F, pdf.written([WORDS]))
    packed = b"\x78\x9f\x3e\x22\x01\x00" + record(0x0002800C, b"Dear Anna\0") + record(0x00069002, bytes(14))
    packed += title + data if name_first else data + title

    pages, notes = noted("a.eml", mail(packed, "application/ms-tnef; name=winmail.dat"))

    whole = "\n".join(page.text for page in pages)
    assert all(words in whole for words in ("Dear Anna", "report.pdf", WORDS))
    assert notes == ()


def test_files_attached_to_a_pdf_are_read_behind_its_pages() -> None:
    document = pypdfium2.PdfDocument(pdf.written(["Invoice 7"]))
    document.new_attachment("terms.txt").set_data(WORDS.encode())
    out = io.BytesIO()
    document.save(out)

    pages = read("a.pdf", out.getvalue())

    assert [page.text for page in pages] == ["Invoice 7", f"terms.txt\n\n{WORDS}"]
    assert pages[1].origin is not None
    assert pages[1].origin.page == 0


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH;UNTIL=20261231T000000Z",
            "every second week on Monday and Thursday, until 2026-12-31",
        ),
        ("FREQ=MONTHLY;BYDAY=-1FR;COUNT=10", "every month on the last Friday, 10 times"),
        ("FREQ=YEARLY;BYMONTH=5;BYMONTHDAY=1;WKST=MO", "every year on day 1 in May"),
        ("FREQ=DAILY", "every day"),
        ("FREQ=WEEKLY;BYSETPOS=-1", "FREQ=WEEKLY;BYSETPOS=-1"),
        ("nonsense", "nonsense"),
    ],
)
def test_how_often_something_repeats_is_said_in_words(rule: str, words: str) -> None:
    calendar = f"BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:Bins\nRRULE:{rule}\nEND:VEVENT\nEND:VCALENDAR\n"

    assert in_words(rule) == words
    assert text("a.ics", calendar.encode()) == f"Bins\n\nRepeats: {words}"


@pytest.mark.parametrize(
    ("suffix", "advice"),
    [(".7z", "as ZIP"), (".RAR", "as ZIP"), (".mp3", "sound"), (".pages", "PDF"), (".xyz", "PDF")],
)
def test_what_cannot_be_read_comes_with_advice_that_helps(suffix: str, advice: str) -> None:
    assert advice in unsupported(suffix)
    assert suffix in unsupported(suffix)
