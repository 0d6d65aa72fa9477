"""Copies a file from another node of the mesh: by its digest, on from what has come, checked before it is anything."""

import errno
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import httpx

from assistant.models.errors import DownloadFailedError, NoRoomOnDiskError
from assistant.models.parts import CutError, Fetched, Parts, Stopped
from firmware.sockets import blocking_way_to

_SILENCE_SECONDS: Final = 30.0
"""The mesh itself ends a way that fell silent, sooner than this."""
_PIECE_BYTES: Final = 1 << 20
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class Copy(Protocol):
    """What is copied, and from where."""

    @property
    def node_id(self) -> str:
        """The other node."""
        ...

    @property
    def node_name(self) -> str:
        """What people call it."""
        ...

    @property
    def digest(self) -> str:
        """SHA-256 of the whole file."""
        ...

    @property
    def size_bytes(self) -> int:
        """How long it has to be."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Cargo:
    """What travels: its name in the mesh's paths, and what people are told where it does not come."""

    path: str
    kept: str
    damaged: str
    gone: str


MODELS: Final = Cargo(
    path="models",
    kept="What has come is kept; go on when it is back, or fetch the model from the internet.",
    damaged="What came was thrown away. Fetch the model from elsewhere, and delete it there.",
    gone="does not have this model any more, or is no node of this mesh. Fetch it elsewhere.",
)


class Carrier:
    """Copies files through the mesh's Unix socket. Blocking: call it from a thread."""

    def __init__(self, socket: Path, *, parts: Parts, cargo: Cargo = MODELS) -> None:
        self._socket = socket
        self._parts = parts
        self._cargo = cargo

    def carry(self, copy: Copy, *, on_progress: Callable[[int], None], is_stopped: Callable[[], bool]) -> Fetched:
        """The file, whole and checked.

        Raises `CutError` where another try may help, `DownloadFailedError`, `NoRoomOnDiskError`, or `Stopped`.
        """
        part = self._parts.opened(copy.digest, copy.size_bytes)
        kept = part.stat().st_size
        on_progress(kept)
        if kept < copy.size_bytes:
            self._receive(copy, part, kept, on_progress, is_stopped)
        wrong = (
            f"What came from “{copy.node_name}” is not what it has to be: its checksum is wrong, so its file there is "
            f"damaged. {self._cargo.damaged}"
        )
        return self._parts.checked(copy.digest, copy.size_bytes, wrong=wrong)

    def _receive(
        self, copy: Copy, part: Path, kept: int, on_progress: Callable[[int], None], is_stopped: Callable[[], bool]
    ) -> None:
        path = f"/nodes/{copy.node_id}/{self._cargo.path}/{copy.digest}"
        try:
            with (
                httpx.Client(
                    transport=blocking_way_to(self._socket),
                    base_url="http://mesh",
                    timeout=httpx.Timeout(_SILENCE_SECONDS),
                ) as client,
                client.stream("POST", path, json={"offset": kept}) as response,
            ):
                self._check(response.status_code, copy)
                with part.open("ab") as opened:
                    for piece in response.iter_raw(_PIECE_BYTES):
                        opened.write(piece)
                        kept += len(piece)
                        on_progress(kept)
                        if is_stopped():
                            raise Stopped
                        if kept > copy.size_bytes:
                            break
        except httpx.HTTPError as error:
            raise CutError(f"The way to “{copy.node_name}” broke. {self._cargo.kept}") from error
        except OSError as error:
            if error.errno not in _FULL:
                raise
            message = "The disk became full. Delete a model or files, and try again to go on from there."
            raise NoRoomOnDiskError(message) from error

    def _check(self, status: int, copy: Copy) -> None:
        match status:
            case 200:
                return
            case 503:
                raise CutError(f"“{copy.node_name}” does not answer. {self._cargo.kept}")
            case 403:
                raise DownloadFailedError(f"“{copy.node_name}” gives nothing to this box: it is trusted there no more.")
            case _:
                raise DownloadFailedError(f"“{copy.node_name}” {self._cargo.gone}")
