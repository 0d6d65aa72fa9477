"""The models of this box as programs see them, and the door to the engine that serves each."""

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal, Protocol

from assistant.engine.completion import TextEngine
from assistant.generation.errors import ModelNotFoundError, UnfitRequestError

FILES: Final = "hearth"
"""The virtual model that answers from the files."""
EMBEDDING: Final = "all-MiniLM-L6-v2"
Kind = Literal["chat", "files", "embedding"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCard:
    """What is known of one model."""

    name: str
    kind: Kind
    file: Path
    context_tokens: int
    """What one request may use here, the answer included."""
    slots: int = 0
    """How many requests it works on side by side here; 0 where that is as many as this PC does."""
    size_bytes: int
    changed_at: datetime
    digest: str
    """SHA-256 of its file, in hex."""
    parent: str = ""
    """The model that a virtual one stands on."""
    metadata: Mapping[str, str] = field(default_factory=dict)
    """As it stands in the GGUF file."""
    license: str = ""
    engines: tuple[str, ...] = ()
    """The engines of other makes that have it, where it is not on this box; such a card has no file."""

    @property
    def is_foreign(self) -> bool:
        """Whether it is not on this box."""
        return bool(self.engines)


@dataclass(frozen=True, slots=True, kw_only=True)
class InMemory:
    """A model that is in memory, and what it takes there."""

    card: ModelCard
    context_tokens: int
    used_bytes: int
    """Of main memory."""
    graphics_bytes: int
    """Of the graphics card; 0 where the processor computes."""
    leaves_in_seconds: float
    """If nobody asks it before."""


class Models(Protocol):
    """The models that programs may name, and the engines behind them."""

    def cards(self) -> Sequence[ModelCard]:
        """Every model, the one that is taken by default first."""
        ...

    async def loaded(self) -> Sequence[InMemory]:
        """Those that are in memory now."""
        ...

    async def load(self, card: ModelCard) -> None:
        """Bring a model into memory; raises `EngineError`."""
        ...

    async def unload(self, card: ModelCard) -> None:
        """Let a model go; raises `ModelInUseError` where it is answering somebody, or `EngineUnavailableError`."""
        ...

    def opened(self, card: ModelCard) -> AbstractAsyncContextManager[TextEngine]:
        """The engine that has this model in memory, kept there as long as the block lasts."""
        ...


def named(models: Models, name: str, *kinds: Kind) -> ModelCard:
    """The model of this name, with or without `:latest` and whatever the case; raises `ModelNotFoundError`.

    Raises `UnfitRequestError` where it is of another kind than those that are wanted.
    """
    wanted = name.strip().removesuffix(":latest").casefold()
    found = next((card for card in models.cards() if card.name.casefold() == wanted), None)
    if found is None:
        raise ModelNotFoundError(name[:200], [card.name for card in models.cards()])
    if found.kind not in kinds:
        fit = [card.name for card in models.cards() if card.kind in kinds]
        raise UnfitRequestError("model", f"The model “{found.name}” cannot do this. Take {' or '.join(fit)}.")
    return found


def digest_of(file: Path) -> str:
    """SHA-256 of a file's bytes, in hex; this reads all of it."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def details(card: ModelCard) -> dict[str, Any]:
    """Format, family, size and quantization, from the file's own metadata."""
    if card.is_foreign:
        return {"format": "", "family": "", "parameter_size": "", "quantization_level": "unknown"}
    if card.kind == "embedding":
        return {"format": "onnx", "family": "bert", "parameter_size": "22.7M", "quantization_level": "INT8"}
    return {
        "format": "gguf",
        "family": card.metadata.get("general.architecture", ""),
        "parameter_size": card.metadata.get("general.size_label", ""),
        "quantization_level": _QUANTIZATIONS.get(card.metadata.get("general.file_type", ""), "unknown"),
    }


# llama.h, enum llama_ftype
_QUANTIZATIONS: Final = {
    "0": "F32",
    "1": "F16",
    "2": "Q4_0",
    "3": "Q4_1",
    "7": "Q8_0",
    "8": "Q5_0",
    "9": "Q5_1",
    "10": "Q2_K",
    "11": "Q3_K_S",
    "12": "Q3_K_M",
    "13": "Q3_K_L",
    "14": "Q4_K_S",
    "15": "Q4_K_M",
    "16": "Q5_K_S",
    "17": "Q5_K_M",
    "18": "Q6_K",
    "25": "IQ4_NL",
    "30": "IQ4_XS",
    "32": "BF16",
}
