"""A choice of what a node is in the mesh, each with what that means."""

from collections.abc import Callable
from typing import Final

from nicegui import ui

from webui.components.basics import box, button, text
from webui.components.shelf_choice import choice
from webui.mesh_messages import Node
from webui.mesh_wording import ROLE_MEANINGS, ROLES

MEMBER_ROLES: Final = tuple((role, ROLES[role]) for role in ROLE_MEANINGS)


def role_choice(chosen: str, on_change: Callable[[str], None]) -> None:
    """The roles in a list, and below what the one that is chosen means."""
    choice("What it is here", MEMBER_ROLES, lambda picked: show(picked), chosen=chosen)
    meaning = text("p", ROLE_MEANINGS.get(chosen, ""), "hint")

    def show(picked: str) -> None:
        meaning.text = ROLE_MEANINGS[picked]
        on_change(picked)


async def asked_role(node: Node) -> str:
    """Ask what this node is to be; empty where the person changed their mind or left it as it is."""
    value = node.role

    def choose(picked: str) -> None:
        nonlocal value
        value = picked

    with ui.dialog() as dialog, box("div", "question", role="dialog"):
        text("h2", f"What is “{node.name}” to do?", "question-title")
        role_choice(node.role, choose)
        text("p", "It holds from the next request on; what runs there now is finished.", "muted")
        with box("div", "question-buttons"):
            button("Leave it", lambda: dialog.submit(""))
            button("Change it", lambda: dialog.submit(value), kind="main")
    answer = str(await dialog or "")
    dialog.delete()
    return "" if answer == node.role else answer
