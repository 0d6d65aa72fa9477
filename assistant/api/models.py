"""What goes over the wire: requests, which take no field that they do not know, and answers."""

from datetime import date, datetime
from typing import Annotated, Literal

from fastapi import Path
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from assistant.filters import Kind


class _Given(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Told(BaseModel):
    model_config = ConfigDict(from_attributes=True, frozen=True)


def _without_nul(text: str) -> str:
    if "\x00" in text:
        message = "a text cannot hold the character NUL"
        raise ValueError(message)
    return text


LONGEST_TEXT = 50_000
Text = Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT, pattern=r"\S"), AfterValidator(_without_nul)]
"""What a person asks; it is never cut."""
Identifier = Annotated[str, Path(max_length=64, description="As the API gave it.")]
"""What names one thing; it says nothing and can't be guessed."""
Name = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_without_nul)]
Password = Annotated[str, Field(max_length=1024), AfterValidator(_without_nul)]


class ErrorDetail(_Told):
    """What went wrong: `code` for programs, `message` for people."""

    code: str
    message: str


class ErrorAnswer(_Told):
    """Every refusal has this form."""

    error: ErrorDetail


# People


class SetupRequest(_Given):
    """Claims the box for its first person."""

    code: Annotated[str, Field(min_length=1, max_length=40, description="The set-up code on the box's screen.")]
    name: Name
    password: Password


class LoginRequest(_Given):
    """A person's name and password."""

    name: Name
    password: Password


class PersonAnswer(_Told):
    """A person of the house."""

    id: str
    name: str
    role: Literal["owner", "adult", "child"]


class SignedInAnswer(_Told):
    """A person, and the token to send as `Authorization: Bearer` or in the cookie `hearth_session`."""

    person: PersonAnswer
    session: str


class RenewedAnswer(_Told):
    """The session's new token; the old one is void."""

    session: str


class SessionAnswer(_Told):
    """A place where the person is signed in."""

    id: str
    created_at: datetime
    used_at: datetime
    current: bool


class SessionsAnswer(_Told):
    """Where the person is signed in."""

    sessions: list[SessionAnswer]


class KeyRequest(_Given):
    """What the key is for."""

    name: Annotated[str, Field(min_length=1, max_length=200, description="Such as the program's name.")]


class KeyAnswer(_Told):
    """A key of the caller, without its secret."""

    id: str
    name: str
    beginning: str = Field(description="The key's first characters, to tell it from others.")
    created_at: datetime
    used_at: datetime | None = Field(description="To the minute; null until it was used.")


class NewKeyAnswer(KeyAnswer):
    """A key that was just made."""

    secret: str = Field(description="Send it as `Authorization: Bearer …` or `x-api-key`. It is never told again.")


class KeysAnswer(_Told):
    """The caller's keys, newest first."""

    keys: list[KeyAnswer]


# Documents and search


class DocumentAnswer(_Told):
    """A file on one of the caller's shelves."""

    id: str
    name: str
    shelf: Literal["private", "household"] = Field(description="Whether it is on a person's shelf or the household's.")
    shelf_id: str
    folder: str = Field(default="", description="In which folder of the shelf; empty where in none.")
    added_by: str | None = Field(default=None, description="The person's id; null where it came with the box.")
    may_change: bool = Field(description="Whether the caller may change, move and delete it.")
    media_type: str
    size_bytes: int
    pages: int = Field(description="0 until the file has been read.")
    status: Literal["queued", "reading", "searchable", "ready", "failed"]
    reason: str | None = Field(description="A sentence that says why it failed or what is missing.")
    notes: list[str] = Field(default=[], description="What in it could not be read, though the rest was; sentences.")
    progress: float
    added_at: datetime
    kind: Kind = Field(default="other", description="As a person would say it, and as the search takes it.")
    dated_at: date | None = Field(
        default=None, description="Its own day: when it was sent, taken or written; null where it says none."
    )
    is_locked: bool = Field(default=False, description="Whether a password would open it, or more of it.")


class DocumentsAnswer(_Told):
    """All files that the caller may see."""

    documents: list[DocumentAnswer]


class PageAnswer(_Told):
    """A page's text, to which the offsets of passages and citations refer."""

    page: int
    text: str
    has_picture: bool = Field(default=False, description="Whether it can be shown as a picture.")


class SpanAnswer(_Told):
    """Characters [start, end) of a page's text."""

    start: int
    end: int
    text: str


class ElsewhereAnswer(_Told):
    """Another file, and its page, that has the same words."""

    document_id: str
    file: str
    page: int


class PassageAnswer(_Told):
    """A piece of one page; `text` is the page's text[start:end]."""

    document_id: str
    file: str
    page: int
    start: int
    end: int
    text: str
    heading: str
    score: float
    best: SpanAnswer | None = Field(default=None, description="The sentence that fits the question best.")
    also: list[ElsewhereAnswer] = Field(default=[], description="Other files with these words, not listed themselves.")


class SearchAnswer(_Told):
    """The passages that fit best, best first."""

    passages: list[PassageAnswer]
    took_ms: float


# Chats and answers


class QuestionRequest(_Given):
    """A question about the files."""

    text: Text


class CitationAnswer(_Told):
    """The exact words of a page; `text` is the page's text[start:end]."""

    marker: int = Field(description="The number by which the answer names it, as in `[1]`.")
    document_id: str
    file: str
    page: int
    start: int
    end: int
    text: str


class ComputedAnswer(_Told):
    """On which node of the mesh an answer was computed, and why there."""

    node_id: str
    name: str
    is_here: bool
    reason: str


class FilePlaceAnswer(_Told):
    """Where the part of a long answer that rests on one file was computed."""

    file: str
    computed_on: ComputedAnswer


class SourcesAnswer(_Told):
    """What was found for an answer, and how much of it the model read."""

    found: bool
    retrieved: int
    fitted: int
    dropped: int
    weaker: int | None = Field(default=None, description="Null for answers of an earlier version, which did not count.")
    dropped_turns: int = 0
    passages: list[PassageAnswer]
    computed_on: ComputedAnswer | None = None
    places: list[FilePlaceAnswer] = Field(default=[], description="Of an answer that went through many files.")


class AskAnswer(_Told):
    """A whole answer."""

    answer: str
    citations: list[CitationAnswer]
    found: bool = Field(description="Whether the files hold an answer; where not, no model was asked.")
    retrieved: int
    fitted: int
    dropped: int = Field(description="Passages that were found and that the model did not read.")
    weaker: int = Field(description="Those of the dropped that fit far less than the best; the others had no room.")
    dropped_turns: int = Field(description="Earlier turns of the conversation that the model did not read.")
    withheld: int = Field(description="Sentences of the model that are not shown, as no passage carries them.")
    computed_on: ComputedAnswer | None = Field(description="Null where this box is in no mesh.")


class ChatAnswer(_Told):
    """A chat of the caller."""

    id: str
    title: str
    created_at: datetime


class ChatsAnswer(_Told):
    """The caller's chats, newest first."""

    chats: list[ChatAnswer]


class MessageAnswer(_Told):
    """A question, or an answer with what it rests on."""

    id: str
    role: Literal["user", "assistant"]
    text: str
    interrupted: bool = Field(description="The answer broke off and is incomplete.")
    citations: list[CitationAnswer]
    sources: SourcesAnswer | None
    created_at: datetime


class WholeChatAnswer(ChatAnswer):
    """A chat with all that was said in it."""

    messages: list[MessageAnswer]


# The events of an answer that streams, one JSON object a line


class RetrievedEvent(_Told):
    """First: what was found."""

    type: Literal["retrieved"] = "retrieved"
    passages: list[PassageAnswer]
    found: bool


class TokenEvent(_Told):
    """The answer goes on."""

    type: Literal["token"] = "token"
    text: str


class CitationEvent(CitationAnswer):
    """The answer named a passage for the first time."""

    type: Literal["citation"] = "citation"


class DoneEvent(_Told):
    """Last: the whole answer."""

    type: Literal["done"] = "done"
    message_id: str
    answer: str
    citations: list[CitationAnswer]
    retrieved: int
    fitted: int
    dropped: int = Field(description="Passages that were found and that the model did not read.")
    weaker: int = Field(description="Those of the dropped that fit far less than the best; the others had no room.")
    dropped_turns: int = Field(description="Earlier turns of the conversation that the model did not read.")
    withheld: int = Field(description="Sentences of the model that are not shown, as no passage carries them.")
    seconds: float
    tokens: int
    computed_on: ComputedAnswer | None = Field(description="Null where this box is in no mesh.")


class ErrorEvent(_Told):
    """Last: the answer broke off; what came is kept and marked as incomplete."""

    type: Literal["error"] = "error"
    code: str
    message: str
    message_id: str


# Health


class HealthAnswer(_Told):
    """What a stranger may know of this box."""

    status: Literal["ok"]
    claimed: bool
    engine: Literal["ready", "starting", "down"]
    version: str


StreamEvent = RetrievedEvent | TokenEvent | CitationEvent | DoneEvent | ErrorEvent
