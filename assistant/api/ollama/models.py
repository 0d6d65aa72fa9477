"""What Ollama's programs are told of the models; pure."""

from datetime import datetime, timedelta
from typing import Any, Final

from assistant.api.ollama.told import stamp
from assistant.generation.models import InMemory, ModelCard, details

Json = dict[str, Any]
VERSION: Final = "0.12.6"
"""Whose API this dialect follows; programs look at it to see what they may ask for."""


def full_name(card: ModelCard) -> str:
    """The name with the tag that Ollama puts on each; models of other engines may bring one of their own."""
    return card.name if ":" in card.name.rpartition("/")[2] else f"{card.name}:latest"


def listed(card: ModelCard) -> Json:
    """A model in `/api/tags`."""
    return {
        "name": full_name(card),
        "model": full_name(card),
        "modified_at": stamp(card.changed_at),
        "size": card.size_bytes,
        "digest": card.digest,
        "details": _details(card),
    }


def running(one: InMemory, now: datetime) -> Json:
    """A model in `/api/ps`: how much it takes of both memories, and when it leaves if nobody asks it before."""
    told = listed(one.card)
    del told["modified_at"]
    return {
        **told,
        "size": one.used_bytes + one.graphics_bytes,
        "expires_at": stamp(now + timedelta(seconds=one.leaves_in_seconds)),
        "size_vram": one.graphics_bytes,
        "context_length": one.context_tokens,
    }


def shown(card: ModelCard, *, verbose: bool) -> Json:
    """All that is known of a model, from its own file."""
    metadata = {
        name: _typed(value) for name, value in card.metadata.items() if verbose or not name.startswith("tokenizer.")
    }
    architecture = card.metadata.get("general.architecture")
    if architecture and card.context_tokens:
        metadata[f"{architecture}.context_length"] = card.context_tokens  # programs ask for as much as they read here
    room = f"num_ctx {card.context_tokens}" if card.context_tokens else ""
    return {
        "license": card.license,
        "modelfile": f"FROM {card.parent or card.name}\n" + (f"PARAMETER {room}\n" if room else ""),
        "parameters": room,
        "template": card.metadata.get("tokenizer.chat_template", ""),
        "details": _details(card),
        "model_info": metadata,
        "capabilities": {"chat": ["completion", "tools"], "files": ["completion"], "embedding": ["embedding"]}[
            card.kind
        ],
        "modified_at": stamp(card.changed_at),
    }


def _details(card: ModelCard) -> Json:
    told = details(card)
    return {"parent_model": card.parent, "families": [told["family"]], **told}


def _typed(value: str) -> str | int | float | bool:
    """A value of the file's head, which the binding gives as text, as the number it was."""
    if value in {"true", "false"}:
        return value == "true"
    for kind in (int, float):
        try:
            return kind(value)
        except ValueError:
            continue
    return value
