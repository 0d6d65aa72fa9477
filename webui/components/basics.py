"""Plain building blocks: native HTML elements whose text is always text, an icon, a button."""

from collections.abc import Callable
from typing import Any

from nicegui import ui
from nicegui.elements.mixins.text_element import TextElement


def text(tag: str, words: str, classes: str = "") -> TextElement:
    """An element with words in it; they are shown as they are, never read as HTML."""
    return TextElement(tag=tag, text=words).classes(classes)


def box(tag: str = "div", classes: str = "", **attributes: str) -> ui.element:
    """An element to put others into. An attribute's value is data; `aria_label` becomes `aria-label`."""
    made = ui.element(tag).classes(classes)
    for name, value in attributes.items():
        made.props[name.rstrip("_").replace("_", "-")] = value
    return made


def icon(name: str, classes: str = "") -> ui.element:
    """A picture from `static/icons.svg`, hidden from screen readers: words stand beside it, or label its button."""
    with box("svg", f"icon {classes}", aria_hidden="true", focusable="false") as made:
        box("use", href=f"/static/icons.svg#{name}")
    return made


def button(
    words: str,
    on_click: Callable[[], Any],
    *,
    picture: str = "",
    kind: str = "plain",
    label: str = "",
) -> ui.element:
    """A native button; `kind` is plain, main, quiet or alarm. Without words it needs a `label`."""
    shape = f"button button-{kind}" + ("" if words else " button-icon")
    made = box("button", shape, type="button")
    if label:
        made.props["aria-label"] = label
        made.props["title"] = label
    with made:
        if picture:
            icon(picture)
        if words:
            text("span", words)
    made.on("click", lambda: on_click(), args=[])
    return made


def link(words: str, address: str, *, picture: str = "", classes: str = "", current: bool = False) -> ui.element:
    """A link to another page of ours."""
    made = box("a", classes, href=address)
    if current:
        made.props["aria-current"] = "page"
    with made:
        if picture:
            icon(picture)
        text("span", words)
    return made
