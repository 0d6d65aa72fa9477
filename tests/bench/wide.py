"""Writes a model of the size that a household would really split: the shape of SmolLM2-1.7B, weights drawn at random.

How long a token takes depends on the shape and the form of the weights, not on what they say; and no model of this size
can be fetched here. Shape: SmolLM2-1.7B's config.json; words and everything else: the head of the product's own model.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

from assistant.generation.models import digest_of
from tests import gguf

_Q8_0: Final = 8
_BLOCK: Final = 32
_LAYERS, _WIDTH, _INNER, _HEADS, _WORDS = 24, 2048, 8192, 32, 49152
_SHAPE: Final = {
    "llama.block_count": _LAYERS,
    "llama.embedding_length": _WIDTH,
    "llama.feed_forward_length": _INNER,
    "llama.attention.head_count": _HEADS,
    "llama.attention.head_count_kv": _HEADS,
    "general.file_type": 7,
}
_Tensor = tuple[str, tuple[int, ...], int]


def wide_model(folder: Path) -> Path:
    """Such a model of 1.8 GB, under its digest, as the owner's models are kept."""
    made = folder / "wide.gguf"
    tensors = tuple(_tensors())
    random = np.random.default_rng(1)
    with made.open("wb") as file:
        file.write(_head(tensors))
        for _, dimensions, kind in tensors:
            file.write(b"\0" * (-file.tell() % _BLOCK))
            file.write(_weights(random, dimensions) if kind == _Q8_0 else np.ones(dimensions, "<f4").tobytes())
    return made.rename(folder / f"{digest_of(made)}.gguf")


def _tensors() -> Iterator[_Tensor]:
    yield "output_norm.weight", (_WIDTH,), gguf.F32
    yield "token_embd.weight", (_WIDTH, _WORDS), _Q8_0
    for layer in range(_LAYERS):
        for name in ("attn_norm", "ffn_norm"):
            yield f"blk.{layer}.{name}.weight", (_WIDTH,), gguf.F32
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            yield f"blk.{layer}.{name}.weight", (_WIDTH, _WIDTH), _Q8_0
        for name in ("ffn_gate", "ffn_up"):
            yield f"blk.{layer}.{name}.weight", (_WIDTH, _INNER), _Q8_0
        yield f"blk.{layer}.ffn_down.weight", (_INNER, _WIDTH), _Q8_0


def _head(tensors: tuple[_Tensor, ...]) -> bytes:
    """The real model's entries with another shape, and where each tensor lies."""
    with gguf.real_model().open("rb") as file:
        start = file.read(24)
        entries = file.read(8 << 20)
    entries = entries[: entries.index(gguf.text("output_norm.weight"))]
    for key, value in _SHAPE.items():
        head, found, tail = entries.partition(gguf.text(key) + struct.pack("<I", gguf.UINT32))
        assert found, key
        entries = head + found + struct.pack("<I", value) + tail[4:]
    infos, offset = b"", 0
    for name, dimensions, kind in tensors:
        infos += gguf.text(name) + struct.pack(f"<I{len(dimensions)}QIQ", len(dimensions), *dimensions, kind, offset)
        offset += _padded(_bytes(dimensions, kind))
    head = start[:8] + struct.pack("<Q", len(tensors)) + start[16:] + entries + infos
    return head + b"\0" * (-len(head) % _BLOCK)


def _weights(random: np.random.Generator, dimensions: tuple[int, ...]) -> bytes:
    blocks = np.empty(int(np.prod(dimensions)) // _BLOCK, dtype=[("scale", "<f2"), ("weights", "i1", _BLOCK)])
    blocks["scale"] = 0.0002
    blocks["weights"] = random.integers(-127, 128, (len(blocks), _BLOCK), dtype=np.int8)
    return blocks.tobytes()


def _bytes(dimensions: tuple[int, ...], kind: int) -> int:
    elements = int(np.prod(dimensions))
    return elements // _BLOCK * (2 + _BLOCK) if kind == _Q8_0 else elements * 4


def _padded(size: int) -> int:
    return -(-size // _BLOCK) * _BLOCK
