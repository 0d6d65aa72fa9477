"""The shapes of what the assistant says in a chat: earlier words, and an answer as it comes."""

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from webui.library_messages import Passage
from webui.shape import Shape


class Citation(Shape):
    """The exact words that a sentence of an answer rests on."""

    marker: int = 0
    file: str
    document_id: str
    page: int
    text: str
    start: int
    end: int


class Computed(Shape):
    """On which node an answer was computed."""

    name: str
    is_here: bool
    reason: str


class FilePlace(Shape):
    """Where the part of a long answer that rests on one file was computed."""

    file: str
    computed_on: Computed


class Sources(Shape):
    """What an answer of an earlier day was made from."""

    found: bool = True
    retrieved: int = 0
    fitted: int = 0
    dropped: int = 0
    weaker: int | None = None
    dropped_turns: int = 0
    passages: tuple[Passage, ...] = ()
    computed_on: Computed | None = None
    places: tuple[FilePlace, ...] = ()


class Message(Shape):
    """A question or an answer of a chat."""

    id: str
    role: str
    text: str
    interrupted: bool = False
    citations: tuple[Citation, ...] = ()
    sources: Sources | None = None


class Chat(Shape):
    """A chat; its messages only where it was asked for by itself."""

    id: str
    title: str
    created_at: str | float
    messages: tuple[Message, ...] = ()


class Chats(Shape):
    """Earlier chats, as listed."""

    chats: tuple[Chat, ...]


class Retrieved(Shape):
    """What the files hold about the question; always the first event."""

    type: Literal["retrieved"]
    passages: tuple[Passage, ...]
    found: bool


class Token(Shape):
    """The next piece of the answer."""

    type: Literal["token"]
    text: str


class Cited(Citation):
    """A marker in the answer has found its words."""

    type: Literal["citation"]


class Done(Shape):
    """The whole answer; the last event."""

    type: Literal["done"]
    answer: str
    citations: tuple[Citation, ...] = ()
    retrieved: int = 0
    fitted: int = 0
    dropped: int = 0
    weaker: int | None = None
    dropped_turns: int = 0
    seconds: float = 0.0
    computed_on: Computed | None = None


class Failed(Shape):
    """The answer broke off; the last event."""

    type: Literal["error"]
    code: str
    message: str


Event = Retrieved | Token | Cited | Done | Failed
EVENT: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="type")])
