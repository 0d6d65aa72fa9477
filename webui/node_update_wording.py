"""The sentences about the versions of the nodes, and about updates that travel over the mesh; pure functions."""

from collections.abc import Sequence

from firmware.updates.versions import is_newer, version_in
from webui.mesh_messages import Mesh, Node, UpdateTurn, Updating

TAKING_ROLES = frozenset({"worker", "storage"})
PHASES = {
    "fetching": "it fetches it from the home node, {share:.0%}",
    "checking": "it checks it, {share:.0%}",
    "installing": "it installs it, {share:.0%}",
    "waiting": "it is installed",
    "restarting": "it starts anew",
}


def version(node: Node) -> str:
    """What a node runs, such as `Hearth 0.1.0 · keeps the update to 0.2.0`."""
    if node.report is None:
        return ""
    kept = f" · keeps the update to {node.report.update.version}" if node.report.update else ""
    return f"Hearth {node.report.version}{kept}"


def is_behind(node: Node, update: str) -> bool:
    """Whether this version is newer than what the node runs."""
    runs = version_in(node.report.version) if node.report else None
    offered = version_in(update)
    return runs is not None and offered is not None and is_newer(offered, runs)


def may_be_updated(node: Node, mesh: Mesh) -> bool:
    """Whether the owner may begin it now."""
    if not mesh.is_home or node.is_here or not node.is_reached or node.role not in TAKING_ROLES:
        return False
    return is_behind(node, mesh.kept_update) and not _is_going(node)


def behind(mesh: Mesh) -> Sequence[Node]:
    """All that may be updated now."""
    return [node for node in mesh.members if may_be_updated(node, mesh)]


def update_news(node: Node, mesh: Mesh) -> tuple[str, str]:
    """What becomes of a node's update, and what is wrong with it; either may be empty."""
    turn, updating = node.update_turn, node.report.updating if node.report else None
    if turn is not None and turn.stage == "waiting":
        return "Waits for its turn to be updated.", ""
    if turn is not None and turn.stage == "going" and not node.is_reached:
        return _away(turn, updating), ""
    if updating is not None and not updating.problem:
        return _going(updating), ""
    if turn is not None and turn.stage == "going":
        return f"It is being updated to {turn.version}.", ""
    if problem := _problem(node, mesh):
        return "", problem
    if mesh.is_home and node.role == "client" and is_behind(node, mesh.kept_update):
        return f"{mesh.kept_update} is here for it; a client is updated on its own page alone.", ""
    return "", ""


def waiting(mesh: Mesh) -> str:
    """How many wait for their turn, and what becomes of one that has begun; empty where none waits or may be let go."""
    turns = [node.update_turn.stage for node in mesh.members if node.update_turn is not None]
    count = turns.count("waiting")
    if not mesh.is_home or not count:
        return ""
    begun = " One that is being updated already goes on to its end." if "going" in turns else ""
    told = "One box waits for its turn" if count == 1 else f"{count} boxes wait for their turn"
    return f"{told}, and can be left as {'it is' if count == 1 else 'they are'}.{begun}"


def question(nodes: Sequence[Node], update: str) -> str:
    """What is asked before these are updated."""
    whom = f"“{nodes[0].name}”" if len(nodes) == 1 else f"{len(nodes)} boxes"
    return f"Update {whom} to {update}?"


def explanation(nodes: Sequence[Node]) -> str:
    """What will happen."""
    one = (
        "It fetches the update from this box, checks it with its own keys and installs it. Then it waits up to ten "
        "minutes for what is being computed there, and starts anew, which takes a few minutes. If the new version does "
        "not work there, it comes back with the old one by itself."
    )
    return (
        one if len(nodes) == 1 else f"One after another: the next begins once the one before is back. For each: {one}"
    )


def _problem(node: Node, mesh: Mesh) -> str:
    turn, updating, failed = node.update_turn, node.report.updating if node.report else None, _failed(node)
    if turn is not None and turn.stage == "failed" and is_behind(node, turn.version or mesh.kept_update):
        return turn.problem if turn.problem == failed or not turn.version else _not_updated(turn.version, turn.problem)
    return failed if updating is None else _not_updated(updating.version, updating.problem)


def _failed(node: Node) -> str:
    if node.report is None or not node.report.failed_update:
        return ""
    return f"{node.report.failed_update} did not work there; it runs {node.report.version} again."


def _away(turn: UpdateTurn, updating: Updating | None) -> str:
    if updating is not None and updating.phase == "restarting":
        return f"It is being updated to {turn.version} and starts anew, which takes a few minutes."
    return f"It is being updated to {turn.version}, and does not answer now. It goes on once it is back."


def _going(updating: Updating) -> str:
    phase = PHASES.get(updating.phase, "it is under way").format(share=updating.share)
    waits = f" It waits for {updating.waits_for}." if updating.waits_for else ""
    return f"Is being updated to {updating.version}: {phase}.{waits}"


def _not_updated(version: str, problem: str) -> str:
    return f"It was not updated to {version}. {problem}"


def _is_going(node: Node) -> bool:
    if node.update_turn is not None and node.update_turn.stage in {"waiting", "going"}:
        return True
    return node.report is not None and node.report.updating is not None and not node.report.updating.problem
