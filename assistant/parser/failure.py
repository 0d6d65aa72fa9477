"""Why a file could not be read, in words for its owner."""

from typing import Final

from assistant.parser.protocol import Limits, Reason

_MESSAGES: Final[dict[Reason, str]] = {
    "locked": "This file is locked: it needs a password. Type it on the page “Library”, in the row of this file.",
    "broken": "This file is damaged or not what its name says. Open it on your computer, save it anew and add that.",
    "empty": "This file is empty. Check it on your computer and add it again.",
    "no_text": "Hearth finds no text in this file. If it is a picture of text, make a sharper scan and add that.",
    "too_large": "This file is too large or too complicated to read here. Split it into smaller files and add those.",
    "unsupported": "Hearth cannot read this kind of file. Save it as PDF, Office document or plain text and add that.",
    "timeout": "Reading this file took too long, so Hearth stopped. Split it into smaller files and add those.",
    "crashed": "This file made the reader stop. Open it on your computer, save it as a PDF and add that one.",
    "unconfined": (
        "This PC's system lets the reader of files neither leave the network nor give up its sockets, so no file is "
        "opened here. Start Hearth from its own stick, or on a newer Linux."
    ),
    "gone": "This file is no longer on the disk of this box. Add it again.",
}


DOES_NOT_OPEN: Final = "The password does not open this file. Look at capital letters and type it once more."
NO_KEY: Final = (
    "This file is locked in a way that Hearth cannot open. Save it without a password on your computer and add that."
)


_ARCHIVE: Final = (
    "Hearth cannot open {suffix} archives. Unpack it on your computer and add the files inside, or pack them as ZIP."
)
_PHOTO: Final = (
    "Hearth cannot read this HEIC photo: {why}. Share the photo as JPEG and add that; for new ones choose "
    "“Most Compatible” in the iPhone's settings under Camera, Formats."
)
MANY_PIXELS: Final = "This picture has too many pixels to be read here. Make it smaller."
_HEARD: Final = "Hearth reads words, not sound or film, so it cannot read {suffix} files. Add what is said as a text."
_OF_APPLE: Final = "Hearth cannot read {suffix} files of Apple's programs. Export it as PDF and add that."
_ADVICE: Final[dict[str, str]] = {
    **dict.fromkeys((".7z", ".rar", ".cab", ".dmg", ".iso"), _ARCHIVE),
    **dict.fromkeys((".aac", ".flac", ".m4a", ".mp3", ".ogg", ".opus", ".wav", ".wma"), _HEARD),
    **dict.fromkeys((".avi", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".webm", ".wmv"), _HEARD),
    **dict.fromkeys((".pages", ".numbers", ".key"), _OF_APPLE),
}


class FileFailureError(Exception):
    """The file cannot be read, for this reason."""

    def __init__(self, reason: Reason, message: str | None = None) -> None:
        super().__init__(message or message_for(reason))
        self.reason: Reason = reason


def message_for(reason: Reason) -> str:
    """What happened and what the owner of the file can do."""
    return _MESSAGES[reason]


def unsupported(suffix: str) -> str:
    """The message for a file of a kind that Hearth cannot read; `suffix` is like ".mp3" or empty."""
    if advice := _ADVICE.get(suffix.lower()):
        return advice.format(suffix=suffix)
    kind = f"{suffix} files" if suffix else "files without a known ending such as .pdf"
    return f"Hearth cannot read {kind}. Save it as PDF, an Office document or plain text and add that one."


def unpackable_photo(*, has_library: bool) -> FileFailureError:
    """The failure of a HEIC photo that this box cannot unpack, where libheif is missing or knows no way either."""
    why = "it is packed in another way than by a phone" if has_library else "this PC lacks libheif, which unpacks it"
    return FileFailureError("unsupported", _PHOTO.format(why=why))


def with_notes(message: str, notes: tuple[str, ...]) -> str:
    """A message and what was noted on the way to it."""
    return " ".join([message, *notes])


def too_many_pages(pages: int, limits: Limits) -> FileFailureError:
    """The failure of a document with more pages than the limit."""
    return FileFailureError(
        "too_large",
        f"This file has {pages:,} pages; Hearth reads files of up to {limits.pages:,}. Split it into smaller ones.",
    )
