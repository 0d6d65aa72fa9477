"""The shapes of what the assistant says of models: those here, on their way, and to be had."""

from typing import Annotated

from pydantic import AfterValidator

from webui.shape import Shape


class Model(Shape):
    """A model that programs may name."""

    id: str


class Models(Shape):
    """The models, as the OpenAI dialect lists them."""

    data: tuple[Model, ...]


class Fit(Shape):
    """Whether and how a model would run on this box."""

    place: str
    need_bytes: int
    room_bytes: int
    context_tokens: int = 0
    slots: int = 0
    tokens_per_second: float | None = None


class HouseModel(Shape):
    """A model that is here."""

    name: str
    size_bytes: int
    licence: str = ""
    source: str = ""
    comes_with_hearth: bool = False
    chosen: bool = False
    state: str
    used_bytes: Annotated[int, AfterValidator(lambda given: round(given, -7))] = 0
    """To ten megabytes: the figure moves all the time."""
    serving: int = 0
    fit: Fit


class StickModel(Shape):
    """A model's file on a USB stick in this box."""

    disk_id: str
    disk: str
    path: str
    size_bytes: int


class Taking(Shape):
    """How far the taking of a model from a stick is."""

    name: str
    disk: str
    size_bytes: int
    taken_bytes: int = 0
    is_running: bool = True
    problem: str = ""


class StickModels(Shape):
    """What lies on sticks, and what is being taken from them."""

    models: tuple[StickModel, ...] = ()
    importing: tuple[Taking, ...] = ()


class Download(Shape):
    """A model on its way."""

    id: str
    name: str
    state: str
    reason: str = ""
    size_bytes: int = 0
    fetched_bytes: int = 0
    node_name: str = ""
    """The other box that it is copied from."""

    @property
    def is_over(self) -> bool:
        """Whether nothing more happens by itself."""
        return self.state in {"done", "stopped", "failed"}


class ForeignModel(Shape):
    """A model on engines of other makes."""

    name: str
    engines: tuple[str, ...]


class HouseModels(Shape):
    """All models that are here and on their way, and how much room there is."""

    models: tuple[HouseModel, ...]
    downloads: tuple[Download, ...] = ()
    on_other_engines: tuple[ForeignModel, ...] = ()
    memory_bytes: int
    computes: str = ""
    """What computes them, as a sentence."""
    used_bytes: int
    disk_free_bytes: int
    may_change: bool


class Offer(Shape):
    """A model that could be fetched."""

    name: str
    title: str
    purpose: str
    licence: str
    size_bytes: int
    here: bool
    on_nodes: tuple[str, ...] = ()
    """Other boxes that have it: it is copied from there."""
    fit: Fit


class Offers(Shape):
    """The catalogue."""

    models: tuple[Offer, ...]


class Elsewhere(Shape):
    """A model on another box of the mesh, which this one has not."""

    node_id: str
    node_name: str
    name: str
    size_bytes: int
    licence: str = ""


class ElsewhereModels(Shape):
    """All of them."""

    models: tuple[Elsewhere, ...] = ()
