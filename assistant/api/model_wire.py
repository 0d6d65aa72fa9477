"""The models of the house on the wire: what is here, what there is to have, and what is on its way."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from assistant.models.downloads import State
from assistant.models.fit import Place

ModelName = Annotated[str, Field(min_length=1, max_length=200)]


class _Given(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Told(BaseModel):
    model_config = ConfigDict(from_attributes=True, frozen=True)


class FitAnswer(_Told):
    """Whether and how a model would run on this very box."""

    place: Place
    need_bytes: int
    room_bytes: int
    context_tokens: int
    slots: int
    tokens_per_second: float | None
    prompt_tokens_per_second: float | None


class HouseModelAnswer(_Told):
    """A model that is here."""

    name: str
    size_bytes: int
    licence: str
    source: str
    added_at: datetime
    comes_with_hearth: bool
    chosen: bool
    """Whether it answers from the files."""
    state: Literal["away", "loading", "ready"]
    """Whether it is in memory."""
    used_bytes: int
    """Memory that it takes now."""
    serving: int
    """Requests that it answers now."""
    fit: FitAnswer


class DownloadAnswer(_Told):
    """A model on its way."""

    id: str
    name: str
    repository: str
    file: str
    state: State
    reason: str
    size_bytes: int
    fetched_bytes: int
    node_name: str
    """The other box that it is copied from; empty where it comes from the hub."""


class ElsewhereAnswer(_Told):
    """A model on another box of the mesh, which can be copied."""

    node_id: str
    node_name: str
    name: str
    digest: str
    size_bytes: int
    licence: str


class ElsewhereModelsAnswer(_Told):
    """What other boxes have and this one has not."""

    models: list[ElsewhereAnswer]


class ForeignModelAnswer(_Told):
    """A model on engines of other makes, which is asked there by its name."""

    name: str
    engines: list[str]


class HouseModelsAnswer(_Told):
    """All that is here and on its way."""

    models: list[HouseModelAnswer]
    downloads: list[DownloadAnswer]
    on_other_engines: list[ForeignModelAnswer]
    memory_bytes: int
    """What models may take together."""
    computes: str
    """What computes them, the processor or a graphics card, and why; empty while the engine is away."""
    used_bytes: int
    disk_free_bytes: int
    measured: bool
    """Whether this box's speed was measured yet."""
    may_change: bool
    """Whether the caller may add, fetch and delete."""


class EntryAnswer(_Told):
    """A model that could be fetched, and how it would fit this box."""

    name: str
    title: str
    purpose: str
    licence: str
    repository: str
    file: str
    parameters: int
    size_bytes: int
    here: bool
    on_nodes: list[str] = []
    """Other boxes of the mesh that have it, for the owner: it is copied from there."""
    fit: FitAnswer


class CatalogueAnswer(_Told):
    """What there is to have, the smallest first."""

    models: list[EntryAnswer]


class DownloadRequest(_Given):
    """Which model to fetch: a name of the catalogue, or a file of the hub with a name for it."""

    name: ModelName
    repository: Annotated[str, Field(max_length=200, pattern=r"^[\w.-]+/[\w.-]+$")] | None = None
    file: Annotated[str, Field(max_length=300, pattern=r"^[\w./ -]+\.gguf$")] | None = None
    source: Literal["any", "node", "internet"] = "any"
    """A model that another box of the mesh has is copied from there, unless it is to come from the internet."""
    node: Annotated[str, Field(max_length=100)] = ""
    """Which box, by its name or id; any that has it where empty."""


class NamedModelRequest(_Given):
    """Which model."""

    name: ModelName
