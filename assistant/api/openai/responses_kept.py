"""Keeps responses for programs that refer to them: in memory alone, a day, each for the person who asked."""

import json
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from assistant.clock import Clock
from assistant.generation.errors import ResponseNotFoundError

Json = dict[str, Any]
KEPT_SECONDS: Final = 24 * 3600.0
MOST_EACH: Final = 200
BYTES_EACH: Final = 8_000_000
BYTES_TOTAL: Final = 32_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A response with all that it followed from."""

    response: Json
    asked: tuple[Json, ...]
    """Every item that was asked, those of earlier responses with their answers included."""
    size_bytes: int
    until: float

    @property
    def id(self) -> str:
        """As the program knows it."""
        return str(self.response["id"])

    @property
    def items(self) -> tuple[Json, ...]:
        """The conversation as far as it has come."""
        return (*self.asked, *self.response["output"])


@dataclass(slots=True)
class KeptResponses:
    """What was answered lately. Nobody reaches what another person's programs asked; the oldest leave first."""

    clock: Clock
    _kept: dict[tuple[str, str], Kept] = field(default_factory=dict)
    """By person and number, the oldest first."""

    def keep(self, asker: str, response: Json, asked: Sequence[Json]) -> None:
        """Keep a response for this person; one that is larger than all they may keep is not."""
        size = len(json.dumps(response)) + len(json.dumps(asked))
        if size > BYTES_EACH:
            return
        one = Kept(response=response, asked=tuple(asked), size_bytes=size, until=self.clock.monotonic() + KEPT_SECONDS)
        self._kept[asker, one.id] = one
        self._tidy(asker)

    def get(self, asker: str, response_id: str) -> Kept:
        """The response of this number; raises `ResponseNotFoundError`."""
        self._tidy(asker)
        found = self._kept.get((asker, response_id))
        if found is None:
            raise ResponseNotFoundError(response_id[:100])
        return found

    def item(self, asker: str, item_id: str) -> Json:
        """The item of this number, asked or answered; raises `ResponseNotFoundError`."""
        self._tidy(asker)
        for kept in reversed(list(self._of(asker))):
            for item in kept.items:
                if item.get("id") == item_id:
                    return item
        raise ResponseNotFoundError(item_id[:100])

    def drop(self, asker: str, response_id: str) -> None:
        """Forget a response; raises `ResponseNotFoundError`."""
        self.get(asker, response_id)
        del self._kept[asker, response_id]

    def forget(self, asker: str) -> None:
        """Forget all of this person's."""
        for kept in list(self._of(asker)):
            del self._kept[asker, kept.id]

    def _of(self, asker: str) -> Iterator[Kept]:
        return (kept for (whose, _), kept in self._kept.items() if whose == asker)

    def _tidy(self, asker: str) -> None:
        now = self.clock.monotonic()
        for key in [key for key, kept in self._kept.items() if kept.until <= now]:
            del self._kept[key]
        mine = list(self._of(asker))
        while len(mine) > MOST_EACH or sum(kept.size_bytes for kept in mine) > BYTES_EACH:
            del self._kept[asker, mine.pop(0).id]
        while sum(kept.size_bytes for kept in self._kept.values()) > BYTES_TOTAL:
            del self._kept[next(iter(self._kept))]


def numbered(items: str | Sequence[Json]) -> list[Json]:
    """What is asked as items, each with a number by which it can be asked for."""
    if isinstance(items, str):
        items = [{"type": "message", "role": "user", "content": items}]
    return [_numbered(item) for item in items]


def _numbered(item: Json) -> Json:
    told = {"type": "message", **item}
    if told["type"] == "message":
        told.setdefault("status", "completed")
        if isinstance(told.get("content"), str):
            kind = "output_text" if told.get("role") == "assistant" else "input_text"
            told["content"] = [{"type": kind, "text": told["content"]}]
    prefix = {"message": "msg", "function_call": "fc", "function_call_output": "fco"}.get(told["type"], "item")
    return {**told, "id": told.get("id") or f"{prefix}_{secrets.token_hex(16)}"}
