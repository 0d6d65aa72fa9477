"""Owns the wished models on the disk: a box that loses its power in the middle of a copy goes on with it by itself."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, Field

from mesh.kept_file import KeptFile
from mesh.report import Bringing

FILE: Final = "wishes.json"


class _Wish(BaseModel):
    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    name: Annotated[str, Field(max_length=100)]


class _Wishes(BaseModel):
    format: Literal[1] = 1
    wishes: tuple[_Wish, ...] = ()


class KeptWishes:
    """Reads the wishes as the daemon starts, and keeps the file up with them."""

    def __init__(self, folder: Path) -> None:
        self._file = KeptFile(folder / FILE, empty=_content(()), what="What the home node's owner wished to be here")

    def read(self) -> tuple[Bringing, ...]:
        """What was wished; how much of it has come is for its assistant to tell anew."""
        return self._file.read(_wishes, ())

    def write(self, wishes: Iterable[Bringing]) -> None:
        """Bring the file up with the wishes; blocking, and rare: how far one is does not count, nor one that failed."""
        self._file.write(_content(wishes))


def _wishes(content: bytes) -> tuple[Bringing, ...]:
    return tuple(Bringing(**one.model_dump()) for one in _Wishes.model_validate_json(content).wishes)


def _content(wishes: Iterable[Bringing]) -> bytes:
    kept = tuple(_Wish(digest=one.digest, name=one.name) for one in wishes if not one.problem)
    return _Wishes(wishes=kept).model_dump_json().encode()
