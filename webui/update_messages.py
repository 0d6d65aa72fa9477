"""The shapes of what the assistant says of updates of the system."""

from firmware.updates.versions import Version, is_newer
from webui.shape import Shape


class KeptUpdate(Shape):
    """An update that is on this box, whole and signed."""

    version: str
    size_bytes: int


class Going(Shape):
    """What is being done with an update now."""

    what: str
    share: float = 0.0


class Updates(Shape):
    """How things stand."""

    running: str
    waiting: str | None = None
    failed: str | None = None
    kept: KeptUpdate | None = None
    going: Going | None = None
    problem: str = ""
    can_install: bool = False
    takes_updates: bool = False

    @property
    def is_next(self) -> bool:
        """Whether what is kept is newer than what runs, and not what waits."""
        if self.kept is None or self.kept.version == self.waiting:
            return False
        return is_newer(Version(self.kept.version), Version(self.running))


class StickUpdate(Shape):
    """An update's file on a USB stick in this box."""

    disk_id: str
    disk: str
    path: str
    size_bytes: int
    version: str | None = None
    problem: str = ""


class StickUpdates(Shape):
    """All of them."""

    updates: tuple[StickUpdate, ...] = ()


class UpdateElsewhere(Shape):
    """An update on another box of the mesh, newer than all that is here."""

    node_id: str
    node_name: str
    version: str
    digest: str
    size_bytes: int


class UpdatesElsewhere(Shape):
    """All of them, the newest first."""

    updates: tuple[UpdateElsewhere, ...] = ()
