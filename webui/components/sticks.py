"""USB sticks: what lies on them, to choose from folder by folder, and how far the taking of it is."""

from collections.abc import Awaitable, Callable, Sequence

from nicegui import ui

from webui.assistant_client import Caller
from webui.components import problems
from webui.components.basics import box, button, icon, text
from webui.components.shelf_choice import choice
from webui.library_messages import Disk, Import, OnDisk
from webui.wording import count, size

LOOK_AGAIN_SECONDS = 1.0
MOST_SHOWN = 20
"""Problems, one a line; how many more there are is said."""


class Sticks:
    """The sticks that are plugged in, and the person's last import; it follows an import that runs."""

    def __init__(
        self,
        assistant: Caller,
        *,
        targets: Callable[[], Sequence[tuple[str, str]]],
        on_change: Callable[[], Awaitable[None]],
    ) -> None:
        """`targets` are the shelves onto which files may be put, each a value and its words."""
        self._assistant = assistant
        self._targets = targets
        self._on_change = on_change
        with box("div"):
            button("Look for sticks", self._look, picture="retry")
        self._progress = box("div", aria_live="polite")
        self._disks = box("div", aria_live="polite")
        self._clock = ui.timer(LOOK_AGAIN_SECONDS, self.follow, active=False)

    async def follow(self) -> None:
        """Show how far the import is; look again while it runs."""
        with problems.shown():
            self._told((await self._assistant.disks()).importing)

    def _told(self, importing: Import | None) -> None:
        was_running, self._clock.active = self._clock.active, importing is not None and importing.is_running
        self._progress.clear()
        if importing is not None:
            with self._progress:
                _progress(importing)
        if was_running and not self._clock.active:
            # The files are on their shelf now; the list below follows by itself from here on.
            ui.timer(0, self._on_change, once=True)

    async def _look(self) -> None:
        with problems.shown():
            found = await self._assistant.disks()
            self._told(found.importing)
            self._disks.clear()
            with self._disks:
                if not found.disks:
                    text("p", "No stick is plugged in. Plug one in and look again.", "muted")
                for disk in found.disks:
                    await _Stick(self._assistant, disk, targets=self._targets(), on_taken=self._taken).open("")

    async def _taken(self) -> None:
        self._clock.active = True
        await self.follow()
        await self._on_change()


class _Stick:
    """One stick, of which one folder is shown; what was chosen stays so from folder to folder."""

    def __init__(
        self,
        assistant: Caller,
        disk: Disk,
        *,
        targets: Sequence[tuple[str, str]],
        on_taken: Callable[[], Awaitable[None]],
    ) -> None:
        self._assistant = assistant
        self._disk = disk
        self._on_taken = on_taken
        self._chosen: set[str] = set()
        self._shelf = targets[0][0]
        with box("div", "stack"):
            text("h4", disk.name)
            self._files = box("div", "stack")
            self._count = text("p", "Nothing is chosen yet.", "muted")
            choice("Who may see them?", targets, self._choose_shelf, chosen=self._shelf)
            with box("div"):
                button("Take these", self._take, picture="arrow-right", kind="main")

    async def open(self, folder: str) -> None:
        """Show what lies in a folder of the stick."""
        with problems.shown():
            files = await self._assistant.disk_files(self._disk.id, folder)
            self._files.clear()
            with self._files:
                if folder:
                    above = folder.rpartition("/")[0]
                    text("p", folder, "document-facts")
                    with box("div"):
                        button("Back", lambda: self.open(above), label=f"Back to {above or self._disk.name}")
                if not files:
                    text("p", "There is no file here that could be taken.", "muted")
                for file in files:
                    self._row(file)

    def _row(self, file: OnDisk) -> None:
        name = file.path.rpartition("/")[2]
        with box("div", "stick-row"):
            with box("label", "reader"):
                one = box("input", type="checkbox")
                if file.path in self._chosen:
                    one.props["checked"] = ""
                one.on(
                    "change",
                    lambda event: self._choose(file.path, is_chosen=bool(event.args)),
                    js_handler="(e) => emit(e.target.checked)",
                )
                icon("folder" if file.is_folder else "file")
                text("span", name if file.is_folder else f"{name} · {size(file.size_bytes)}")
            if file.is_folder:
                button("Open", lambda: self.open(file.path), kind="quiet", label=f"Open the folder {name}")

    def _choose(self, path: str, *, is_chosen: bool) -> None:
        if is_chosen:
            self._chosen.add(path)
        else:
            self._chosen.discard(path)
        self._count.text = f"{len(self._chosen)} chosen." if self._chosen else "Nothing is chosen yet."

    def _choose_shelf(self, shelf: str) -> None:
        self._shelf = shelf

    async def _take(self) -> None:
        if not self._chosen:
            problems.tell("Choose files or folders first.")
            return
        with problems.shown():
            await self._assistant.take_from_disk(self._disk.id, sorted(self._chosen), self._shelf)
            problems.tell("They are being taken. The stick is not changed.")
            await self._on_taken()


def _progress(importing: Import) -> None:
    """How far an import is, and what of it could not be taken and why."""
    if importing.is_running:
        bar = box("progress", max="1")
        if importing.total:
            bar.props["value"] = f"{importing.done / importing.total:.3f}"
        bar.props["aria-label"] = f"Progress: taking files from {importing.disk}"
    text("p", told(importing), "document-facts")
    if importing.problems:
        with box("ul", "plain-list"):
            for problem in importing.problems[:MOST_SHOWN]:
                text("li", problem, "document-reason")
            if len(importing.problems) > MOST_SHOWN:
                text("li", f"And {len(importing.problems) - MOST_SHOWN} more.", "document-reason")


def told(importing: Import) -> str:
    """How far an import is, as a sentence."""
    if importing.is_running and not importing.total:
        return f"Looking through {importing.disk}."
    done = f"{importing.done} of {count(importing.total, 'file')} looked at on {importing.disk}"
    return f"{done}." if importing.is_running else f"{done}; that was all that was asked for."
