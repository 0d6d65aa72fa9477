"""The panel beside the page that shows a document: a page's picture with words marked, and the text that was read."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from urllib.parse import quote, urlencode

from nicegui import ui

from webui.components import problems
from webui.components.basics import box, button, text
from webui.components.passage import Place, marked
from webui.library_messages import Document, Page
from webui.wording import place

PICTURE_WIDTH = 1100
"""In pixels: sharp on a phone's dense screen and in a desktop's panel."""

CHANGED = (
    "The file was changed after these words were quoted from it: they do not stand on this page any more. Ask again "
    "for an answer from the file as it is now."
)

FetchDocument = Callable[[str], Awaitable[Document]]
FetchPage = Callable[[str, int], Awaitable[Page]]


class SourcePanel:
    """One panel a page; `show` fills and opens it."""

    def __init__(self, *, document: FetchDocument, page: FetchPage) -> None:
        self._document = document
        self._page = page
        with (
            ui.dialog().props("position=right full-height") as self._dialog,
            box("div", "panel", role="dialog") as self._panel,
        ):
            pass
        self._panel.props["aria-label"] = "Source"

    async def show(self, where: Place) -> None:
        """Open a document at some words."""
        with problems.shown():
            document = await self._document(where.document_id)
            # A file that was changed since may have fewer pages than when its words were cited.
            there = replace(where, page=min(where.page, document.pages or where.page))
            page = await self._page(there.document_id, there.page)
            self._fill(document, page, standing(there, page.text))
            self._dialog.open()

    async def show_page(self, document: Document, number: int) -> None:
        """Open a document at a page, with nothing marked."""
        nothing = Place(document_id=document.id, file=document.name, page=number, start=0, end=0, words="")
        await self.show(nothing)

    def _fill(self, document: Document, page: Page, where: Place) -> None:
        self._panel.clear()
        with self._panel:
            with box("header", "panel-head"):
                text("h2", where.file, "panel-title")
                button("", self._dialog.close, picture="close", kind="quiet", label="Close")
            self._turn(document, where)
            if where.words:
                with box("figure", "quote"), box("blockquote"):
                    text("p", where.words, "marked exact")
                if where.end <= where.start:
                    text("p", CHANGED, "muted")
            if page.has_picture:
                picture(where)
            with box("details", "fold") as fold:
                if not page.has_picture:
                    fold.props["open"] = ""
                text("summary", f"The text that was read from page {page.page}")
                with box("div", "read-text"):
                    if page.text.strip():
                        marked(page.text, where.start, where.end)
                    else:
                        text("p", "Nothing: this page has no text, only pictures.", "muted")

    def _turn(self, document: Document, where: Place) -> None:
        pages = document.pages or where.page
        with box("div", "panel-turn"):
            before = button(
                "", lambda: self.show_page(document, where.page - 1), picture="arrow-left", label="Page before"
            )
            text("span", f"Page {where.page} of {pages}")
            after = button(
                "", lambda: self.show_page(document, where.page + 1), picture="arrow-right", label="Next page"
            )
        if where.page <= 1:
            before.props["disabled"] = ""
        if where.page >= pages:
            after.props["disabled"] = ""


def standing(where: Place, read: str) -> Place:
    """Where the words stand in the text that is read from the page now; a file that was changed may have moved them.

    Offsets that are equal say that they are not there.
    """
    if not where.words or read[where.start : where.end] == where.words:
        return where
    start = read.find(where.words)
    return replace(where, start=start, end=start + len(where.words)) if start >= 0 else replace(where, start=0, end=0)


def picture(where: Place) -> None:
    """A page's picture with the words marked, as the assistant draws it."""
    spoken = f"Picture of {place(where.file, where.page)}"
    is_marked = where.end > where.start
    with box("div", "page-picture"):
        box("img", src=picture_address(where), alt=f"{spoken}, with the cited words marked" if is_marked else spoken)


def picture_address(where: Place) -> str:
    """Where the picture is fetched from; our own host, with the reader's own session."""
    wanted: dict[str, int] = {"width": PICTURE_WIDTH}
    if where.end > where.start:
        wanted |= {"start": where.start, "end": where.end}
    return f"/api/documents/{quote(where.document_id, safe='')}/pages/{where.page}/picture?{urlencode(wanted)}"
