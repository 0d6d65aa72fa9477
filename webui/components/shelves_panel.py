"""The shelves of the one who looks: made, shared with some, cleared away."""

from collections.abc import Awaitable, Callable, Sequence

from nicegui import ui

from webui.assistant_client import Caller
from webui.components import problems
from webui.components.basics import box, button, icon, text
from webui.components.confirm import confirmed
from webui.components.shelf_choice import shelf_words
from webui.household_messages import Person
from webui.library_messages import Shelf
from webui.wording import count


class ShelvesPanel:
    """A list of shelves with what can be done to each."""

    def __init__(
        self,
        assistant: Caller,
        me: Person,
        people: Sequence[Person],
        *,
        on_change: Callable[[], Awaitable[None]],
    ) -> None:
        self._assistant = assistant
        self._me = me
        self._others = [person for person in people if person.id != me.id]
        self._on_change = on_change
        with box("details", "fold"):
            text("summary", "Shelves and sharing")
            if "share" in me.may:
                self._form()
            self._list = box("div")

    def draw(self, shelves: Sequence[Shelf]) -> None:
        """Show these shelves."""
        self._list.clear()
        with self._list, box("ul", "plain-list documents"):
            for shelf in shelves:
                self._row(shelf)

    def _form(self) -> None:
        with box("div", "new-key"):
            with box("div", "field"):
                name = ui.input(placeholder="Name of a new shelf, such as “Taxes”").props("borderless maxlength=60")
                name.props["aria-label"] = "Name of a new shelf"

            async def make(kind: str) -> None:
                with problems.shown():
                    await self._assistant.make_shelf(name=(name.value or "").strip(), kind=kind)
                    name.set_value("")
                    await self._on_change()

            button("Make it mine", lambda: make("private"), picture="lock")
            button("Make it the household’s", lambda: make("household"), picture="house")

    def _row(self, shelf: Shelf) -> None:
        is_mine, is_first = shelf.person_id == self._me.id, shelf.id in {"household", f"private-{self._me.id}"}
        with box("li", "document"):
            with box("span", "document-picture", aria_hidden="true"):
                icon("house" if shelf.kind == "household" else "lock")
            with box("div", "document-words"):
                text("h3", shelf_words(shelf, self._me.id), "document-name")
                text("p", count(shelf.documents, "file"), "document-facts")
                if is_mine and self._others and "share" in self._me.may:
                    self._readers(shelf)
                if shelf.may_change:
                    self._bound(shelf)
            with box("div", "document-deeds"):
                if shelf.may_change and not is_first:
                    button(
                        "", lambda: self._clear(shelf), picture="trash", kind="quiet", label=f"Clear away {shelf.name}"
                    )

    def _readers(self, shelf: Shelf) -> None:
        with box("fieldset", "readers"):
            text("legend", "Who else may read it?", "hint")
            for person in self._others:
                with box("label", "reader"):
                    one = box("input", type="checkbox")
                    if person.id in shelf.readers:
                        one.props["checked"] = ""
                    one.on(
                        "change",
                        lambda event, person=person: self._share(shelf, person.id, bool(event.args)),
                        js_handler="(e) => emit(e.target.checked)",
                    )
                    text("span", person.name)

    def _bound(self, shelf: Shelf) -> None:
        """Whether its words may leave this box."""
        with box("label", "reader"):
            one = box("input", type="checkbox")
            if shelf.stays_here:
                one.props["checked"] = ""
            one.on(
                "change",
                lambda event: self._keep_here(shelf, bool(event.args)),
                js_handler="(e) => emit(e.target.checked)",
            )
            text("span", "Stays on this box: no other box computes answers from it")

    async def _keep_here(self, shelf: Shelf, stays_here: bool) -> None:
        with problems.shown():
            await self._assistant.keep_shelf_here(shelf.id, stays_here=stays_here)

    async def _share(self, shelf: Shelf, person_id: str, is_reader: bool) -> None:
        with problems.shown():
            now = {one.id: one for one in await self._assistant.shelves()}[shelf.id]
            readers = set(now.readers) | {person_id} if is_reader else set(now.readers) - {person_id}
            await self._assistant.share_shelf(shelf.id, sorted(readers))

    async def _clear(self, shelf: Shelf) -> None:
        explanation = f"{count(shelf.documents, 'file')} on it, and everything learned from them, are removed for good."
        if await confirmed(f"Clear away “{shelf.name}”?", explanation, deed="Clear it away"):
            with problems.shown():
                await self._assistant.delete_shelf(shelf.id)
                await self._on_change()
