"""What of a model decides how much memory it takes and how fast it writes; from its file's head, or the catalogue."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from assistant.models.errors import UnfitModelError
from assistant.models.gguf import Head, Value

_NO_WRITERS: Final = {
    "bert": "makes vectors of texts",
    "clip": "sees pictures for another model",
    "modern-bert": "makes vectors of texts",
    "jina-bert-v2": "makes vectors of texts",
    "nomic-bert": "makes vectors of texts",
    "nomic-bert-moe": "makes vectors of texts",
    "neo-bert": "makes vectors of texts",
    "eurobert": "makes vectors of texts",
    "t5encoder": "makes vectors of texts",
    "wavtokenizer-dec": "makes sounds",
}
_KV_BYTES: Final = 2
"""Keys and values are kept as 16-bit numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFacts:
    """The sizes of one model."""

    parameters: int
    weight_bytes: int
    active_bytes: int
    """Weights that are read for each token; fewer than all where experts take turns."""
    layers: int
    kv_bytes_per_token: int
    """What one token of a conversation takes in memory."""
    width: int
    """Numbers that stand for one token between the layers."""
    vocabulary: int
    trained_context: int
    """The longest conversation that it was made for."""


def facts_of(head: Head) -> ModelFacts:
    """The facts in a checked head; raises `UnfitModelError` where they cannot be true or it is no model that writes."""
    metadata = head.metadata
    architecture = metadata.get("general.architecture")
    if not isinstance(architecture, str) or not architecture:
        raise UnfitModelError("This GGUF file does not say what kind of model it is, so it cannot be run.")
    if architecture in _NO_WRITERS:
        message = f"This model {_NO_WRITERS[architecture]} and writes none. Choose one that chats."
        raise UnfitModelError(message)
    if _whole(metadata, "split.count", 1) > 1:
        raise UnfitModelError(
            "This is one part of a model that is spread over several files. Choose a model that is one file."
        )
    layers = _whole(metadata, f"{architecture}.block_count", 0)
    width = _whole(metadata, f"{architecture}.embedding_length", 0)
    if not 0 < layers <= 1_000 or not 0 < width <= 1_000_000:
        raise UnfitModelError("This GGUF file does not say how its layers are made, so it cannot be run.")
    return ModelFacts(
        parameters=sum(tensor.elements for tensor in head.tensors),
        weight_bytes=sum(tensor.size_bytes for tensor in head.tensors),
        active_bytes=_active(head, architecture),
        layers=layers,
        kv_bytes_per_token=_kv_bytes(metadata, architecture, layers, width),
        width=width,
        vocabulary=_vocabulary(head),
        trained_context=_whole(metadata, f"{architecture}.context_length", 2048),
    )


def _vocabulary(head: Head) -> int:
    words = head.counts.get("tokenizer.ggml.tokens", 0)
    if not words:
        raise UnfitModelError("This model has no words of its own, so it cannot write. Choose another file.")
    for name in ("scores", "token_type"):
        if head.counts.get(f"tokenizer.ggml.{name}", words) != words:
            raise UnfitModelError("This model's list of words does not fit together. The file is damaged.")
    for name in ("bos", "eos", "unknown", "padding"):
        number = head.metadata.get(f"tokenizer.ggml.{name}_token_id", 0)
        if not isinstance(number, int) or (number >= words and number != 2**32 - 1):
            raise UnfitModelError("This model names a word that it does not have. The file is damaged.")
    return words


def _active(head: Head, architecture: str) -> int:
    """Bytes of weights that one token needs."""
    experts = _whole(head.metadata, f"{architecture}.expert_count", 0)
    used = _whole(head.metadata, f"{architecture}.expert_used_count", 0)
    share = min(1.0, used / experts) if experts and used else 1.0
    looked_up = "token_embd.weight" if any(one.name == "output.weight" for one in head.tensors) else ""
    return round(
        sum(
            one.size_bytes * (share if "_exps." in one.name else 1.0)
            for one in head.tensors
            if one.name != looked_up  # one row of it alone is read
        )
    )


def _kv_bytes(metadata: Mapping[str, Value], architecture: str, layers: int, width: int) -> int:
    heads = max(1, _largest(metadata, f"{architecture}.attention.head_count", 1))
    given = metadata.get(f"{architecture}.attention.head_count_kv")
    kv_heads = sum(given) if isinstance(given, tuple) else layers * (given if isinstance(given, int) else heads)
    key = _whole(metadata, f"{architecture}.attention.key_length", width // heads)
    value = _whole(metadata, f"{architecture}.attention.value_length", width // heads)
    return kv_heads * (key + value) * _KV_BYTES


def _whole(metadata: Mapping[str, Value], key: str, otherwise: int) -> int:
    value = metadata.get(key, otherwise)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**40:
        message = f"This GGUF file is damaged: its “{key}” is no number that can be true."
        raise UnfitModelError(message)
    return value


def _largest(metadata: Mapping[str, Value], key: str, otherwise: int) -> int:
    value = metadata.get(key)
    return max(value, default=otherwise) if isinstance(value, tuple) else _whole(metadata, key, otherwise)
