"""The catalogue: models that are known to be worth having, from small to 70B, and what each would take here."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from assistant.models.errors import CatalogueError
from assistant.models.facts import ModelFacts

_FILE: Final = Path(__file__).with_name("catalogue.toml")
_KV_BYTES: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A model that could be fetched."""

    name: str
    """As programs will call it."""
    title: str
    purpose: str
    licence: str
    repository: str
    """On the hub, such as `owner/name`."""
    file: str
    parameters: int
    active_parameters: int
    bits: float
    """Of one weight, on average."""
    layers: int
    kv_heads: int
    head_size: int
    width: int
    vocabulary: int
    context: int

    @property
    def size_bytes(self) -> int:
        """About what is fetched: parameters times bits."""
        return round(self.parameters * self.bits / 8)

    @property
    def facts(self) -> ModelFacts:
        """What decides over memory and speed, as far as it is known before the file is here."""
        return ModelFacts(
            parameters=self.parameters,
            weight_bytes=self.size_bytes,
            active_bytes=round(self.active_parameters * self.bits / 8),
            layers=self.layers,
            kv_bytes_per_token=self.layers * self.kv_heads * self.head_size * 2 * _KV_BYTES,
            width=self.width,
            vocabulary=self.vocabulary,
            trained_context=self.context,
        )


@cache
def catalogue() -> tuple[Entry, ...]:
    """Every entry, the smallest first."""
    entries = (Entry(**one) for one in tomllib.loads(_FILE.read_text(encoding="utf-8"))["model"])
    return tuple(sorted(entries, key=lambda entry: entry.size_bytes))


def entry_named(name: str) -> Entry:
    """The entry of this name; raises `CatalogueError`."""
    found = next((entry for entry in catalogue() if entry.name == name.casefold()), None)
    if found is None:
        raise CatalogueError(name[:100])
    return found
