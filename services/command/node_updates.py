"""`hearth mesh update`: having other boxes run the newer version that this one keeps; what becomes of it in lines."""

import argparse
from typing import Any

from services.command.local import answered, connected, node_id
from webui.mesh_messages import Mesh
from webui.node_update_wording import update_news


def act_update(given: argparse.Namespace) -> int:
    """Have one node updated, or all that are behind, one after another; or let go those that wait for their turn."""
    with connected(given.data) as client:
        if given.stop:
            seen = answered(client.delete("/api/nodes/update"))
            print("\n".join(["Boxes that waited for their turn are left as they are.", *news(seen)]))
            return 0
        path = f"/api/nodes/{node_id(client, given.node)}/update" if given.node else "/api/nodes/update"
        answered(client.post(path))
    whom = "That box fetches" if given.node else "One box after another fetches"
    print(f"{whom}, checks and installs it, and starts anew; `hearth mesh show` says how far that is.")
    return 0


def news(seen: dict[str, Any]) -> list[str]:
    """What becomes of updates that were wished, a line a node."""
    known = [node for node in seen["nodes"] if node["report"] is None or "version" in node["report"]]
    mesh = Mesh.model_validate({**seen, "nodes": known})
    told = ((node.name, update_news(node, mesh)) for node in mesh.members)
    return [f"{name}: {going or problem}" for name, (going, problem) in told if going or problem]
