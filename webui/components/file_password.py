"""Asks for the password of a locked file."""

from nicegui import ui

from webui.components.basics import box, button, text


async def file_password(name: str) -> str:
    """The password that was typed; empty where there was none."""
    with ui.dialog() as dialog, box("div", "question", role="dialog"):
        text("h2", f"The password of “{name}”", "question-title")
        text("p", "It is kept sealed beside the file, so that its pages can be shown, and goes with the file.", "muted")
        with box("div", "field"):
            field = ui.input(placeholder="Password of this file").props(
                "borderless type=password autocomplete=off maxlength=1000"
            )
            field.props["aria-label"] = "Password of this file"
            field.on("keydown.enter", lambda: dialog.submit(field.value or ""), args=[])
        with box("div", "question-buttons"):
            button("Not now", lambda: dialog.submit(""))
            button("Open it", lambda: dialog.submit(field.value or ""), kind="main", picture="lock")
    answer = await dialog
    dialog.delete()
    return str(answer or "")
