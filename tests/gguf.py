"""Writes GGUF files for tests: whole ones that no engine needs to run, and a real model under other names."""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from image.build import models

STRING, ARRAY, UINT32, FLOAT32 = 8, 9, 4, 6
Q4_0, F32 = 2, 0


def real_model() -> Path:
    """The chat model that the product comes with."""
    return models.folder() / "chat.gguf"


def text(value: str | bytes) -> bytes:
    """A string as GGUF writes it."""
    content = value.encode() if isinstance(value, str) else value
    return struct.pack("<Q", len(content)) + content


def entry(key: str, value: Any) -> bytes:
    """One key with its value."""
    return text(key) + _value(value)


@dataclass(frozen=True)
class Raw:
    """Bytes that stand where a value would: its type and what follows."""

    content: bytes


def _value(value: Any) -> bytes:
    match value:
        case Raw():
            return value.content
        case str():
            return struct.pack("<I", STRING) + text(value)
        case int():
            return struct.pack("<II", UINT32, value)
        case float():
            return struct.pack("<If", FLOAT32, value)
        case [str(), *_]:
            return struct.pack("<IIQ", ARRAY, STRING, len(value)) + b"".join(map(text, value))
        case _:
            return struct.pack("<IIQ", ARRAY, UINT32, len(value)) + struct.pack(f"<{len(value)}I", *value)


METADATA: dict[str, Any] = {
    "general.architecture": "llama",
    "general.name": "Tiny",
    "llama.block_count": 2,
    "llama.context_length": 4096,
    "llama.embedding_length": 64,
    "llama.attention.head_count": 4,
    "llama.attention.head_count_kv": 2,
    "tokenizer.ggml.tokens": ["a", "b", "c"],
}
TENSORS: tuple[tuple[str, tuple[int, ...], int], ...] = (
    ("token_embd.weight", (64, 3), F32),
    ("blk.0.ffn_up.weight", (64, 64), Q4_0),
)


def written(
    metadata: Mapping[str, Any] | None = None,
    tensors: Sequence[tuple[str, tuple[int, ...], int]] = TENSORS,
    *,
    magic: bytes = b"GGUF",
    version: int = 3,
    tensor_count: int | None = None,
    key_count: int | None = None,
    offsets: Sequence[int] | None = None,
) -> bytes:
    """A GGUF file; what is given in words like `tensor_count` stands there in place of the truth."""
    entries = {**METADATA, **(metadata or {})}
    entries = {key: value for key, value in entries.items() if value is not None}
    head = magic + struct.pack(
        "<IQQ",
        version,
        len(tensors) if tensor_count is None else tensor_count,
        len(entries) if key_count is None else key_count,
    )
    head += b"".join(entry(key, value) for key, value in entries.items())
    data = b""
    for number, (name, dimensions, kind) in enumerate(tensors):
        offset = len(data) if offsets is None else offsets[number]
        head += text(name) + struct.pack("<I", len(dimensions)) + struct.pack(f"<{len(dimensions)}Q", *dimensions)
        head += struct.pack("<IQ", kind, offset)
        data += b"\1" * _padded(_size(dimensions, kind))
    return head + b"\0" * (_padded(len(head)) - len(head)) + data


def _size(dimensions: Sequence[int], kind: int) -> int:
    elements = 1
    for size in dimensions:
        elements *= size
    return elements // 32 * 18 if kind == Q4_0 else elements * 4


def _padded(size: int) -> int:
    return -(-size // 32) * 32
