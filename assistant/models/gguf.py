"""Reads and checks the head of a GGUF file, so that nothing native is handed one that lies about itself.

Source: the GGUF specification of ggml (docs/gguf.md), versions 2 and 3, and the block sizes in ggml-common.h.
"""

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from assistant.models.errors import UnfitModelError

Value = str | int | float | bool | tuple[int, ...]

_MOST_KEYS: Final = 4_096
_MOST_TENSORS: Final = 65_536
_MOST_ITEMS: Final = 4_000_000
_LONGEST_KEY: Final = 65_535
_LONGEST_STRING: Final = 8_000_000
_LARGEST_HEAD: Final = 256_000_000
_KEPT_ITEMS: Final = 1_024
_MOST_DIMENSIONS: Final = 4
_LARGEST_DIMENSION: Final = 2**40
_LARGEST_ALIGNMENT: Final = 1 << 16

_STRING, _ARRAY, _BOOL = 8, 9, 7
_NUMBERS: Final = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 10: "Q", 11: "q", 12: "d"}
# Elements and bytes of one block of each type of weights.
# fmt: off
_BLOCKS: Final = {
    0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34), 9: (32, 36),
    10: (256, 84), 11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210), 15: (256, 292),
    16: (256, 66), 17: (256, 74), 18: (256, 98), 19: (256, 50), 20: (32, 18), 21: (256, 110), 22: (256, 82),
    23: (256, 136), 24: (1, 1), 25: (1, 2), 26: (1, 4), 27: (1, 8), 28: (1, 8), 29: (256, 56), 30: (1, 2),
    34: (256, 54), 35: (256, 66), 39: (32, 17),
}
# fmt: on


@dataclass(frozen=True, slots=True, kw_only=True)
class Tensor:
    """One matrix of weights: where it lies behind the head, and how large it is."""

    name: str
    elements: int
    offset: int
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What a GGUF file says of itself, and what was checked to be true."""

    metadata: Mapping[str, Value]
    """Single values, and short lists of numbers; long lists are only counted."""
    counts: Mapping[str, int]
    """How many items each list has."""
    tensors: tuple[Tensor, ...]
    size_bytes: int
    """Of the whole file."""


def read_head(file: Path) -> Head:
    """The checked head of a file; raises `UnfitModelError` where it is damaged, cut off or lies."""
    size_bytes = file.stat().st_size
    with file.open("rb") as opened:
        return _Reader(opened, size_bytes).head()


class _Reader:
    """Takes the head apart, never believing a number before it was compared with what is there."""

    def __init__(self, opened: BinaryIO, size_bytes: int) -> None:
        self._opened = opened
        self._size_bytes = size_bytes
        self._limit = min(size_bytes, _LARGEST_HEAD)
        self._at = 0

    def head(self) -> Head:
        if self._size_bytes < 24 or self._bytes(4) != b"GGUF":
            raise UnfitModelError("This is not a GGUF file. Hearth runs models in this format; look for “GGUF”.")
        version = self._number("I")
        if version not in (2, 3):
            message = f"This GGUF file is of version {version}, and Hearth reads versions 2 and 3."
            raise UnfitModelError(message)
        tensor_count, key_count = self._number("Q"), self._number("Q")
        if not 0 < tensor_count <= _MOST_TENSORS or not 0 < key_count <= _MOST_KEYS:
            raise _lies(f"it claims {tensor_count} tensors and {key_count} entries")
        metadata, counts = self._metadata(key_count)
        infos = [self._tensor() for _ in range(tensor_count)]
        if len({tensor.name for tensor in infos}) != tensor_count:
            raise _lies("two tensors have one name")
        self._check_places(infos, _alignment(metadata))
        return Head(metadata=metadata, counts=counts, tensors=tuple(infos), size_bytes=self._size_bytes)

    def _metadata(self, key_count: int) -> tuple[dict[str, Value], dict[str, int]]:
        metadata: dict[str, Value] = {}
        counts: dict[str, int] = {}
        for _ in range(key_count):
            key = self._text(_LONGEST_KEY)
            kind = self._number("I")
            if key in metadata or key in counts:
                raise _lies(f"the entry “{key[:80]}” is there twice")
            if kind != _ARRAY:
                metadata[key] = self._value(kind)
                continue
            numbers, counts[key] = self._array()
            if numbers:
                metadata[key] = numbers
        return metadata, counts

    def _array(self) -> tuple[tuple[int, ...], int]:
        """The numbers of a short list of whole ones, and how many items a list has."""
        kind, count = self._number("I"), self._number("Q")
        if count > _MOST_ITEMS:
            raise _lies(f"a list claims {count} items")
        if kind == _STRING:
            for _ in range(count):
                self._skip_text()
            return (), count
        if kind == _BOOL:
            self._bytes(count)
            return (), count
        letter = _NUMBERS.get(kind)
        if letter is None:
            raise _lies(f"a list is of the unknown type {kind}")
        content = self._bytes(count * struct.calcsize(f"<{letter}"))
        if count > _KEPT_ITEMS or letter in "fd":
            return (), count
        return struct.unpack(f"<{count}{letter}", content), count

    def _value(self, kind: int) -> Value:
        if kind == _STRING:
            return self._text(_LONGEST_STRING)
        if kind == _BOOL:
            return self._bytes(1) != b"\0"
        letter = _NUMBERS.get(kind)
        if letter is None:
            raise _lies(f"an entry is of the unknown type {kind}")
        number: int | float = struct.unpack(f"<{letter}", self._bytes(struct.calcsize(f"<{letter}")))[0]
        return number

    def _tensor(self) -> Tensor:
        name = self._text(_LONGEST_KEY)
        dimension_count = self._number("I")
        if not 1 <= dimension_count <= _MOST_DIMENSIONS:
            raise _lies(f"a tensor claims {dimension_count} dimensions")
        dimensions = [self._number("Q") for _ in range(dimension_count)]
        kind, offset = self._number("I"), self._number("Q")
        if kind not in _BLOCKS:
            message = f"The weights of this model are of a type ({kind}) that this Hearth's engine does not know."
            raise UnfitModelError(message)
        per_block, block_bytes = _BLOCKS[kind]
        if any(not 0 < size <= _LARGEST_DIMENSION for size in dimensions) or dimensions[0] % per_block:
            raise _lies("a tensor's size cannot be true")
        elements = math.prod(dimensions)
        return Tensor(name=name, elements=elements, offset=offset, size_bytes=elements // per_block * block_bytes)

    def _check_places(self, tensors: list[Tensor], alignment: int) -> None:
        begins = -(-self._at // alignment) * alignment
        end = 0
        for tensor in sorted(tensors, key=lambda one: one.offset):
            if tensor.offset % alignment or tensor.offset < end:
                raise _lies("its tensors overlap")
            end = tensor.offset + tensor.size_bytes
        if begins + end > self._size_bytes:
            missing = begins + end - self._size_bytes
            message = (
                f"This model is cut off: {missing:,} of its {begins + end:,} bytes are missing. Fetch or copy it again."
            )
            raise UnfitModelError(message)

    def _skip_text(self) -> None:
        self._bytes(self._length(_LONGEST_STRING))

    def _text(self, longest: int) -> str:
        try:
            return self._bytes(self._length(longest)).decode()
        except UnicodeDecodeError as error:
            raise _lies("a text in it is none") from error

    def _length(self, longest: int) -> int:
        length = self._number("Q")
        if length > longest:
            raise _lies(f"a text claims {length} bytes")
        return length

    def _number(self, letter: str) -> int:
        number: int = struct.unpack(f"<{letter}", self._bytes(struct.calcsize(f"<{letter}")))[0]
        return number

    def _bytes(self, count: int) -> bytes:
        if self._at + count > self._limit:
            raise UnfitModelError("This model is cut off or damaged: its head does not end. Fetch or copy it again.")
        content = self._opened.read(count)
        self._at += count
        if len(content) != count:
            raise UnfitModelError("This model is cut off: it ended while it was read. Fetch or copy it again.")
        return content


def _alignment(metadata: Mapping[str, Value]) -> int:
    alignment = metadata.get("general.alignment", 32)
    if not isinstance(alignment, int) or not 8 <= alignment <= _LARGEST_ALIGNMENT or alignment & (alignment - 1):
        raise _lies("its alignment cannot be true")
    return alignment


def _lies(how: str) -> UnfitModelError:
    return UnfitModelError(f"This GGUF file is damaged or made to do harm: {how}. It was not opened.")
