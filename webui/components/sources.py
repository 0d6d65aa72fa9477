"""Where files come from besides the page: watched folders, USB sticks, and the network folder."""

from collections.abc import Awaitable, Callable, Sequence

from nicegui import ui

from webui.assistant_client import Caller
from webui.components import problems
from webui.components.basics import box, button, icon, text
from webui.components.code import copyable
from webui.components.confirm import confirmed
from webui.components.sticks import Sticks
from webui.household_messages import Person
from webui.library_messages import WatchedFolder
from webui.wording import count, moment


class Sources:
    """What is watched and plugged in, and how to drop files from elsewhere."""

    def __init__(
        self,
        assistant: Caller,
        me: Person,
        *,
        address: str,
        targets: Callable[[], Sequence[tuple[str, str]]],
        on_change: Callable[[], Awaitable[None]],
    ) -> None:
        """`targets` are the shelves onto which this person may put files, each a value and its words."""
        self._assistant = assistant
        self._me = me
        self._on_change = on_change
        self._sticks: Sticks | None = None
        with box("details", "fold"):
            text("summary", "From folders, USB sticks, phones and PCs")
            if "watch_folders" in me.may:
                text("h3", "Watched folders", "section-title")
                self._form()
            self._folders = box("div")
            if "import_disks" in me.may:
                text("h3", "USB sticks", "section-title")
                self._sticks = Sticks(assistant, targets=targets, on_change=on_change)
            if "use_programs" in me.may:
                text("h3", "The network folder", "section-title")
                text(
                    "p",
                    "Open this address as a network drive (WebDAV) in a file manager or an app on your phone. The name "
                    "does not matter; the password is a key from the page “Programs”.",
                    "muted",
                )
                copyable(f"{address}/dav/", label="the address of the network folder")

    async def draw(self) -> None:
        """Show what is watched now, and how far an import is."""
        if self._sticks is not None:
            await self._sticks.follow()
        folders = await self._assistant.folders()
        self._folders.clear()
        with self._folders:
            if folders:
                with box("ul", "plain-list documents"):
                    for folder in folders:
                        self._row(folder)

    def _form(self) -> None:
        with box("div", "new-key"):
            with box("div", "field"):
                path = ui.input(placeholder="A folder of this machine, such as /home/ada/Documents").props("borderless")
                path.props["aria-label"] = "A folder of this machine"

            async def watch(shelf: str) -> None:
                with problems.shown():
                    await self._assistant.watch_folder((path.value or "").strip(), shelf)
                    path.set_value("")
                    await self.draw()
                    await self._on_change()

            button("Only for me", lambda: watch("private"), picture="lock")
            button("For the household", lambda: watch("household"), picture="house")

    def _row(self, folder: WatchedFolder) -> None:
        with box("li", "document"):
            with box("span", "document-picture", aria_hidden="true"):
                icon("folder")
            with box("div", "document-words"):
                text("h3", folder.path, "document-name")
                looked = f" · looked through {moment(folder.looked_at)}" if folder.looked_at else " · is looked through"
                text("p", count(folder.files, "file") + looked, "document-facts")
                if folder.problem:
                    text("p", folder.problem, "document-reason")
            with box("div", "document-deeds"):
                if folder.missing and "watch_folders" in self._me.may:
                    button("They are really gone", lambda: self._let_go(folder), picture="trash")
                if "watch_folders" in self._me.may:
                    label = f"Watch {folder.path} no longer"
                    button("", lambda: self._stop(folder), picture="close", kind="quiet", label=label)

    async def _stop(self, folder: WatchedFolder) -> None:
        with problems.shown():
            await self._assistant.stop_watching(folder.id)
            problems.tell("It is watched no longer. What came from it stays in your library.")
            await self.draw()

    async def _let_go(self, folder: WatchedFolder) -> None:
        explanation = (
            f"{count(folder.missing, 'file')} that came from {folder.path} will be removed from your library, with the "
            "answers that rest on them. If they lie on a disk, plug it in instead."
        )
        if await confirmed("Are these files really gone?", explanation, deed="They are gone"):
            with problems.shown():
                await self._assistant.let_go(folder.id)
                await self.draw()
                await self._on_change()
