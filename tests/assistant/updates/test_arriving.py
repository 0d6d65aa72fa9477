"""An update that is sent is written as it comes, refused as soon as its list shows what it is, and never left half."""

import asyncio
import resource
from collections.abc import AsyncIterator

import pytest

from assistant.updates.arriving import HEAD_BYTES, Arrivals
from assistant.updates.errors import NoRoomForUpdateError, UpdateBusyError
from assistant.updates.updates import Updates
from firmware.updates.errors import DamagedUpdateError, NotAnUpdateError, UnfitUpdateError, UntrustedUpdateError
from tests import updates as files
from tests.assistant.updates.conftest import Disk

PIECE = 30_000


class Sender:
    """Sends a file piece by piece and knows how much was asked for; after `until` bytes it waits."""

    def __init__(self, content: bytes, until: int = 1 << 40) -> None:
        self.content = content
        self.until = until
        self.sent = 0
        self.goes_on = asyncio.Event()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for at in range(0, len(self.content), PIECE):
            if self.sent >= self.until:
                await self.goes_on.wait()
            piece = self.content[at : at + PIECE]
            self.sent += len(piece)
            yield piece


def pieces(sender: Sender) -> AsyncIterator[bytes]:
    return aiter(sender)


def left_over(updates: Updates) -> list[str]:
    return [path.name for path in updates.incoming.parent.rglob("*") if path.is_file()]


async def test_what_is_sent_whole_is_kept(updates: Updates) -> None:
    content = files.written()

    kept = await Arrivals(updates).take(pieces(Sender(content)), len(content))

    assert (kept.version, kept.digest, kept.size_bytes) == ("0.2.0", files.digest_of(content), len(content))
    assert left_over(updates) == [f"{kept.digest}.update"]


async def test_a_sender_need_not_say_how_much_comes_and_may_send_the_same_again(updates: Updates) -> None:
    small = files.written(size_bytes=1000)
    kept = await Arrivals(updates).take(pieces(Sender(small)))

    assert await Arrivals(updates).take(pieces(Sender(small))) == kept
    assert left_over(updates) == [f"{kept.digest}.update"]


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"PK\x03\x04" * 500_000, NotAnUpdateError),
        (files.written(key=files.STRANGER, size_bytes=2_000_000), UntrustedUpdateError),
        (files.written("0.1.0", size_bytes=2_000_000), UnfitUpdateError),
    ],
)
async def test_a_wrong_file_is_refused_at_its_beginning(
    updates: Updates, content: bytes, refusal: type[Exception]
) -> None:
    sender = Sender(content)

    with pytest.raises(refusal):
        await Arrivals(updates).take(pieces(sender), len(content))

    assert sender.sent < HEAD_BYTES + PIECE
    assert left_over(updates) == []
    assert not updates.is_busy


@pytest.mark.parametrize("declared", [True, False])
@pytest.mark.parametrize("content", [files.written()[:200_000], files.written() + b"!", files.written()[:500], b""])
async def test_what_is_cut_short_or_too_long_leaves_nothing(updates: Updates, content: bytes, declared: bool) -> None:
    with pytest.raises((DamagedUpdateError, NotAnUpdateError)):
        await Arrivals(updates).take(pieces(Sender(content)), len(content) if declared else 0)

    assert left_over(updates) == []


async def test_a_disk_without_room_is_told_before_anything_is_read(updates: Updates, disk: Disk) -> None:
    disk.free = 1_000_000_000
    sender = Sender(files.written())

    with pytest.raises(NoRoomForUpdateError):
        await Arrivals(updates).take(pieces(sender), 700_000_000)

    assert sender.sent == 0


async def test_a_disk_that_becomes_full_meanwhile_is_told_and_nothing_half_is_left(updates: Updates) -> None:
    """A limit on the size of files stands for the disk's end; the kernel reports both while writing."""
    content = files.written()
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, before[1]))
    try:
        with pytest.raises(NoRoomForUpdateError, match="became full"):
            await Arrivals(updates).take(pieces(Sender(content)), len(content))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    assert left_over(updates) == []
    assert (await Arrivals(updates).take(pieces(Sender(content)), len(content))).version == "0.2.0"


async def test_how_much_has_come_is_shown_and_a_second_sender_waits(updates: Updates) -> None:
    content = files.written(size_bytes=200_000)
    sender = Sender(content, until=120_000)
    first = asyncio.create_task(Arrivals(updates).take(pieces(sender), len(content)))
    while sender.sent < sender.until:
        await asyncio.sleep(0.01)
    while (going := (await updates.state()).going) is None or going.share < 0.5:
        await asyncio.sleep(0.01)

    with pytest.raises(UpdateBusyError):
        await Arrivals(updates).take(pieces(Sender(content)), len(content))
    sender.goes_on.set()
    await first

    assert going.what == "fetching"
    assert going.share == pytest.approx(120_000 / len(content))
    assert (await updates.state()).kept is not None


async def test_a_sender_who_leaves_leaves_nothing_behind(updates: Updates) -> None:
    sender = Sender(files.written(), until=120_000)
    sending = asyncio.create_task(Arrivals(updates).take(pieces(sender)))
    while sender.sent < sender.until:
        await asyncio.sleep(0.01)
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)

    assert left_over(updates) == []
    assert not updates.is_busy
