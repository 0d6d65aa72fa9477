"""What is told of the models that lie in this node's folder; reading a file's digest takes a moment."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from assistant.embedding.counting import TOKENS
from assistant.generation.models import EMBEDDING, ModelCard, digest_of


def chat(folder: Path, metadata: Mapping[str, str], context_tokens: int) -> ModelCard:
    """The chat model, named as the build named it, else as its file does."""
    file = folder / "chat.gguf"
    try:
        told = json.loads((folder / "chat.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        told = {}
    name = str(told.get("name") or metadata.get("general.name") or file.stem)
    return ModelCard(
        name="-".join(name.lower().split()),
        kind="chat",
        file=file,
        context_tokens=context_tokens,
        size_bytes=file.stat().st_size,
        changed_at=_changed(file),
        digest=digest_of(file),
        metadata=metadata,
        license=str(told.get("licence") or metadata.get("general.license", "")),
    )


def embedding(folder: Path) -> ModelCard | None:
    """The embedding model; none where it is not installed."""
    file = folder / "embedding" / "model.onnx"
    if not file.exists():
        return None
    return ModelCard(
        name=EMBEDDING,
        kind="embedding",
        file=file,
        context_tokens=TOKENS,
        size_bytes=file.stat().st_size,
        changed_at=_changed(file),
        digest=digest_of(file),
        license="Apache-2.0",
    )


def _changed(file: Path) -> datetime:
    return datetime.fromtimestamp(int(file.stat().st_mtime), UTC)
