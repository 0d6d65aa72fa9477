"""The shapes of what the assistant says of files and where they lie."""

from webui.shape import Shape


class Document(Shape):
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
    kind: str = "other"
    dated_at: str | None = None
    is_locked: bool = False

    @property
    def is_settled(self) -> bool:
        """Whether nothing more will happen to it by itself."""
        return self.status in {"ready", "failed"}


class Documents(Shape):
    """The library, as listed."""

    documents: tuple[Document, ...]


class Page(Shape):
    """The text that was read from one page."""

    page: int
    text: str
    has_picture: bool = False


class Span(Shape):
    """Words on a page; offsets count characters of the page's text."""

    start: int
    end: int
    text: str = ""


class Elsewhere(Shape):
    """Another file that has the same words."""

    document_id: str
    file: str
    page: int


class Passage(Shape):
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
    also: tuple[Elsewhere, ...] = ()


class Found(Shape):
    """What a search found."""

    passages: tuple[Passage, ...]
    took_ms: float = 0.0


class Shelf(Shape):
    """A shelf that the person may read."""

    id: str
    name: str
    kind: str
    person_id: str | None = None
    readers: tuple[str, ...] = ()
    may_change: bool = True
    documents: int = 0
    stays_here: bool = False


class Shelves(Shape):
    """The shelves that the person may read, the own ones first."""

    shelves: tuple[Shelf, ...]


class WatchedFolder(Shape):
    """A folder of this machine whose files are on a shelf."""

    id: str
    path: str
    shelf_id: str
    files: int = 0
    looked_at: str | None = None
    missing: int = 0
    problem: str | None = None


class WatchedFolders(Shape):
    """Every watched folder that the person may see."""

    folders: tuple[WatchedFolder, ...]


class Disk(Shape):
    """A USB stick that is plugged in."""

    id: str
    name: str


class Import(Shape):
    """How far the taking of files from a stick is."""

    disk: str
    total: int
    done: int
    problems: tuple[str, ...] = ()
    is_running: bool = False


class Disks(Shape):
    """Every stick, and the person's last import."""

    disks: tuple[Disk, ...]
    importing: Import | None = None


class OnDisk(Shape):
    """A file or folder on a stick."""

    path: str
    is_folder: bool
    size_bytes: int


class DiskFiles(Shape):
    """What lies on a stick."""

    files: tuple[OnDisk, ...]
