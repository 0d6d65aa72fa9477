"""Lines to copy, with a button that copies them."""

from nicegui import ui

from webui.components.basics import box, button, text
from webui.components.problems import tell


def copyable(code: str, *, label: str) -> None:
    """The lines as they are, and a button; `label` says what is copied."""

    def copy() -> None:
        ui.clipboard.write(code)
        tell("Copied.")

    with box("div", "copied"):
        text("pre", code, "code")
        button("", copy, picture="copy", kind="quiet", label=f"Copy {label}")
