"""The system page: what this box is called, how to reach it, whether its parts are awake, and newer versions of it."""

from fastapi import Request
from nicegui import ui

from webui.components.basics import box, text
from webui.components.frame import frame
from webui.components.problems import notice
from webui.components.update_panel import UpdatePanel
from webui.mesh_client import MeshClient, MeshStatus
from webui.pages.visit import OpenVisit

ENGINE = {
    "ready": "Awake and ready",
    "starting": "Starting; questions can already be asked and wait for it",
    "down": "Not running; passages are found, but no sentences are written",
}
UNKNOWN = "Not known right now"


def register(visit: OpenVisit, mesh: MeshClient) -> None:
    """Add `/system`."""

    @ui.page("/system")
    async def system(request: Request) -> None:
        here = visit(request)
        chats, health, node = await here.assistant.chats(), await here.assistant.health(), await mesh.status()
        updates = await here.assistant.updates() if here.person.role == "owner" else None
        with frame("System", here="/system", person=here.person, chats=chats), box("section", "sheet"):
            text("h1", "System", "display")
            if node is None:
                notice(
                    "The part that makes this box known on the network does not answer. Reload in a moment.",
                    kind="calm",
                )
            elif node.problem:
                notice(node.problem, kind="calm")
            _facts("This box", this_box(node, request.headers.get("host", "")))
            _facts(
                "Answering",
                {"Hearth": f"Version {health.version}", "Language model": ENGINE.get(health.engine, UNKNOWN)},
            )
            if updates:
                UpdatePanel(here.assistant, updates)
            if node:
                _facts("Identity", {"Node": node.node_id, "Fingerprint": node.fingerprint})


def this_box(node: MeshStatus | None, host: str) -> dict[str, str]:
    """The box's name and addresses, as far as they are known."""
    announced = node.announced_as.removesuffix(".local") if node and node.announced_as else None
    return {
        "Name": node.name if node else UNKNOWN,
        "Address in this house": f"https://{announced}.local" if announced else "Not announced on the network",
        "You came by": f"https://{host}",
    }


def _facts(title: str, facts: dict[str, str]) -> None:
    with box("section", "facts"):
        text("h2", title, "section-title")
        with box("dl"):
            for name, value in facts.items():
                with box("div", "fact"):
                    text("dt", name)
                    text("dd", value)
