"""The shapes of what the assistant says of people, how they come in, and what is theirs."""

from webui.shape import Shape


class Health(Shape):
    """How the assistant is, for anybody to see."""

    status: str
    claimed: bool
    engine: str
    version: str


class Person(Shape):
    """Somebody who lives here."""

    id: str
    name: str
    role: str
    may: tuple[str, ...] = ()
    """What they may do beyond what everybody may; told of oneself alone."""
    password_reset_at: str | None = None
    """When the password was set anew by a code, as long as the person has not said that they know of it."""


class Entry(Shape):
    """A person who has just proved who they are, and their session's secret."""

    person: Person
    session: str


class People(Shape):
    """Everybody who lives here."""

    people: tuple[Person, ...]


class Invitation(Shape):
    """A code that can still be used, without the code."""

    id: str
    kind: str
    role: str | None = None
    person_id: str | None = None
    expires_at: str


class NewInvitation(Invitation):
    """A code that was just made, and is told this once."""

    code: str


class Invitations(Shape):
    """The codes that can still be used."""

    invitations: tuple[Invitation, ...]


class Key(Shape):
    """A key of the person, without its secret."""

    id: str
    name: str
    beginning: str
    created_at: str | float
    used_at: str | float | None = None


class NewKey(Key):
    """A key that was just made, with its secret, which is told this once."""

    secret: str


class Keys(Shape):
    """The person's keys, as listed."""

    keys: tuple[Key, ...]


class DiskBackup(Shape):
    """How far the writing of a backup onto a disk is, or how it ended."""

    disk: str
    name: str
    total_bytes: int
    written_bytes: int = 0
    is_running: bool = False
    problem: str = ""


class LastDiskBackup(Shape):
    """The last one since the box started."""

    writing: DiskBackup | None = None


class MissingModel(Shape):
    """A model that the box had from which the backup came."""

    name: str
    in_catalogue: bool


class RestoredFrom(Shape):
    """The backup that this box was restored from."""

    made_at: str
    missing: tuple[MissingModel, ...] = ()


class LastRestore(Shape):
    """It, as long as it is remembered."""

    restored: RestoredFrom | None = None


class BackupTicket(Shape):
    """A backup that can be fetched once."""

    id: str
    name: str
    size_bytes: int
