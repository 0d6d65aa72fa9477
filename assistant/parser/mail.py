"""EML, MHT and mbox: messages as they travel (RFC 5322), with their attachments and the messages inside them."""

import email
import re
from collections.abc import Iterator
from email.header import decode_header
from email.message import Message
from email.policy import compat32
from typing import Final

from assistant.parser.dates import day_of_mail
from assistant.parser.desk import Desk
from assistant.parser.failure import FileFailureError
from assistant.parser.html import characters
from assistant.parser.letter import Attachment, Letter, letter_pages
from assistant.parser.page import Page
from assistant.parser.plain import lenient
from assistant.parser.signed import signed_content

_DETAILS: Final = ("From", "To", "Cc", "Date")
_SEPARATOR: Final = re.compile(rb"^From .*\r?\n", re.MULTILINE)
_EMPTY_LINE: Final = re.compile(rb"\n\r?\n\Z")
_QUOTED: Final = re.compile(rb"^>(>*From )", re.MULTILINE)
_SIGNATURES: Final = frozenset(
    {"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"}
)
_SIGNED_OR_LOCKED: Final = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_LOCKED: Final = _SIGNED_OR_LOCKED | {"application/pgp-encrypted"}
_NAME_OF_MESSAGE: Final = "Forwarded message"


def read(content: bytes, kind: str, desk: Desk) -> Iterator[Page]:
    """Read a message, or all messages of an mbox. Raises FileFailureError."""
    if kind == "emlx":
        content = _of_apple(content)
    for message in _messages(content) if kind == "mbox" else (content,):
        yield from letter_pages(_letter(message, desk), desk)


def _messages(mailbox: bytes) -> Iterator[bytes]:
    """The messages of an mbox file: a line that begins with "From " behind an empty line begins one."""
    borders = [
        found
        for found in _SEPARATOR.finditer(mailbox)
        if found.start() == 0
        or mailbox[max(found.start() - 3, 0) : found.start()].replace(b"\r", b"").endswith(b"\n\n")
    ]
    for border, after in zip(borders, [*borders[1:], None], strict=True):
        yield _QUOTED.sub(rb"\1", mailbox[border.end() : after.start() if after else len(mailbox)])


def _of_apple(content: bytes) -> bytes:
    """The message in a file of Apple Mail: behind a line with its length, before what the program keeps of it."""
    length, _line_end, rest = content.partition(b"\n")
    return rest[: int(length)] if length.strip().isdigit() else content


def _letter(content: bytes, desk: Desk) -> Letter:
    try:
        message = email.message_from_bytes(content, policy=compat32)
        plain: list[str] = []
        html: list[str] = []
        attachments = list(_parts(message, plain, html, desk))
    except (RecursionError, ValueError, LookupError, AttributeError, TypeError) as error:
        raise FileFailureError("broken") from error
    desk.dated(day_of_mail(header(message, "Date")))
    return Letter(
        subject=header(message, "Subject"),
        details=[(name, header(message, name)) for name in _DETAILS],
        plain="\n\n".join(plain),
        html="\n".join(html),
        attachments=attachments,
    )


def _parts(message: Message, plain: list[str], html: list[str], desk: Desk) -> Iterator[Attachment]:
    """Put the words of a message into `plain` and `html`, and answer what is attached."""
    kind = message.get_content_type()
    signed = signed_content(_payload(message)) if kind in _SIGNED_OR_LOCKED else None
    if signed is not None:
        yield from _parts(email.message_from_bytes(signed, policy=compat32), plain, html, desk)
    elif kind in _LOCKED:
        desk.note("This message is encrypted, so only its first lines could be read.")
    elif kind == "message/rfc822":
        yield from _forwarded(message)
    elif message.is_multipart():
        for part in message.get_payload():
            yield from _parts(part, plain, html, desk) if isinstance(part, Message) else ()
    elif _is_words(message, kind):
        (html if kind == "text/html" else plain).append(_words(message, kind))
    elif kind not in _SIGNATURES:
        content = _payload(message)
        if content:
            yield Attachment(name=_filename(message) or f"part ({kind})", content=content, media_type=kind)


def _forwarded(message: Message) -> Iterator[Attachment]:
    """A message inside a message; one that is base64 against the rules is decoded."""
    parts = message.get_payload()
    for part in parts if isinstance(parts, list) else ():
        if not isinstance(part, Message):
            continue
        content = part.as_bytes()
        name = _filename(message) or f"{_NAME_OF_MESSAGE}: {header(part, 'Subject')}".rstrip(": ")
        if "base64" in str(message.get("Content-Transfer-Encoding", "")).lower():
            part.set_type("application/octet-stream")
            part["Content-Transfer-Encoding"] = "base64"
            content = _payload(part)
        yield Attachment(name=name, content=content, media_type="message/rfc822")


def _is_words(message: Message, kind: str) -> bool:
    if kind.startswith("message/") or kind in {"text/plain", "text/html", "text/enriched", "text/rfc822-headers"}:
        return message.get_content_disposition() != "attachment"
    return False


def _words(message: Message, kind: str) -> str:
    content = _payload(message)
    charset = message.get_content_charset()
    if charset:
        try:
            return content.decode(charset)
        except (LookupError, UnicodeDecodeError):
            pass
    return characters(content) if kind == "text/html" else lenient(content)


def _payload(message: Message) -> bytes:
    payload = message.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _filename(message: Message) -> str:
    return _unfolded(message.get_filename() or "")


def header(message: Message, name: str) -> str:
    """A header's words; empty where there is no such header."""
    return _unfolded(str(message.get(name, "")))


def _unfolded(value: str) -> str:
    try:
        parts = decode_header(value)
    except (ValueError, LookupError):
        return value
    return "".join(_part(content, charset) for content, charset in parts)


def _part(content: bytes | str, charset: str | None) -> str:
    if isinstance(content, str):
        return content
    try:
        return content.decode(charset or "utf-8")
    except (LookupError, UnicodeDecodeError):
        return content.decode("latin-1")
