"""What is written at one moment goes out at once, in its order, and nothing of it is held back or lost."""

import asyncio

from services.gathering import MOST_BYTES, Gathering


class Wire:
    """A transport that remembers each call of the kernel."""

    def __init__(self) -> None:
        self.calls: list[bytes | str] = []

    def write(self, piece: bytes) -> None:
        self.calls.append(piece)

    def close(self) -> None:
        self.calls.append("closed")

    def is_closing(self) -> bool:
        return "closed" in self.calls


async def test_writes_of_one_moment_are_one() -> None:
    wire = Wire()
    gathering = Gathering(wire)

    gathering.write(b"head ")
    gathering.write(b"first")
    assert wire.calls == []
    await asyncio.sleep(0)
    gathering.write(b"second")
    await asyncio.sleep(0)

    assert wire.calls == [b"head first", b"second"]


async def test_much_is_not_held_back() -> None:
    wire = Wire()
    gathering = Gathering(wire)

    gathering.write(b"head ")
    gathering.write(b"x" * MOST_BYTES)
    assert wire.calls == [b"head " + b"x" * MOST_BYTES]
    gathering.write(b"rest")
    await asyncio.sleep(0)

    assert wire.calls[1:] == [b"rest"]


async def test_what_waits_goes_out_before_the_end() -> None:
    wire = Wire()
    gathering = Gathering(wire)

    gathering.write(b"last words")
    gathering.close()
    await asyncio.sleep(0)

    assert wire.calls == [b"last words", "closed"]
    assert gathering.is_closing()
