"""The form by which a person changes the own password."""

from nicegui import ui

from webui.assistant_client import Caller
from webui.components import problems
from webui.components.basics import box, button, text


def password_change(assistant: Caller) -> None:
    """Old, new, and once more."""
    with box("section", aria_label="Your password"):
        text("h2", "Your password", "section-title")
        with box("div", "stack"):
            old = _secret("Password that you have now", "current-password")
            new = _secret("New password, at least 8 characters", "new-password")
            again = _secret("The new one once more", "new-password")

            async def change() -> None:
                if new.value != again.value:
                    problems.tell("The two new passwords differ. Type the same one twice.")
                    return
                with problems.shown():
                    await assistant.change_password(old=old.value or "", new=new.value or "")
                    for field in (old, new, again):
                        field.set_value("")
                    problems.tell("Your password is changed. Other devices are signed out.")

            with box("div"):
                button("Change my password", change)


def _secret(label: str, kind: str) -> ui.input:
    with box("div", "field"):
        field = ui.input(placeholder=label).props(f"borderless type=password autocomplete={kind} maxlength=256")
        field.props["aria-label"] = label
    return field
