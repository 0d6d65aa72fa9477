"""The frame that every page shares: side bar with the ways through the house, and the page's own room."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from urllib.parse import quote

from nicegui import ui

from webui.chat_messages import Chat
from webui.components.basics import box, icon, link, text
from webui.household_messages import Person

WAYS = (
    ("Ask", "/", "chat"),
    ("Jobs", "/jobs", "clock"),
    ("Library", "/library", "books"),
    ("People", "/people", "people"),
    ("Models", "/models", "brain"),
    ("Programs", "/keys", "key"),
    ("Nodes", "/nodes", "nodes"),
    ("Backup", "/backup", "box"),
    ("System", "/system", "gauge"),
)

# All of this happens in the browser: a menu must open while the network is slow.
_TOGGLE = "() => document.body.classList.toggle('menu-open')"
_CLOSE = "() => document.body.classList.remove('menu-open')"


class Earlier:
    """The list of earlier chats in the side bar, which a page can bring up to date."""

    def __init__(self) -> None:
        self._list = box("nav", "earlier", aria_label="Earlier questions")

    def show(self, chats: Sequence[Chat], open_chat: str) -> None:
        """Draw the list anew, with the open chat marked."""
        self._list.clear()
        with self._list:
            if chats:
                text("h2", "Earlier", "side-title")
            with box("ul", "plain-list"):
                for chat in chats:
                    title, address = chat.title or "New question", f"/chat/{quote(chat.id, safe='')}"
                    with box("li"):
                        link(title, address, classes="chat-link", current=chat.id == open_chat)


@contextmanager
def frame(
    title: str, *, here: str, person: Person, chats: Sequence[Chat] = (), open_chat: str = ""
) -> Iterator[Earlier]:
    """Draw the frame; what is built inside goes into the page's main room. `here` is the current way's address."""
    ui.page_title(f"{title} · Hearth")
    box("a", "skip", href="#main")
    with box("div", "house"):
        with box("header", "topbar"):
            _menu_button("Open the menu", "menu")
            with box("a", "brand", href="/", aria_label="Hearth, ask a question"):
                box("img", src="/static/flame.svg", alt="", width="26", height="26")
                text("span", "Hearth")
        earlier = _side(here, person)
        earlier.show(chats, open_chat)
        box("div", "scrim", aria_hidden="true").on("click", js_handler=_CLOSE)
        with box("main", "room", id="main", tabindex="-1"):
            yield earlier


def _side(here: str, person: Person) -> Earlier:
    with box("aside", "side", id="side", aria_label="Menu") as side:
        with box("div", "side-head"):
            with box("a", "brand", href="/", aria_label="Hearth, ask a question"):
                box("img", src="/static/flame.svg", alt="", width="30", height="30")
                text("span", "Hearth")
            _menu_button("Close the menu", "close", "side-close")
        with box("nav", "ways", aria_label="Pages"):
            for words, address, picture in WAYS:
                link(words, address, picture=picture, classes="way", current=address == here)
        earlier = Earlier()
        _person(person)
    side.on("keydown.esc", js_handler=_CLOSE)
    return earlier


def _person(person: Person) -> None:
    with box("div", "side-foot"):
        text("span", person.name[:1].upper(), "initial").props["aria-hidden"] = "true"
        text("span", person.name, "person")
        with (
            box("form", method="post", action="/logout"),
            box("button", "button button-quiet button-icon", type="submit", aria_label="Sign out", title="Sign out"),
        ):
            icon("out")


def _menu_button(label: str, picture: str, classes: str = "") -> None:
    made = box("button", f"button button-quiet button-icon menu-button {classes}", type="button", aria_label=label)
    made.props["aria-controls"] = "side"
    with made:
        icon(picture)
    made.on("click", js_handler=_TOGGLE)
