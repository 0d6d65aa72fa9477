"""The shapes of what the assistant says over its API, checked as they enter; what is unknown here is ignored."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter


class _Shape(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Health(_Shape):
    """How the assistant is, for anybody to see."""

    status: str
    claimed: bool
    engine: str
    version: str


class Person(_Shape):
    """Somebody who lives here."""

    id: str
    name: str
    role: str
    may: tuple[str, ...] = ()
    """What they may do beyond what everybody may; told of oneself alone."""
    password_reset_at: str | None = None
    """When the password was set anew by a code, as long as the person has not said that they know of it."""


class Entry(_Shape):
    """A person who has just proved who they are, and their session's secret."""

    person: Person
    session: str


class People(_Shape):
    """Everybody who lives here."""

    people: tuple[Person, ...]


class Invitation(_Shape):
    """A code that can still be used, without the code."""

    id: str
    kind: str
    role: str | None = None
    person_id: str | None = None
    expires_at: str


class NewInvitation(Invitation):
    """A code that was just made, and is told this once."""

    code: str


class Invitations(_Shape):
    """The codes that can still be used."""

    invitations: tuple[Invitation, ...]


class Shelf(_Shape):
    """A shelf that the person may read."""

    id: str
    name: str
    kind: str
    person_id: str | None = None
    readers: tuple[str, ...] = ()
    may_change: bool = True
    documents: int = 0
    stays_here: bool = False


class Shelves(_Shape):
    """The shelves that the person may read, the own ones first."""

    shelves: tuple[Shelf, ...]


class WatchedFolder(_Shape):
    """A folder of this machine whose files are on a shelf."""

    id: str
    path: str
    shelf_id: str
    files: int = 0
    looked_at: str | None = None
    problem: str | None = None


class WatchedFolders(_Shape):
    """Every watched folder that the person may see."""

    folders: tuple[WatchedFolder, ...]


class Disk(_Shape):
    """A USB stick that is plugged in."""

    id: str
    name: str


class Disks(_Shape):
    """Every stick."""

    disks: tuple[Disk, ...]


class OnDisk(_Shape):
    """A file or folder on a stick."""

    path: str
    is_folder: bool
    size_bytes: int


class DiskFiles(_Shape):
    """What lies on a stick."""

    files: tuple[OnDisk, ...]


class BackupTicket(_Shape):
    """A backup that can be fetched once."""

    id: str
    name: str
    size_bytes: int


class Document(_Shape):
    """A file of the library and how far it has been read."""

    id: str
    name: str
    shelf: str
    shelf_id: str = ""
    folder: str = ""
    added_by: str | None = None
    may_change: bool = True
    media_type: str
    size_bytes: int
    pages: int | None = None
    status: str
    reason: str | None = None
    notes: tuple[str, ...] = ()
    progress: float = 0.0
    added_at: str | float

    @property
    def has_pictures(self) -> bool:
        """Whether its pages can be shown as pictures."""
        return self.media_type == "application/pdf" or self.media_type.startswith("image/")

    @property
    def is_settled(self) -> bool:
        """Whether nothing more will happen to it by itself."""
        return self.status in {"ready", "failed"}


class Span(_Shape):
    """Words on a page; offsets count characters of the page's text."""

    start: int
    end: int
    text: str = ""


class Passage(_Shape):
    """A piece of a page that was found."""

    document_id: str
    file: str
    page: int
    start: int
    end: int
    text: str
    heading: str | None = None
    score: float = 0.0
    best: Span | None = None


class Citation(_Shape):
    """The exact words that a sentence of an answer rests on."""

    marker: int = 0
    file: str
    document_id: str
    page: int
    text: str
    start: int
    end: int


class Page(_Shape):
    """The text that was read from one page."""

    page: int
    text: str


class Computed(_Shape):
    """On which node an answer was computed."""

    name: str
    is_here: bool
    reason: str


class Sources(_Shape):
    """What an answer of an earlier day was made from."""

    found: bool = True
    retrieved: int = 0
    fitted: int = 0
    dropped: int = 0
    passages: tuple[Passage, ...] = ()
    computed_on: Computed | None = None


class Message(_Shape):
    """A question or an answer of a chat."""

    id: str
    role: str
    text: str
    interrupted: bool = False
    citations: tuple[Citation, ...] = ()
    sources: Sources | None = None


class Chat(_Shape):
    """A chat; its messages only where it was asked for by itself."""

    id: str
    title: str
    created_at: str | float
    messages: tuple[Message, ...] = ()


class Retrieved(_Shape):
    """What the files hold about the question; always the first event."""

    type: Literal["retrieved"]
    passages: tuple[Passage, ...]
    found: bool


class Token(_Shape):
    """The next piece of the answer."""

    type: Literal["token"]
    text: str


class Cited(Citation):
    """A marker in the answer has found its words."""

    type: Literal["citation"]


class Done(_Shape):
    """The whole answer; the last event."""

    type: Literal["done"]
    answer: str
    citations: tuple[Citation, ...] = ()
    retrieved: int = 0
    fitted: int = 0
    dropped: int = 0
    seconds: float = 0.0
    computed_on: Computed | None = None


class Failed(_Shape):
    """The answer broke off; the last event."""

    type: Literal["error"]
    code: str
    message: str


Event = Retrieved | Token | Cited | Done | Failed
EVENT: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="type")])


class Documents(_Shape):
    """The library, as listed."""

    documents: tuple[Document, ...]


class Found(_Shape):
    """What a search found."""

    passages: tuple[Passage, ...]
    took_ms: float = 0.0


class Chats(_Shape):
    """Earlier chats, as listed."""

    chats: tuple[Chat, ...]


class Key(_Shape):
    """A key of the person, without its secret."""

    id: str
    name: str
    beginning: str
    created_at: str | float
    used_at: str | float | None = None


class NewKey(Key):
    """A key that was just made, with its secret, which is told this once."""

    secret: str


class Keys(_Shape):
    """The person's keys, as listed."""

    keys: tuple[Key, ...]


class Model(_Shape):
    """A model that programs may name."""

    id: str


class Models(_Shape):
    """The models, as the OpenAI dialect lists them."""

    data: tuple[Model, ...]


class Fit(_Shape):
    """Whether and how a model would run on this box."""

    place: str
    need_bytes: int
    room_bytes: int
    context_tokens: int = 0
    slots: int = 0
    tokens_per_second: float | None = None


class HouseModel(_Shape):
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


class Download(_Shape):
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


class ForeignModel(_Shape):
    """A model on engines of other makes."""

    name: str
    engines: tuple[str, ...]


class HouseModels(_Shape):
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


class Offer(_Shape):
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


class Offers(_Shape):
    """The catalogue."""

    models: tuple[Offer, ...]


class Elsewhere(_Shape):
    """A model on another box of the mesh, which this one has not."""

    node_id: str
    node_name: str
    name: str
    size_bytes: int
    licence: str = ""


class ElsewhereModels(_Shape):
    """All of them."""

    models: tuple[Elsewhere, ...] = ()
