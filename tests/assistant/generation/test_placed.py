from collections.abc import AsyncGenerator, Set

import pytest

from assistant.engine.errors import EngineInterruptedError
from assistant.engine.mesh import Place, Work
from assistant.engine.pieces import Piece, Stopped, Took
from assistant.generation.placed import placed

HERE = Place(lease="one")
STOPPED = Stopped(why="eos", word="", prompt_tokens=30, cached_tokens=10, tokens=7, prompt_seconds=0.5, seconds=0.25)


class OneBox:
    """A mesh that sends everything here, and remembers what it was told of the ends."""

    def __init__(self) -> None:
        self.told: list[tuple[bool, bool, Took | None]] = []

    async def placed(self, work: Work, without: Set[str] = frozenset()) -> Place:
        return HERE

    def ended(
        self,
        place: Place,
        *,
        ok: bool,
        is_whole: bool,
        prompt_tokens: int = 0,
        output_tokens: int = 0,
        took: Took | None = None,
    ) -> None:
        self.told.append((ok, is_whole, took))


async def pieces(mesh: OneBox, *coming: Piece | Stopped | Exception) -> None:
    async def here() -> AsyncGenerator[Piece | Stopped, None]:
        for one in coming:
            if isinstance(one, Exception):
                raise one
            yield one

    def there(_place: Place) -> AsyncGenerator[Piece | Stopped, None]:
        raise AssertionError

    work = Work(digest="d", prompt_tokens=30, output_tokens=7)
    async for _ in placed(mesh, work, here=here, there=there, on_place=lambda _place: None):  # type: ignore[arg-type] # what is asked of a mesh here
        pass


async def test_the_mesh_is_told_what_a_request_took_without_what_it_waited() -> None:
    mesh = OneBox()

    await pieces(mesh, Piece(text="word"), STOPPED)

    assert mesh.told == [(True, True, Took(read_tokens=20, read_seconds=0.5, written_tokens=7, written_seconds=0.25))]


async def test_of_one_that_broke_off_nothing_is_learned() -> None:
    mesh = OneBox()

    with pytest.raises(EngineInterruptedError):
        await pieces(mesh, Piece(text="word"), EngineInterruptedError())

    assert mesh.told == [(False, False, None)]
