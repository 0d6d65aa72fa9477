"""Asks before something is lost."""

from nicegui import ui

from webui.components.basics import box, button, text


async def confirmed(
    question: str,
    explanation: str,
    *,
    deed: str,
    keep: str = "Keep it",
    picture: str = "trash",
    kind: str = "alarm",
) -> bool:
    """Whether the person pressed the button that says the deed; closing the question means no."""
    with ui.dialog() as dialog, box("div", "question", role="alertdialog"):
        text("h2", question, "question-title")
        text("p", explanation, "muted")
        with box("div", "question-buttons"):
            button(keep, lambda: dialog.submit(False))
            button(deed, lambda: dialog.submit(True), kind=kind, picture=picture)
    answer = await dialog
    dialog.delete()
    return bool(answer)
