"""What the owner's part of the agent's API is asked and answers, checked as it enters."""

from typing import Literal

from pydantic import BaseModel, Field

from mesh.join.secret import ALPHABET, TOKEN_LETTERS
from mesh.report import NodeReport
from mesh.roster import Role, Standing
from mesh.update_turns import Stage

MemberRole = Literal["worker", "storage", "client"]


class TurnAnswer(BaseModel):
    """A node in the order in which the owner of this home node has others updated."""

    stage: Stage
    version: str
    problem: str = ""


class NodeAnswer(BaseModel):
    """One node, as this one sees it."""

    node_id: str
    name: str
    role: Role
    standing: Standing
    is_here: bool
    is_reached: bool
    problem: str = ""
    address: str = ""
    round_trip_ms: float | None = None
    clock_ahead_seconds: float | None = None
    report: NodeReport | None = None
    unused_because: str = ""
    """Why nothing is asked of it with the model that answers, as the end of a sentence; empty where it may be."""
    lacks_model: bool = False
    """That this is why."""
    twins: list[str] = []
    """Where two boxes are that show this node's identity at once."""
    update_turn: TurnAnswer | None = None


class WindowAnswer(BaseModel):
    """The open door; without code and link where it is open for the one box that showed its own."""

    code: str
    link: str
    seconds_left: float
    guesses_left: int


class InvitationAnswer(BaseModel):
    """What the owner of another box is to scan from this one's screen."""

    address: str
    link: str
    seconds_left: float


class RequestAnswer(BaseModel):
    """A newcomer who proved the code."""

    session: str
    name: str
    address: str
    words: list[str]


class JoiningAnswer(BaseModel):
    """How far this node is with joining another mesh."""

    stage: str
    problem: str
    problem_code: str
    home_name: str
    words: list[str]
    clock_skew_seconds: float | None


class SeenAnswer(BaseModel):
    """A box on this network that says that it is a Hearth; it has proven nothing."""

    node_id: str
    name: str
    address: str
    port: int


class OutcomeAnswer(BaseModel):
    """What became of a request."""

    name: str
    ok: bool
    predicted_seconds: float
    seconds: float
    output_tokens: int
    reason: str


class SplitAnswer(BaseModel):
    """A model of this box that it cannot hold alone: where it runs with others, would run, or why not."""

    digest: str
    name: str
    state: Literal["ready", "loading", "possible", "refused"]
    where: str = ""
    tokens_per_second: float | None = None
    """As predicted."""
    layers: list[tuple[str, int]] = []
    """How many layers each box computes, this one first."""
    refusal: str = ""
    left_out: dict[str, str] = {}
    """Why each node that computes no part does not, by its name, as the end of a sentence."""


class NodesAnswer(BaseModel):
    """All that the page of nodes shows."""

    mesh_id: str | None
    role: Role | None
    notice: str
    port: int
    nodes: list[NodeAnswer]
    window: WindowAnswer | None
    window_problem: str
    requests: list[RequestAnswer]
    joining: JoiningAnswer
    invitation: InvitationAnswer | None = None
    seen: list[SeenAnswer]
    outcomes: list[OutcomeAnswer]
    splits: list[SplitAnswer] = []
    split_notice: str = ""
    """Why a model over several nodes ended, or could not begin, of late."""


class JoinQuestion(BaseModel):
    """Which mesh to join: an address and a code, or all that a QR code says."""

    address: str = Field(default="", max_length=100)
    port: int = Field(default=0, ge=0, le=65535)
    code: str = Field(default="", max_length=200)
    leaves: bool = False
    """Whether this box leaves the mesh that it is in, once it is let in."""


class KnockQuestion(BaseModel):
    """At which box to knock."""

    address: str = Field(max_length=100)
    port: int = Field(gt=0, le=65535)
    leaves: bool = False


class WindowQuestion(BaseModel):
    """For whom the door is opened: whoever is told the code, or the box that shows this token."""

    token: str | None = Field(default=None, pattern=f"^[{ALPHABET}]{{{TOKEN_LETTERS}}}$")


class ApproveQuestion(BaseModel):
    """As what the newcomer is let in."""

    role: MemberRole = "worker"


class ChangeQuestion(BaseModel):
    """What to change of a member."""

    name: str | None = Field(default=None, max_length=100)
    role: MemberRole | None = None
