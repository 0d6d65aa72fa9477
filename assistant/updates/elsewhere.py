"""The updates that other nodes of the mesh keep, so that none has to be brought to each box by hand."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from assistant.errors import MeshAwayError, MeshRefusedError
from assistant.updates.errors import UpdateNotElsewhereError
from assistant.updates.updates import Updates
from firmware.updates.versions import Version, is_newer, version_in

Ask = Callable[[], Awaitable[dict[str, Any]]]
_DIGEST_LENGTH: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateElsewhere:
    """An update on another node, as that node calls it; what it is in truth its signature says."""

    node_id: str
    node_name: str
    version: Version
    digest: str
    size_bytes: int


class _Update(BaseModel):
    version: str
    digest: str
    size_bytes: int


class _Report(BaseModel):
    update: _Update | None = None


class _Node(BaseModel):
    node_id: str
    name: str
    role: str = ""
    is_here: bool
    is_reached: bool
    report: _Report | None = None


class _Told(BaseModel):
    nodes: tuple[_Node, ...] = ()


class UpdatesElsewhere:
    """Asks the mesh what the others keep."""

    def __init__(self, ask: Ask, updates: Updates) -> None:
        """`ask` asks the mesh for its nodes."""
        self._ask = ask
        self._updates = updates

    async def all(self) -> Sequence[UpdateElsewhere]:
        """What is newer than all that is here, the newest first; nothing where there is no mesh."""
        try:
            nodes = _Told.model_validate(await self._ask()).nodes
        except (MeshAwayError, MeshRefusedError, ValidationError):
            return ()
        here = await self._updates.state()
        known = [here.running, *([here.kept.version] if here.kept else [])]
        found = [one for one in map(_offered, nodes) if one and all(is_newer(one.version, own) for own in known)]
        return sorted(found, key=lambda one: [int(number) for number in one.version.split(".")], reverse=True)

    async def find_or_refuse(self, node: str, digest: str) -> UpdateElsewhere:
        """The one on this node, which is named by its id or name; raises `UpdateNotElsewhereError`."""
        for one in await self.all():
            if node in {one.node_id, one.node_name} and one.digest == digest:
                return one
        raise UpdateNotElsewhereError


def _offered(node: _Node) -> UpdateElsewhere | None:
    update = node.report.update if node.report is not None else None
    if update is None or node.is_here or not node.is_reached or node.role == "client":
        return None
    version = version_in(update.version)
    if version is None or len(update.digest) != _DIGEST_LENGTH or not update.digest.isalnum() or update.size_bytes < 1:
        return None
    return UpdateElsewhere(
        node_id=node.node_id,
        node_name=node.name,
        version=version,
        digest=update.digest,
        size_bytes=update.size_bytes,
    )
