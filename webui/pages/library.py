"""The library page: add files, see how far each has been read, search their passages, read what was read, delete."""

from collections.abc import Sequence
from datetime import date, datetime

from fastapi import Request
from nicegui import ui

from webui.components import problems
from webui.components.basics import box, button, icon, text
from webui.components.confirm import confirmed
from webui.components.document_list import Deeds, document_list
from webui.components.dropzone import Dropzone
from webui.components.file_password import file_password
from webui.components.frame import frame
from webui.components.passage import quote
from webui.components.shelf_choice import choice, chosen, shelf_words
from webui.components.shelves_panel import ShelvesPanel
from webui.components.source_panel import SourcePanel
from webui.components.sources import Sources
from webui.household_messages import Person
from webui.library_messages import Document, Shelf
from webui.pages.visit import OpenVisit, Visit
from webui.shown import asked, is_shown
from webui.wording import count

LOOK_AGAIN_SECONDS = 1.0
SHELVES = {"private": "Only me", "household": "The household"}
KINDS = (
    ("", "Every kind"),
    ("pdf", "PDF"),
    ("text", "Text and web"),
    ("office", "Letters and slides"),
    ("table", "Tables"),
    ("mail", "Mail"),
    ("picture", "Pictures"),
    ("book", "Books"),
    ("calendar", "Calendars and contacts"),
    ("archive", "Archives"),
    ("other", "Other"),
)
DAYS = (("", "Any day"), ("7", "Last 7 days"), ("31", "Last month"), ("366", "Last year"))


def register(visit: OpenVisit) -> None:
    """Add `/library`."""

    @ui.page("/library")
    async def library(request: Request) -> None:
        here = visit(request)
        chats, documents = await here.assistant.chats(), await here.assistant.documents()
        shelves, people = await here.assistant.shelves(), await here.assistant.people()
        with frame("Library", here="/library", person=here.person, chats=chats):
            shown = _Library(here, documents, shelves, people, address=f"https://{request.headers.get('host', '')}")
            await shown.sources.draw()


class _Library:
    """What happens on the page; the list follows the assistant while anything is still being read."""

    def __init__(
        self,
        visit: Visit,
        documents: Sequence[Document],
        shelves: Sequence[Shelf],
        people: Sequence[Person],
        *,
        address: str,
    ) -> None:
        self._assistant = visit.assistant
        self._me = visit.person
        self._shelves = shelves
        self._people = people
        self._chosen: dict[str, str] = {}
        self._documents_at_first = documents
        self._documents: Sequence[Document] = ()
        self._panel = SourcePanel(document=visit.assistant.document, page=visit.assistant.page)
        with box("section", "sheet"):
            text("h1", "Library", "display")
            self._add()
            self.sources = Sources(
                visit.assistant, visit.person, address=address, targets=self._shelf_options, on_change=self._reload
            )
            self._shelf_list = ShelvesPanel(visit.assistant, visit.person, people, on_change=self._reload_shelves)
            self._shelf_list.draw(shelves)
            self._search_box()
            self._filters()
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
                for shelf, words, picture in self._targets():
                    with box("label", "choice-one"):
                        one = box("input", type="radio", name="shelf", value=shelf)
                        if shelf == "private":
                            one.props["checked"] = ""
                        one.on("change", lambda shelf=shelf: zone.choose_shelf(shelf), args=[])
                        icon(picture)
                        text("span", words)

    def _targets(self) -> list[tuple[str, str, str]]:
        """The shelves that files can be put on: value, words, picture."""
        further = [
            (shelf.id, shelf.name, "lock" if shelf.kind == "private" else "house")
            for shelf in self._shelves
            if shelf.may_change and shelf.id not in {"household", f"private-{self._me.id}"}
        ]
        first = [("private", SHELVES["private"], "lock")]
        if any(shelf.id == "household" and shelf.may_change for shelf in self._shelves):
            first.append(("household", SHELVES["household"], "house"))
        return first + further

    def _shelf_options(self) -> list[tuple[str, str]]:
        return [(value, words) for value, words, _picture in self._targets()]

    def _search_box(self) -> None:
        with box("div", "search", role="search"):
            icon("search")
            field = ui.input(placeholder="Search the words in your files").props("borderless clearable type=search")
            field.props["aria-label"] = "Search the words in your files"
            field.classes("search-field").on("keydown.enter", lambda: self._search(field.value or ""), args=[])
            field.on("clear", self._found_nothing, args=[])
            button("Search", lambda: self._search(field.value or ""))

    def _filters(self) -> None:
        """What the list shows and the search looks through."""
        with box("div", "picks", role="group", aria_label="Show only"):
            shelves = [("", "Every shelf"), *((shelf.id, shelf_words(shelf, self._me.id)) for shelf in self._shelves)]
            choice("Shelf", shelves, lambda value: self._choose("shelf", value))
            choice("Kind", KINDS, lambda value: self._choose("kind", value))
            choice("Date", DAYS, lambda value: self._choose("days", value))
            if len(self._people) > 1:
                people = [("", "Anybody"), *((person.id, person.name) for person in self._people)]
                choice("By", people, lambda value: self._choose("person", value))
            folders = sorted({document.folder for document in self._documents_at_first if document.folder})
            if folders:
                choice("Folder", [("", "Every folder"), *((one, one) for one in folders)], self._choose_folder)

    def _choose_folder(self, value: str) -> None:
        self._choose("folder", value)

    def _choose(self, what: str, value: str) -> None:
        self._chosen[what] = value
        self._draw(self._documents)

    async def _search(self, words: str) -> None:
        self._found.clear()
        if not words.strip():
            return
        with problems.shown():
            passages = await self._assistant.search(words.strip(), asked(self._chosen, _today()))
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
        shown = [one for one in documents if is_shown(one, asked(self._chosen, _today()))]
        self._title.text = f"Your files · {len(shown)}" if documents else "Your files"
        if len(shown) < len(documents):
            self._title.text += f" of {len(documents)}"
        deeds = Deeds(read=self._read, delete=self._delete, again=self._again, move=self._move, unlock=self._unlock)
        self._list.clear()
        with self._list:
            if shown:
                document_list(shown, deeds)
            elif documents:
                text("p", "None of your files is what you chose above.", "muted")
            else:
                text("p", "Nothing here yet. Drop a file above, and ask about it a few seconds later.", "muted")

    async def _read(self, document: Document) -> None:
        await self._panel.show_page(document, 1)

    async def _again(self, document: Document) -> None:
        with problems.shown():
            await self._assistant.read_again(document.id)
            await self._reload()

    async def _unlock(self, document: Document) -> None:
        password = await file_password(document.name)
        if password:
            with problems.shown():
                await self._assistant.unlock(document.id, password)
                await self._reload()

    async def _move(self, document: Document) -> None:
        now = "private" if document.shelf_id == f"private-{self._me.id}" else document.shelf_id
        shelf = await chosen(f"Who may see “{document.name}”?", "Shelf", self._shelf_options(), now=now)
        if shelf and shelf != now:
            with problems.shown():
                await self._assistant.move_document(document.id, shelf)
                await self._reload()

    async def _reload_shelves(self) -> None:
        with problems.shown():
            self._shelves = await self._assistant.shelves()
            self._shelf_list.draw(self._shelves)
            await self._reload()

    async def _delete(self, document: Document) -> None:
        explanation = (
            "The file, the text that was read from it, and everything learned from it are removed from this box."
        )
        if await confirmed(f"Delete “{document.name}”?", explanation, deed="Delete"):
            with problems.shown():
                await self._assistant.delete_document(document.id)
                await self._reload()


def _today() -> date:
    return datetime.now().astimezone().date()
