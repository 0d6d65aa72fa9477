"""A field for one line of text."""

from nicegui import ui

from webui.components.basics import box


def field(label: str, example: str, *, longest: int = 200) -> ui.input:
    """The field; `label` is read out, `example` is shown while nothing is typed, `longest` counts characters."""
    with box("div", "field"):
        made = ui.input(placeholder=example).props(f"borderless maxlength={longest}")
        made.props["aria-label"] = label
    return made
