"""The library's files as a list: what each is, how far it has been read, and what can be done with it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from webui.components.basics import box, button, icon, text
from webui.library_messages import Document
from webui.wording import count, day, is_private, size, status

Deed = Callable[[Document], Awaitable[None]]

BADGES = {"ready": "moss", "failed": "alarm"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Deeds:
    """What the buttons of a file do."""

    read: Deed
    delete: Deed
    again: Deed | None = None
    move: Deed | None = None
    unlock: Deed | None = None


def document_list(documents: Sequence[Document], deeds: Deeds) -> None:
    """One row a file."""
    with box("ul", "plain-list documents"):
        for document in documents:
            _row(document, deeds)


def _row(document: Document, deeds: Deeds) -> None:
    with box("li", "document"):
        with box("span", "document-picture", aria_hidden="true"):
            icon("file")
        with box("div", "document-words"):
            text("h3", document.name, "document-name")
            text("p", facts(document), "document-facts")
            with box("p", "document-state"):
                text("span", status(document), f"badge badge-{BADGES.get(document.status, 'calm')}")
                with box("span", "shelf"):
                    icon("lock" if is_private(document) else "house")
                    text("span", " · ".join(filter(None, (_whose(document), document.folder))))
            if not document.is_settled:
                bar = box("progress", max="1", value=f"{document.progress:.2f}")
                bar.props["aria-label"] = f"Reading {document.name}"
            if document.reason:
                text("p", document.reason, "document-reason")
            if document.is_locked and document.may_change and deeds.unlock is not None:
                _password(document, deeds.unlock)
            if document.notes:
                _notes(document)
        with box("div", "document-deeds"):
            if document.status in {"searchable", "ready"}:
                button("", lambda: deeds.read(document), picture="text", kind="quiet", label=f"Read {document.name}")
            if document.may_change:
                _changes(document, deeds)


def _changes(document: Document, deeds: Deeds) -> None:
    again, move = deeds.again, deeds.move
    if again is not None and document.status == "failed":
        button("", lambda: again(document), picture="retry", kind="quiet", label=f"Read {document.name} again")
    if move is not None:
        label = f"Who may see {document.name}?"
        button("", lambda: move(document), picture="swap", kind="quiet", label=label)
    button("", lambda: deeds.delete(document), picture="trash", kind="quiet", label=f"Delete {document.name}")


def _password(document: Document, unlock: Deed) -> None:
    with box("div"):
        label = f"Type the password of {document.name}"
        button("Type its password", lambda: unlock(document), picture="lock", label=label)


def _notes(document: Document) -> None:
    """What in a file could not be read, though the rest was."""
    with box("details", "fold"):
        text("summary", f"Not all of it could be read: {count(len(document.notes), 'note')}")
        with box("ul"):
            for note in document.notes:
                text("li", note)


def _whose(document: Document) -> str:
    if not is_private(document):
        return "Household"
    return "Only you" if document.may_change else "Shared with you"


def facts(document: Document) -> str:
    """Pages, size and day, as far as they are known."""
    parts = [count(document.pages, "page")] if document.pages else []
    added = day(document.added_at)
    dated = [f"of {day(document.dated_at)}"] if document.dated_at else []
    return " · ".join([*parts, size(document.size_bytes), *dated, *([f"added {added}"] if added else [])])
