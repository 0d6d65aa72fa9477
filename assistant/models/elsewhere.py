"""The models that other nodes of the mesh have, so that none has to be downloaded twice."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from assistant.errors import MeshAwayError, MeshRefusedError
from assistant.models.errors import NotElsewhereError
from assistant.models.names import name_from_file

Ask = Callable[[], Awaitable[dict[str, Any]]]
_DIGEST_LENGTH = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """A model on another node, which can be reached now."""

    node_id: str
    node_name: str
    name: str
    digest: str
    size_bytes: int
    licence: str


class _Model(BaseModel):
    name: str
    digest: str
    size_bytes: int
    licence: str = ""


class _Report(BaseModel):
    models: tuple[_Model, ...] = ()


class _Node(BaseModel):
    node_id: str
    name: str
    role: str = ""
    is_here: bool
    is_reached: bool
    report: _Report | None = None


class _Told(BaseModel):
    nodes: tuple[_Node, ...] = ()


class OtherNodes:
    """Asks the mesh what the others have."""

    def __init__(self, ask: Ask, *, here: Callable[[], Collection[str]]) -> None:
        """`ask` asks the mesh for its nodes; `here` are the digests of what is on this box."""
        self._ask = ask
        self._here = here

    async def all(self) -> Sequence[Elsewhere]:
        """What they have and this box has not, one entry a node; nothing where there is no mesh."""
        try:
            nodes = _Told.model_validate(await self._ask()).nodes
        except (MeshAwayError, MeshRefusedError, ValidationError):
            return ()
        here = frozenset(self._here())
        return [
            Elsewhere(
                node_id=node.node_id,
                node_name=node.name,
                name=name_from_file(model.name[:100]),
                digest=model.digest,
                size_bytes=model.size_bytes,
                licence=model.licence,
            )
            for node in nodes
            if node.report is not None and node.is_reached and not node.is_here and node.role != "client"
            for model in node.report.models
            if model.digest not in here and len(model.digest) == _DIGEST_LENGTH and model.digest.isalnum()
        ]

    async def find(self, name: str, node: str = "") -> Elsewhere | None:
        """The model of this name, on this node where one is named by its name or id."""
        return next(
            (
                one
                for one in await self.all()
                if one.name.casefold() == name.casefold() and node in {"", one.node_id, one.node_name}
            ),
            None,
        )

    async def find_or_refuse(self, name: str, node: str = "") -> Elsewhere:
        """See `find`; raises `NotElsewhereError`."""
        found = await self.find(name, node)
        if found is None:
            raise NotElsewhereError(name[:200])
        return found
