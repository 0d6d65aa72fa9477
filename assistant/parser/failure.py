"""Why a file could not be read, in words for its owner."""

from typing import Final

from assistant.parser.protocol import Limits, Reason

_MESSAGES: Final[dict[Reason, str]] = {
    "locked": "This PDF is locked with a password. Ask for the version without a password and add that one.",
    "broken": "This file is damaged or not what its name says. Open it on your computer, save it anew and add that.",
    "empty": "This file has no pages. Check it on your computer and add it again.",
    "no_text": "There is no text in this file; it may be a scan or a photo. Hearth cannot read pictures of text yet.",
    "too_large": "This file is too large or too complicated to read here. Split it into smaller files and add those.",
    "unsupported": "Hearth cannot read this kind of file yet. Save it as PDF, Markdown or plain text and add that one.",
    "timeout": "Reading this file took too long, so Hearth stopped. Split it into smaller files and add those.",
    "crashed": "This file made the reader stop. Open it on your computer, save it as a new PDF and add that one.",
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
    """The message for a file of a kind that Hearth cannot read yet; `suffix` is like ".docx" or empty."""
    kind = f"{suffix} files" if suffix else "files without a known ending such as .pdf"
    return f"Hearth cannot read {kind} yet. Save it as PDF, Markdown or plain text and add that one."


def too_many_pages(pages: int, limits: Limits) -> FileFailureError:
    """The failure of a document with more pages than the limit."""
    return FileFailureError(
        "too_large",
        f"This file has {pages:,} pages; Hearth reads files of up to {limits.pages:,}. Split it into smaller ones.",
    )
