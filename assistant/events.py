"""What happens while a question is answered, in the order in which it happens."""

from dataclasses import dataclass

from assistant.citations import Citation
from assistant.documents import Passage
from assistant.engine.place import Computed


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrieved:
    """The search is done; `found` says whether the files hold an answer."""

    passages: tuple[Passage, ...]
    found: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """The answer goes on with this text."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cited:
    """The answer named a passage, for the first time."""

    citation: Citation


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """The answer is whole: what it says, on which words it rests, and what the model did not read."""

    answer: str
    citations: tuple[Citation, ...] = ()
    retrieved: int
    fitted: int = 0
    dropped: int = 0
    """Passages that were found and that the model did not read."""
    weaker: int = 0
    """Those of them that were left out as they fit the question far less than the best one."""
    dropped_turns: int = 0
    """Earlier turns that the model did not read."""
    withheld: int = 0
    """Sentences of the model that are not shown, as no passage carries them."""
    seconds: float
    tokens: int = 0
    """Pieces of text that the engine sent."""
    computed_on: Computed | None = None
    """Where, on a box that is in a mesh."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The answer ends here, incomplete; `message` says what the person can do."""

    code: str
    message: str
    wait_seconds: int | None = None
    """Where the box is only busy: when to come back."""


Event = Retrieved | Token | Cited | Done | Failed
