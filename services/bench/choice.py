"""Decides from what the mesh tells of itself which models are measured on which nodes, and which links; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from services.errors import ServicesError


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A model to be measured."""

    name: str
    digest: str


def members(seen: dict[str, Any]) -> list[dict[str, Any]]:
    """The nodes of the mesh, this one first."""
    found = [node for node in seen["nodes"] if node["standing"] == "member"]
    return sorted(found, key=lambda node: (not node["is_here"], node["name"], node["node_id"]))


def node_problem(node: dict[str, Any]) -> str:
    """Why nothing can be measured on a node, as the end of a sentence; empty where it can."""
    if not node["is_reached"] or node["report"] is None:
        return str(node["problem"] or "was not reached yet")
    if node["report"]["engine"] == "down":
        return "has no language model running now"
    if not node["is_here"] and node["role"] not in {"home", "worker"}:
        return f"is a {node['role']} and computes for nobody else"
    return ""


def model_problem(node: dict[str, Any], model: Model) -> str:
    """Why a model cannot be measured on a node, as the end of a sentence; empty where it can."""
    report = node["report"]
    offer = next((one for one in report["models"] if one["digest"] == model.digest), None)
    if offer is None:
        return "does not have this model"
    if report["room_bytes"] and offer["need_bytes"] > report["room_bytes"]:
        return "has too little memory for this model alone"
    return ""


def models(seen: dict[str, Any], wanted: Sequence[str] = ()) -> list[Model]:
    """The models that are named, or else those in memory anywhere, or else the smallest of each node.

    Raises ServicesError where a name is no model's.
    """
    offers = [offer for node in members(seen) if node["report"] is not None for offer in node["report"]["models"]]
    if wanted:
        return _unique([_named(offers, name) for name in wanted])
    loaded = [offer for offer in offers if offer["is_loaded"]]
    if loaded:
        return _unique(loaded)
    reports = [node["report"] for node in members(seen) if node["report"] is not None and node["report"]["models"]]
    return _unique([min(report["models"], key=lambda offer: offer["size_bytes"]) for report in reports])


def pairs(seen: dict[str, Any]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Every two nodes once, this one first where it is one of them."""
    return list(combinations(members(seen), 2))


def split_models(seen: dict[str, Any], chosen: Sequence[Model]) -> list[Model]:
    """Those of the models that lie on this box, which is where a model over several nodes begins."""
    own = next((node["report"] for node in seen["nodes"] if node["is_here"]), None)
    here = {offer["digest"] for offer in own["models"]} if own else set()
    return [model for model in chosen if model.digest in here] if len(members(seen)) > 1 else []


def _named(offers: Sequence[dict[str, Any]], name: str) -> dict[str, Any]:
    for offer in offers:
        if offer["name"].casefold() == name.casefold() or (len(name) >= 8 and offer["digest"].startswith(name)):
            return offer
    known = ", ".join(sorted({str(offer["name"]) for offer in offers})) or "none"
    raise ServicesError(f"No node has a model “{name}”. There are: {known}.")


def _unique(offers: Sequence[dict[str, Any]]) -> list[Model]:
    return list({offer["digest"]: Model(name=offer["name"], digest=offer["digest"]) for offer in offers}.values())
