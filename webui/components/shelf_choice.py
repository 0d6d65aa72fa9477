"""A choice of one shelf, as a native select."""

from collections.abc import Callable, Sequence
from typing import Any

from nicegui import ui

from webui.components.basics import box, button, text
from webui.library_messages import Shelf


def shelf_words(shelf: Shelf, me: str) -> str:
    """What a shelf is called by the one who looks at it."""
    if shelf.id == f"private-{me}":
        return "Only me"
    if shelf.id == "household":
        return "The household"
    if shelf.person_id is None:
        return f"{shelf.name} (household)"
    if shelf.person_id != me:
        return f"{shelf.name} (shared with you)"
    return f"{shelf.name} ({'shared' if shelf.readers else 'only me'})"


def choice(
    label: str, options: Sequence[tuple[str, str]], on_change: Callable[[str], Any], *, chosen: str = ""
) -> ui.element:
    """One of the options, each a value and its words."""
    with box("label", "pick") as made:
        text("span", label, "pick-label")
        with box("select", "pick-select") as select:
            for value, words in options:
                option = text("option", words)
                option.props["value"] = value
                if value == chosen:
                    option.props["selected"] = ""
    select.on("change", lambda event: on_change(str(event.args)), js_handler="(e) => emit(e.target.value)")
    return made


async def chosen(question: str, label: str, options: Sequence[tuple[str, str]], *, now: str) -> str:
    """Ask for one of the options; empty where the person changed their mind."""
    value = now

    def choose(picked: str) -> None:
        nonlocal value
        value = picked

    with ui.dialog() as dialog, box("div", "question", role="dialog"):
        text("h2", question, "question-title")
        choice(label, options, choose, chosen=now)
        with box("div", "question-buttons"):
            button("Leave it", lambda: dialog.submit(""))
            button("Put it there", lambda: dialog.submit(value), kind="main")
    answer = await dialog
    dialog.delete()
    return str(answer or "")
