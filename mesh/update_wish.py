"""Owns the update that the home node's owner wishes this node to run; its assistant comes for it and installs it.

Nobody can push a system into a node: it fetches what it was told of, believes only the signature of a maker whose key
it has itself, and takes no version that is not newer than its own.
"""

from dataclasses import replace
from typing import Final

from pydantic import BaseModel, Field

from firmware.updates.versions import Version, is_newer, version_in
from mesh.belonging import Belonging
from mesh.errors import UpdateNotWantedError
from mesh.report import Updating
from mesh.wishes import TAKING_ROLES

UPDATE: Final = "/mesh/update"
COMMITTED: Final = frozenset({"installing", "restarting"})
"""Phases in which a node is not to be given another update."""


class UpdateQuestion(BaseModel):
    """Which update: its digest says what has to come."""

    version: str = Field(max_length=40)
    digest: str = Field(pattern=r"^[0-9a-f]{64}$")
    size_bytes: int = Field(gt=0, le=1 << 40)


class UpdateHowFar(BaseModel):
    """What the assistant tells of the wish that it works at, and of its system."""

    digest: str = Field(default="", max_length=64)
    phase: str = Field(default="fetching", max_length=20)
    share: float = Field(default=0.0, ge=0, le=1)
    waits_for: str = Field(default="", max_length=200)
    problem: str = Field(default="", max_length=300)
    failed: str = Field(default="", max_length=40)
    """The version that was started here and did not work."""


class UpdateWish:
    """The wish of now; one that is not fulfilled at the daemon's end may be wished again."""

    def __init__(self, belonging: Belonging, *, version: str) -> None:
        """`version` is that of this node's system."""
        self._belonging = belonging
        self._version = version_in(version)
        self._wish: Updating | None = None
        self._size_bytes = 0
        self._failed = ""

    @property
    def size_bytes(self) -> int:
        """How long the file is that is wished."""
        return self._size_bytes

    def wished(self, caller: str, asked: UpdateQuestion) -> None:
        """The home node's owner wishes it; raises UpdateNotWantedError for everybody else's wish, and for old ones."""
        membership = self._belonging.membership
        if membership is None or membership.roster.home.node_id != caller:
            raise UpdateNotWantedError("Only the owner of the home node can have another box updated.")
        if membership.role not in TAKING_ROLES:
            raise UpdateNotWantedError(f"That box is a {membership.role}: it is updated on its own page alone.")
        version = version_in(asked.version)
        if version is None or self._version is None:
            raise UpdateNotWantedError("That box cannot tell whether this version is newer than its own.")
        if not is_newer(version, self._version):
            raise UpdateNotWantedError(f"That box runs version {self._version}, and takes no older or equal one.")
        known = self.told()
        if known is not None and not known.problem:
            if known.digest == asked.digest:
                return
            if known.phase in COMMITTED:
                raise UpdateNotWantedError("That box is installing another update. Try again when it is done.")
        self._wish = Updating(version=Version(version), digest=asked.digest)
        self._size_bytes = asked.size_bytes

    def heard(self, how_far: UpdateHowFar) -> None:
        """The assistant tells how far it is."""
        self._failed = how_far.failed
        if self._wish is not None and self._wish.digest == how_far.digest:
            self._wish = replace(
                self._wish,
                phase=how_far.phase,
                share=how_far.share,
                waits_for=how_far.waits_for,
                problem=how_far.problem,
            )

    def told(self) -> Updating | None:
        """What is wished; whoever belongs to no mesh any more is wished nothing."""
        membership = self._belonging.membership
        if membership is None or membership.role not in TAKING_ROLES:
            self._wish = None
        return self._wish

    def report(self) -> tuple[Updating | None, str]:
        """The wish, and the version that did not work here."""
        return self.told(), self._failed
