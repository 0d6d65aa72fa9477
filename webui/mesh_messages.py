"""The shapes of what the assistant tells of the mesh, checked as they enter; what is unknown here is ignored."""

from typing import Annotated

from pydantic import AfterValidator, Field

from webui.shape import Shape


class ModelOffer(Shape):
    """A model on a node."""

    name: str
    is_loaded: bool = False
    prefill_rate: float = 0.0
    decode_rate: float = 0.0


class Bringing(Shape):
    """A model that a node fetches since the owner wished it."""

    digest: str
    name: str
    share: float = 0.0
    problem: str = ""


class NodeKeepsUpdate(Shape):
    """The newer system that a node keeps as a file, for itself and for others."""

    version: str


class Updating(Shape):
    """An update that a node fetches and installs since the owner wished it."""

    version: str
    phase: str = ""
    share: float = 0.0
    waits_for: str = ""
    problem: str = ""


class UpdateTurn(Shape):
    """A node in the order in which others are updated from here."""

    stage: str
    version: str = ""
    problem: str = ""


class Vitals(Shape):
    """How a node's machine is."""

    memory_bytes: int = 0
    memory_free_bytes: int = 0
    graphics: str = ""
    graphics_bytes: int = 0
    graphics_free_bytes: int = 0
    disk_free_bytes: int = 0
    on_battery: bool | None = None
    battery_share: float | None = None
    is_charging: bool | None = None
    temperature_celsius: float | None = None
    is_throttled: bool = False


class Report(Shape):
    """What a node tells of itself."""

    version: str
    engine: str
    slots: int
    running: int
    waiting: int
    models: tuple[ModelOffer, ...] = ()
    vitals: Vitals = Vitals()
    lags: dict[str, Annotated[float, AfterValidator(lambda given: round(given, 3))]] = Field(default_factory=dict)
    """Round trips to others in seconds; to milliseconds, since the figures move all the time."""
    bandwidths: dict[str, float] = Field(default_factory=dict)
    """Bytes a second to and from others."""
    bringing: tuple[Bringing, ...] = ()
    update: NodeKeepsUpdate | None = None
    updating: Updating | None = None
    failed_update: str = ""


class Node(Shape):
    """One node of the mesh."""

    node_id: str
    name: str
    role: str
    standing: str
    is_here: bool
    is_reached: bool
    problem: str = ""
    address: str = ""
    round_trip_ms: float | None = None
    clock_ahead_seconds: float | None = None
    report: Report | None = None
    unused_because: str = ""
    lacks_model: bool = False
    twins: tuple[str, ...] = ()
    update_turn: UpdateTurn | None = None


class Door(Shape):
    """The open door."""

    code: str
    link: str
    seconds_left: float
    guesses_left: int


class Newcomer(Shape):
    """A box that proved the code and waits."""

    session: str
    name: str
    address: str
    words: tuple[str, ...]


class Joining(Shape):
    """How far this box is with joining another mesh."""

    stage: str
    problem: str = ""
    home_name: str = ""
    words: tuple[str, ...] = ()
    clock_skew_seconds: float | None = None


class Invitation(Shape):
    """What the owner of another box is to scan from this one's screen."""

    address: str
    link: str
    seconds_left: float


class Seen(Shape):
    """A box on the network that calls itself a Hearth."""

    node_id: str
    name: str
    address: str
    port: int


class Outcome(Shape):
    """What became of a request."""

    name: str
    ok: bool
    predicted_seconds: float
    seconds: float
    reason: str


class EngineModel(Shape):
    """A model of an engine of another make."""

    name: str
    decode_rate: float = 0.0


class Engine(Shape):
    """An engine of another make."""

    engine_id: str
    name: str
    url: str
    has_key: bool = False
    may_be_away: bool = False
    may_read_files: bool = False
    problem: str = ""
    message: str = ""
    first_token_ms: Annotated[float, AfterValidator(lambda given: round(given, -1))] = 0.0
    """To hundredths of a second: the figure moves all the time."""
    running: int = 0
    models: tuple[EngineModel, ...] = ()


class Engines(Shape):
    """All of them."""

    engines: tuple[Engine, ...] = ()


class Split(Shape):
    """A model that no node can hold: where it runs over several, would run, or why it does not."""

    name: str
    state: str
    where: str = ""
    tokens_per_second: float | None = None
    layers: tuple[tuple[str, int], ...] = ()
    refusal: str = ""
    left_out: dict[str, str] = Field(default_factory=dict)


class Mesh(Shape):
    """The mesh, as this box sees it."""

    mesh_id: str | None = None
    role: str | None = None
    model: str = ""
    """The one that answers from the files."""
    notice: str = ""
    port: int = 0
    nodes: tuple[Node, ...] = ()
    window: Door | None = None
    window_problem: str = ""
    requests: tuple[Newcomer, ...] = ()
    joining: Joining = Joining(stage="idle")
    invitation: Invitation | None = None
    seen: tuple[Seen, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    splits: tuple[Split, ...] = ()
    split_notice: str = ""

    @property
    def is_home(self) -> bool:
        """Whether this box decides who belongs."""
        return self.role == "home"

    @property
    def members(self) -> tuple[Node, ...]:
        """Those that belong now, this box first."""
        return tuple(sorted((one for one in self.nodes if one.standing == "member"), key=lambda one: not one.is_here))

    @property
    def kept_update(self) -> str:
        """The version that this box keeps for others; empty where it keeps none."""
        own = next((one.report for one in self.nodes if one.is_here and one.report), None)
        return own.update.version if own is not None and own.update is not None else ""

    @property
    def strangers(self) -> tuple[Seen, ...]:
        """Boxes on the network that do not belong."""
        known = {one.node_id for one in self.nodes}
        return tuple(one for one in self.seen if one.node_id not in known)
