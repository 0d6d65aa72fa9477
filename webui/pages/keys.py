"""The page of programs: make a key, see it once, see when each was used, take it back; and what to type."""

from collections.abc import Sequence

from fastapi import Request
from nicegui import ui

from webui.components import problems
from webui.components.basics import box, button, icon, text
from webui.components.code import copyable
from webui.components.confirm import confirmed
from webui.components.frame import frame
from webui.household_messages import Key
from webui.pages.visit import OpenVisit, Visit
from webui.snippets import PLACEHOLDER, snippets, trust
from webui.wording import key_facts


def register(visit: OpenVisit) -> None:
    """Add `/keys`."""

    @ui.page("/keys")
    async def keys(request: Request) -> None:
        here = visit(request)
        chats, held, models = await here.assistant.chats(), await here.assistant.keys(), await here.assistant.models()
        with frame("Programs", here="/keys", person=here.person, chats=chats):
            _Programs(here, held, models, address=f"https://{request.headers.get('host', '')}")


class _Programs:
    """What happens on the page."""

    def __init__(self, visit: Visit, held: Sequence[Key], models: Sequence[str], *, address: str) -> None:
        self._assistant = visit.assistant
        self._address = address
        with box("section", "sheet"):
            text("h1", "Programs", "display")
            text(
                "p",
                "Any program that speaks OpenAI, Anthropic or Ollama can use this box. Give each a key of its own: it "
                "sees what you see, and nobody else's files.",
                "welcome-lead",
            )
            self._form()
            self._secret = box("div", aria_live="polite")
            with box("section", aria_label="Your keys"):
                text("h2", "Your keys", "section-title")
                self._list = box("div")
            with box("section", aria_label="What to type"):
                text("h2", "What to type", "section-title")
                text("p", f"The models are {_and(models)}. The first one answers from your files.", "muted")
                self._snippets = box("div", "snippets")
        self._draw(held)
        self._draw_snippets(PLACEHOLDER)

    def _form(self) -> None:
        with box("div", "new-key"):
            with box("div", "field"):
                self._name = ui.input(placeholder="What is it for? Such as “editor”").props("borderless maxlength=60")
                self._name.props["aria-label"] = "Name of the new key"
                self._name.on("keydown.enter", self._make, args=[])
            button("Make a key", self._make, picture="plus", kind="main")

    async def _make(self) -> None:
        name = (self._name.value or "").strip()
        if not name:
            problems.tell("Give the key a name first, such as that of the program that will use it.")
            return
        with problems.shown():
            made = await self._assistant.make_key(name)
            self._name.set_value("")
            self._secret.clear()
            with self._secret, box("div", "secret"):
                text("p", f"The key for “{made.name}”. Copy it now: it is shown this once.", "secret-words")
                copyable(made.secret, label="the key")
            self._draw_snippets(made.secret)
            self._draw(await self._assistant.keys())

    async def _revoke(self, key: Key) -> None:
        explanation = "The program that uses it is refused from now on. This cannot be undone; you can make a new key."
        if await confirmed(f"Take back “{key.name}”?", explanation, deed="Take it back"):
            with problems.shown():
                await self._assistant.revoke_key(key.id)
                self._secret.clear()
                self._draw_snippets(PLACEHOLDER)
                self._draw(await self._assistant.keys())

    def _draw(self, held: Sequence[Key]) -> None:
        self._list.clear()
        with self._list:
            if not held:
                text("p", "There are none yet.", "muted")
                return
            with box("ul", "plain-list documents"):
                for key in held:
                    self._row(key)

    def _row(self, key: Key) -> None:
        with box("li", "document"):
            with box("span", "document-picture", aria_hidden="true"):
                icon("key")
            with box("div", "document-words"):
                text("h3", key.name, "document-name")
                text("p", key_facts(key), "document-facts")
            with box("div", "document-deeds"):
                button("", lambda: self._revoke(key), picture="trash", kind="quiet", label=f"Take back {key.name}")

    def _draw_snippets(self, key: str) -> None:
        self._snippets.clear()
        with self._snippets:
            for number, snippet in enumerate(snippets(self._address, key)):
                with box("details", "fold", **({"open": ""} if number == 0 else {})):
                    text("summary", snippet.title)
                    copyable(snippet.code, label=f"the lines for {snippet.title}")
            with box("details", "fold"):
                text("summary", "Before the first call: trust this box")
                text(
                    "p",
                    "The box made its own certificate. Fetch it once, compare its fingerprint with the one on the "
                    "box's screen, and tell your programs to trust it:",
                    "muted",
                )
                copyable(trust(self._address), label="the lines that trust this box")


def _and(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)
