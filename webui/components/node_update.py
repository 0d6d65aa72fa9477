"""What the page of nodes shows of a node's version, and the buttons by which the owner has nodes updated."""

from collections.abc import Awaitable, Callable, Sequence

from webui.components.basics import box, button, text
from webui.components.problems import notice
from webui.mesh_messages import Mesh, Node
from webui.node_update_wording import behind, may_be_updated, update_news, version, waiting

Update = Callable[[Sequence[Node]], Awaitable[None]]
"""Asks for these nodes to be updated."""


def update_of(node: Node, mesh: Mesh, update: Update) -> None:
    """The lines and the button of one node."""
    if runs := version(node):
        text("p", runs, "document-facts")
    news, problem = update_news(node, mesh)
    if news:
        text("p", news, "document-facts")
    if problem:
        notice(problem)
    if may_be_updated(node, mesh):
        label = f"Update {node.name} to {mesh.kept_update}"
        with box("div"):
            button(f"Update to {mesh.kept_update}", lambda: update([node]), picture="download", label=label)


def update_of_all(mesh: Mesh, update: Update, stop: Callable[[], Awaitable[object]]) -> None:
    """The button for all, where more than one is behind; and the one that lets go those that wait for their turn."""
    if told := waiting(mesh):
        text("p", told, "muted")
        with box("div", "node-start"):
            button("Stop updating", stop, picture="stop")
    nodes = behind(mesh)
    if len(nodes) > 1:
        with box("div", "node-start"):
            button(f"Update all boxes to {mesh.kept_update}", lambda: update(nodes), picture="download")
