"""The page of backups: choose a passphrase, fetch one sealed file with everything; how it comes back."""

from urllib.parse import quote

from fastapi import Request
from nicegui import ui

from webui.components import problems
from webui.components.basics import box, button, icon, text
from webui.components.disk_backup import DiskBackupPanel
from webui.components.frame import frame
from webui.components.problems import notice
from webui.pages.visit import OpenVisit, Visit
from webui.wording import size

SHORTEST = 12


def register(visit: OpenVisit) -> None:
    """Add `/backup`."""

    @ui.page("/backup")
    async def backup(request: Request) -> None:
        here = visit(request)
        chats = await here.assistant.chats()
        with frame("Backup", here="/backup", person=here.person, chats=chats):
            _Backup(here)


class _Backup:
    """What happens on the page."""

    def __init__(self, visit: Visit) -> None:
        self._assistant = visit.assistant
        with box("section", "sheet"):
            text("h1", "Backup", "display")
            if "back_up" in visit.person.may:
                self._whole()
            else:
                notice("Only the owner of this box makes backups, as they hold everybody’s files.", kind="calm")
            self._own()

    def _whole(self) -> None:
        text(
            "p",
            "One sealed file with everything of everybody: files, chats, accounts. It brings this household back onto "
            "another machine.",
            "welcome-lead",
        )
        with box("section", aria_label="Make a backup"), box("div", "stack"):
            self._passphrase = self._field("Passphrase, at least 12 characters, such as four words")
            self._again = self._field("The same once more")
            text("p", "Write it down and keep it apart. Nobody opens the backup without it, you neither.", "hint")
            with box("div"):
                button("Make a backup", self._make, picture="lock", kind="main")
            self._ready = box("div", aria_live="polite")
            DiskBackupPanel(self._assistant, self._typed)
        with box("details", "fold"):
            text("summary", "How it comes back")
            with box("ol"):
                for step in (
                    "Start a new box, or reset this one, and open its page.",
                    "On the set-up page choose “Restore from a backup instead”.",
                    "Type the code from the box’s screen, choose the file or the disk in the box, type the passphrase.",
                    "Sign in with the name and password that you have now.",
                ):
                    text("li", step)

    def _own(self) -> None:
        with box("section", aria_label="Your own files"):
            text("h2", "Only what is yours", "section-title")
            text("p", "Your files and chats in a zip that any PC opens. It is not sealed: keep it safe.", "muted")
            with box("a", "button button-plain", href="/api/me/export", download=""):
                icon("file")
                text("span", "Fetch my files and chats")

    def _field(self, label: str) -> ui.input:
        with box("div", "field"):
            field = ui.input(placeholder=label).props("borderless type=password autocomplete=new-password")
            field.props["aria-label"] = label
        return field

    async def _typed(self) -> str:
        """The passphrase, once it was typed twice alike; then it no longer stands there."""
        typed = str(self._passphrase.value or "")
        if typed != self._again.value:
            problems.tell("The two passphrases differ. Type the same one twice.")
            return ""
        if len(typed) < SHORTEST:
            problems.tell(f"Type the passphrase twice first, at least {SHORTEST} characters.")
            return ""
        self._passphrase.set_value("")
        self._again.set_value("")
        return typed

    async def _make(self) -> None:
        if not (typed := await self._typed()):
            return
        with problems.shown():
            ticket = await self._assistant.make_backup(typed)
            self._ready.clear()
            with self._ready, box("div", "secret"):
                text("p", f"Ready: {size(ticket.size_bytes)}. Fetch it within ten minutes, once.", "secret-words")
                address = f"/api/backups/{quote(ticket.id, safe='')}"
                with box("a", "button button-main", href=address, download=ticket.name):
                    icon("arrow-right")
                    text("span", "Fetch the backup")
