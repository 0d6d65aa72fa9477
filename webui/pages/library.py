"""The library page: add files, see how far each has been read, search their passages, read what was read, delete."""

from collections.abc import Sequence

from fastapi import Request
from nicegui import ui

from webui.components import problems
from webui.components.basics import box, button, icon, text
from webui.components.confirm import confirmed
from webui.components.document_list import Deeds, document_list
from webui.components.dropzone import Dropzone
from webui.components.frame import frame
from webui.components.passage import quote
from webui.components.source_panel import SourcePanel
from webui.messages import Document
from webui.pages.visit import OpenVisit, Visit
from webui.wording import count

LOOK_AGAIN_SECONDS = 1.0
SHELVES = {"private": "Only me", "household": "The household"}


def register(visit: OpenVisit) -> None:
    """Add `/library`."""

    @ui.page("/library")
    async def library(request: Request) -> None:
        here = visit(request)
        chats, documents = await here.assistant.chats(), await here.assistant.documents()
        with frame("Library", here="/library", person=here.person, chats=chats):
            _Library(here, documents)


class _Library:
    """What happens on the page; the list follows the assistant while anything is still being read."""

    def __init__(self, visit: Visit, documents: Sequence[Document]) -> None:
        self._assistant = visit.assistant
        self._documents: Sequence[Document] = ()
        self._panel = SourcePanel(document=visit.assistant.document, page=visit.assistant.page)
        with box("section", "sheet"):
            text("h1", "Library", "display")
            self._add()
            self._search_box()
            self._found = box("section", "found", aria_live="polite")
            with box("section", aria_label="Your files"):
                self._title = text("h2", "Your files", "section-title")
                self._list = box("div")
        self._draw(documents)
        self._clock = ui.timer(LOOK_AGAIN_SECONDS, self._follow)

    def _add(self) -> None:
        with Dropzone(shelf="private", on_arrived=self._reload) as zone:
            icon("upload", "dropzone-picture")
            text("p", "Drop files here", "dropzone-title")
            text(
                "p",
                "PDF, Office, mail, books, scans, photos of text, archives. They stay on this box.",
                "muted",
            )
            with box("fieldset", "choice"):
                text("legend", "Who may see them?", "visually-hidden")
                for shelf, words in SHELVES.items():
                    with box("label", "choice-one"):
                        one = box("input", type="radio", name="shelf", value=shelf)
                        if shelf == "private":
                            one.props["checked"] = ""
                        one.on("change", lambda shelf=shelf: zone.choose_shelf(shelf), args=[])
                        icon("lock" if shelf == "private" else "house")
                        text("span", words)

    def _search_box(self) -> None:
        with box("div", "search", role="search"):
            icon("search")
            field = ui.input(placeholder="Search the words in your files").props("borderless clearable type=search")
            field.props["aria-label"] = "Search the words in your files"
            field.classes("search-field").on("keydown.enter", lambda: self._search(field.value or ""), args=[])
            field.on("clear", self._found_nothing, args=[])
            button("Search", lambda: self._search(field.value or ""))

    async def _search(self, words: str) -> None:
        self._found.clear()
        if not words.strip():
            return
        with problems.shown():
            passages = await self._assistant.search(words.strip())
            with self._found:
                if not passages:
                    text("p", "No passage of your files has these words or says something near them.", "muted")
                    return
                text("h2", f"{count(len(passages), 'passage')} found", "section-title")
                for passage in passages:
                    quote(passage, self._panel.show)

    def _found_nothing(self) -> None:
        self._found.clear()

    async def _follow(self) -> None:
        if any(not document.is_settled for document in self._documents):
            await self._reload()

    async def _reload(self) -> None:
        with problems.shown():
            documents = await self._assistant.documents()
            if tuple(documents) != tuple(self._documents):
                self._draw(documents)

    def _draw(self, documents: Sequence[Document]) -> None:
        self._documents = documents
        self._title.text = f"Your files · {len(documents)}" if documents else "Your files"
        self._list.clear()
        with self._list:
            if documents:
                document_list(documents, Deeds(read=self._read, delete=self._delete))
            else:
                text("p", "Nothing here yet. Drop a file above, and ask about it a few seconds later.", "muted")

    async def _read(self, document: Document) -> None:
        await self._panel.show_page(document, 1)

    async def _delete(self, document: Document) -> None:
        explanation = (
            "The file, the text that was read from it, and everything learned from it are removed from this box."
        )
        if await confirmed(f"Delete “{document.name}”?", explanation, deed="Delete"):
            with problems.shown():
                await self._assistant.delete_document(document.id)
                await self._reload()
