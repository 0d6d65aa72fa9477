"""Asks for the person's password before something large is lost."""

from nicegui import ui

from webui.components.basics import box, button, text


async def confirmed_with_password(question: str, explanation: str, *, deed: str) -> str:
    """The password that was typed; empty where the person kept it."""
    with ui.dialog() as dialog, box("div", "question", role="alertdialog"):
        text("h2", question, "question-title")
        text("p", explanation, "muted")
        with box("div", "field"):
            field = ui.input(placeholder="Your password").props(
                "borderless type=password autocomplete=current-password maxlength=256"
            )
            field.props["aria-label"] = "Your password"
        with box("div", "question-buttons"):
            button("Keep it", lambda: dialog.submit(""))
            button(deed, lambda: dialog.submit(field.value or ""), kind="alarm", picture="trash")
    answer = await dialog
    dialog.delete()
    return str(answer or "")
