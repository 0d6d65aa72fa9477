"""Which graphics device computes models: pure, from what `llama-server --list-devices` says."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

_LINE: Final = re.compile(r"^\s*(Vulkan\d+): (.+) \((\d+) MiB, (\d+) MiB free\)$", re.MULTILINE)
_MAKERS: Final = {"AMD": ("amd", "radeon"), "Intel": ("intel",), "NVIDIA": ("nvidia", "geforce", "quadro", "tesla")}
_KEPT_SHARE: Final = 0.08
"""Of the device's memory, for its driver and for a screen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A device that Vulkan found."""

    name: str
    """As llama-server calls it, such as `Vulkan0`."""
    description: str
    """As its driver calls it."""
    total_bytes: int
    free_bytes: int

    @property
    def room_bytes(self) -> int:
        """What models may take of its memory."""
        return max(0, min(self.free_bytes, round(self.total_bytes * (1 - _KEPT_SHARE))))


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What this PC's own list of parts says of graphics that may compute."""

    maker: str
    memory_bytes: int | None
    """Memory of its own; None where the kernel does not tell."""
    shared: bool
    """Whether it computes in main memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The device that computes."""

    device: Device
    shared: bool
    """Whether in main memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphicsTold:
    """What the engine tells others about where it computes."""

    sentence: str
    """For people: what computes, and where it is not the graphics, why."""
    device: str | None = None
    memory_bytes: int = 0
    """What models may take of the device's memory; 0 where it does not compute."""
    shared: bool = False
    """Whether that is main memory."""


def listed(output: str) -> tuple[Device, ...]:
    """The devices of a list, in its order."""
    mebibyte = 1 << 20
    return tuple(
        Device(name=name, description=words, total_bytes=int(total) * mebibyte, free_bytes=int(free) * mebibyte)
        for name, words, total, free in _LINE.findall(output)
    )


def chosen(devices: Sequence[Device], cards: Sequence[Card]) -> Choice | None:
    """The device that is the first of these cards that has one: of its maker, and next to it in memory."""
    for card in cards:
        same = [device for device in devices if _is_made_by(device, card.maker)]
        if same:
            return Choice(device=min(same, key=lambda one: _distance(one, card)), shared=card.shared)
    return None


def any_of(devices: Sequence[Device], cards: Sequence[Card]) -> Choice | None:
    """As `chosen`, but a device that is none of the cards will do; nobody knows whose memory it has."""
    return chosen(devices, cards) or (Choice(device=devices[0], shared=True) if devices else None)


def _is_made_by(device: Device, maker: str) -> bool:
    words = device.description.lower()
    return any(mark in words for mark in _MAKERS.get(maker, ()))


def _distance(device: Device, card: Card) -> int:
    return 0 if card.memory_bytes is None or card.shared else abs(device.total_bytes - card.memory_bytes)


def told_of(answer: Mapping[str, object] | None) -> GraphicsTold | None:
    """What the engine's desk said, as it was meant; None where it said nothing of the kind."""
    if answer is None:
        return None
    device = answer.get("device")
    return GraphicsTold(
        sentence=str(answer.get("sentence", "")),
        device=None if device is None else str(device),
        memory_bytes=int(str(answer.get("memory_bytes", 0))),
        shared=bool(answer.get("shared")),
    )
