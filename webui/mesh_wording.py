"""The sentences that the page of nodes says; pure functions."""

from collections.abc import Sequence
from statistics import median

from webui.mesh_messages import Engine, Node, Outcome, Report, Split, Vitals
from webui.wording import count, size

ROLES = {"home": "Home node", "worker": "Worker", "storage": "Storage", "client": "Client"}

ROLE_MEANINGS = {
    "worker": "It computes for the others, and its models can be copied.",
    "storage": "It computes for nobody else, but its models can be copied.",
    "client": "It only asks: it computes for nobody else, and keeps its models to itself.",
}
"""What a node that is let in can be."""


def standing(node: Node) -> str:
    """How a node is reached, such as `Worker · 3 ms away`."""
    role = ROLES.get(node.role, node.role)
    if node.is_here:
        return f"{role} · this box"
    if not node.is_reached:
        return f"{role} · {node.problem or 'does not answer'}"
    return f"{role} · {node.round_trip_ms or 0:.0f} ms away" + (f" · {node.address}" if node.address else "")


def load(report: Report) -> str:
    """How busy a node is."""
    if report.engine == "down":
        return "Its language model is not running"
    if report.engine == "starting":
        return "Its language model is starting"
    waiting = f", {report.waiting} waiting" if report.waiting else ""
    return f"{report.running} of {count(report.slots, 'place')} busy{waiting}"


def models(report: Report) -> str:
    """What it can compute with, whether that is in its memory now, and how fast it was measured to be."""
    told = []
    for model in report.models:
        where = "in memory" if model.is_loaded else "on its disk"
        speed = f"writes {model.decode_rate:.0f}, reads {model.prefill_rate:.0f} tokens/s"
        told.append(f"{model.name} {where} · {speed if model.decode_rate else 'not measured yet'}")
    return "; ".join(told) or "No model"


def twins(node: Node) -> str:
    """What to do where two boxes show one identity; empty where there is one."""
    if not node.twins:
        return ""
    return (
        f"Two boxes show this one's identity, at {' and '.join(node.twins)}: one was started from a copy of the "
        "other's stick. Nothing is asked of either. Switch one of them off, write Hearth anew onto its stick, and let "
        "it in as a box of its own. If you made no copy, remove this node now: somebody else did."
    )


def unused(node: Node, model: str) -> str:
    """Why nothing is asked of a node with the model that answers; empty where it may be."""
    if node.is_here or not node.is_reached or not node.unused_because:
        return ""
    return f"Not asked with “{model}” now: it {node.unused_because}." if model else ""


def bringing(report: Report) -> Sequence[str]:
    """The models that come to a node at the owner's wish, and those that do not."""
    return [
        f"“{one.name}” could not be copied there. {one.problem}"
        if one.problem
        else f"“{one.name}” is being copied there: {one.share:.0%}"
        for one in report.bringing
    ]


def may_be_brought(node: Node) -> bool:
    """Whether the model that answers could be copied there, and is not under way."""
    going = [one for one in node.report.bringing if not one.problem] if node.report else []
    return node.is_reached and node.lacks_model and node.role in {"worker", "storage"} and not going


def left_out(one: Split) -> str:
    """Why some boxes compute no part of a model."""
    told = "; ".join(f"{name} {why}" for name, why in sorted(one.left_out.items()))
    return f"Not used for it: {told}." if told else ""


def links(node: Node, members: Sequence[Node]) -> str:
    """How far each other node is from this one and how much their link carries, such as `Attic 3 ms, 940 Mbit/s`."""
    lags = node.report.lags if node.report else {}
    told = []
    for other in members:
        if other.node_id != node.node_id and other.node_id in lags:
            rate = _bandwidth(node, other) or _bandwidth(other, node)
            carries = f", {_bits(rate)}" if rate else ", not measured yet"
            told.append(f"{other.name} {1000 * lags[other.node_id]:.0f} ms{carries}")
    return f"Links: {'; '.join(told)}" if told else ""


def _bandwidth(one: Node, other: Node) -> float:
    return one.report.bandwidths.get(other.node_id, 0.0) if one.report else 0.0


def _bits(bytes_per_second: float) -> str:
    megabits = 8 * bytes_per_second / 1e6
    if megabits >= 1000:
        return f"{megabits / 1000:.1f} Gbit/s"
    return f"{megabits:.0f} Mbit/s" if megabits >= 10 else f"{megabits:.1f} Mbit/s"


def engine_state(engine: Engine) -> str:
    """How an engine of another make is now."""
    if engine.problem:
        return f"It {engine.problem}."
    first = f"first word after {engine.first_token_ms / 1000:.1f} s" if engine.first_token_ms else "not measured yet"
    busy = f"{count(engine.running, 'request')} of ours there now" if engine.running else "idle"
    return f"{first} · {busy}"


def engine_models(engine: Engine) -> str:
    """What it has, and how fast that was measured to be."""
    told = [
        f"{one.name} · writes {one.decode_rate:.0f} tokens/s" if one.decode_rate else one.name for one in engine.models
    ]
    return "; ".join(told) or "No model"


def engine_place(engine: Engine) -> str:
    """Where it is, and what may go there."""
    where = "Outside this house: what is asked there leaves it" if engine.may_be_away else "In this house"
    files = "questions about files may go there" if engine.may_read_files else "no question about files goes there"
    return f"{where} · {files}"


def machine(vitals: Vitals) -> str:
    """Memory, graphics, disk, heat and battery, as far as they are known."""
    parts = [f"{size(vitals.memory_free_bytes)} of {size(vitals.memory_bytes)} memory free"]
    if vitals.graphics_bytes:
        free, whole = size(vitals.graphics_free_bytes), size(vitals.graphics_bytes)
        parts.append(f"{free} of {whole} free on {vitals.graphics}")
    elif vitals.graphics:
        parts.append(f"{vitals.graphics} computes in that memory")
    parts.append(f"{size(vitals.disk_free_bytes)} disk free")
    if vitals.temperature_celsius is not None:
        parts.append(f"{vitals.temperature_celsius:.0f} °C")
    if vitals.is_throttled:
        parts.append("held back to cool down")
    if vitals.battery_share is not None:
        feed = "runs on it" if vitals.on_battery else "charging" if vitals.is_charging else "plugged in"
        parts.append(f"battery {vitals.battery_share:.0%}, {feed}")
    elif vitals.on_battery:
        parts.append("runs on its battery")
    return " · ".join(parts)


def split(one: Split) -> str:
    """What a model that no node can hold does over several."""
    if one.state == "refused":
        return f"Not run over several boxes. {one.refusal}"
    speed = f"about {one.tokens_per_second or 0:.2g} tokens/s"
    if one.state == "possible":
        return f"Would run over {one.where}, {speed}. Ask it something and it is loaded."
    shares = ", ".join(f"{count(layers, 'layer')} on {name}" for name, layers in one.layers)
    if one.state == "loading":
        return f"Is being loaded over {one.where}: {shares}."
    return f"Runs over {one.where}, {speed}: {shares}."


def clock(seconds_ahead: float) -> str:
    """A wrong clock in words."""
    hours = abs(seconds_ahead) / 3600
    amount = f"{hours:.0f} hours" if hours >= 2 else f"{abs(seconds_ahead) / 60:.0f} minutes"
    return f"Its clock is {amount} {'ahead of' if seconds_ahead > 0 else 'behind'} this box's."


def left(seconds: float) -> str:
    """What is left of the five minutes, such as `4:05`."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"


def prediction(outcomes: Sequence[Outcome]) -> str:
    """How good the predictions have been."""
    good = [one for one in outcomes if one.ok and one.seconds > 0]
    if not good:
        return "No request has been placed yet."
    errors = sorted(abs(one.predicted_seconds - one.seconds) / one.seconds for one in good)
    return f"Of the last {count(len(good), 'request')}, half were predicted to within {errors[len(errors) // 2]:.0%}."


def predictions(outcomes: Sequence[Outcome]) -> Sequence[str]:
    """The same for each node that computed something, those with the most requests first."""
    by_node: dict[str, list[Outcome]] = {}
    for one in outcomes:
        by_node.setdefault(one.name, []).append(one)
    told = []
    for name, of_node in sorted(by_node.items(), key=lambda item: -len(item[1])):
        good = [one for one in of_node if one.ok and one.seconds > 0]
        failed = f", {len(of_node) - len(good)} failed" if len(of_node) > len(good) else ""
        if good:
            errors = [abs(one.predicted_seconds - one.seconds) / one.seconds for one in good]
            predicted, took = median(one.predicted_seconds for one in good), median(one.seconds for one in good)
            told.append(
                f"{name}: {count(len(good), 'request')}, {predicted:.1f} s predicted and {took:.1f} s taken in the "
                f"middle, off by {median(errors):.0%}{failed}"
            )
        else:
            told.append(f"{name}: {count(len(of_node), 'request')}, all failed")
    return told


def outcome(one: Outcome) -> str:
    """One request in a line: what was predicted, what came, and why it ran there."""
    ending = f"took {one.seconds:.1f} s" if one.ok else f"failed after {one.seconds:.1f} s"
    return f"{one.name}: {one.predicted_seconds:.1f} s predicted, {ending}. {one.reason}"
