"""A backup onto a disk: whole under its name or not there, whatever happens to the disk and to who writes it."""

import contextlib
import os
import socket
import threading
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from assistant.backup.disk_file import write_whole
from assistant.backup.disk_wire import HereWriter, Pieces, UnitWriter, serve
from assistant.backup.errors import BackupNotWrittenError, Why
from assistant.parser.client import UnitTransport

NAME = "hearth-2026-11-22-1200.hearthbackup"
CONTENT = b"hearth backup 1\n" + bytes(range(256)) * 4_000


def pieces(*, size_bytes: int = len(CONTENT), then: Exception | None = None) -> Pieces:
    for start in range(0, size_bytes, 100_000):
        yield CONTENT[start : min(size_bytes, start + 100_000)]
    if then is not None:
        raise then


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_backup_is_on_the_disk_whole(tmp_path: Path) -> None:
    told: list[int] = []

    HereWriter().write(tmp_path, NAME, len(CONTENT), pieces(), told.append)

    assert (tmp_path / NAME).read_bytes() == CONTENT
    assert names(tmp_path) == [NAME]
    assert told[-1] == len(CONTENT)
    assert told == sorted(told)


def test_a_backup_that_ends_too_early_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BackupNotWrittenError, match="pulled out"):
        write_whole(tmp_path, NAME, len(CONTENT), pieces(size_bytes=500_000))

    assert names(tmp_path) == []


def test_what_a_pulled_disk_kept_of_a_backup_is_cleared_by_the_next_one(tmp_path: Path) -> None:
    (tmp_path / f"{NAME}.unfinished").write_bytes(CONTENT[:1000])
    (tmp_path / "letter.unfinished").write_text("somebody else's")

    write_whole(tmp_path, NAME, len(CONTENT), pieces())

    assert names(tmp_path) == [NAME, "letter.unfinished"]


@pytest.mark.parametrize(
    "errno_and_why", [("EIO", "gone"), ("ENODEV", "gone"), ("ENOSPC", "full"), ("EROFS", "read_only")]
)
def test_what_the_disk_says_becomes_a_sentence(tmp_path: Path, errno_and_why: tuple[str, Why]) -> None:
    import errno

    number = getattr(errno, errno_and_why[0])

    with pytest.raises(BackupNotWrittenError) as problem:
        write_whole(tmp_path, NAME, len(CONTENT), pieces(then=OSError(number, os.strerror(number))))

    assert problem.value.why == errno_and_why[1]
    assert names(tmp_path) == []


def test_a_disk_without_room_is_refused_before_a_byte_is_written(tmp_path: Path) -> None:
    room, asked = os.statvfs(tmp_path), pieces()

    with pytest.raises(BackupNotWrittenError, match="not enough room"):
        write_whole(tmp_path, NAME, room.f_bavail * room.f_frsize + 10**9, asked)

    assert next(asked) == CONTENT[:100_000]
    assert names(tmp_path) == []


def test_no_file_that_was_there_is_replaced(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"an older one")

    with pytest.raises(BackupNotWrittenError, match="this very minute"):
        write_whole(tmp_path, NAME, len(CONTENT), pieces())

    assert (tmp_path / NAME).read_bytes() == b"an older one"


@pytest.mark.parametrize(
    "name", ["../out.hearthbackup", "/etc/x.hearthbackup", "notes.txt", ".x.hearthbackup", "a\0.hearthbackup"]
)
def test_only_backups_are_written_and_only_at_the_top(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="none of a backup"):
        write_whole(tmp_path, name, len(CONTENT), pieces())

    assert names(tmp_path) == []


@contextlib.contextmanager
def unit(folder: Path, *, deaf_after: int | None = None) -> Iterator[UnitWriter]:
    """What systemd starts, on a thread of its own, with the real socket; it may leave after so many bytes."""

    @contextlib.contextmanager
    def opened(name: str) -> Iterator[Path]:
        if not (folder / name).is_dir():
            raise BackupNotWrittenError("gone")
        yield folder / name

    def work(listening: socket.socket) -> None:
        with contextlib.suppress(OSError):
            connection, _ = listening.accept()
            with connection:
                if deaf_after is None:
                    serve(connection, opened)
                    return
                connection.recv(2_000)
                connection.sendall(b'{"ready": true}\n')
                left = deaf_after
                while left > 0:
                    left -= len(connection.recv(65_536))

    path = folder / "stick.sock"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen(1)
        thread = threading.Thread(target=work, args=(listening,))
        thread.start()
        yield UnitWriter(UnitTransport(path))
        with contextlib.suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
        thread.join(10)


def test_a_backup_goes_through_the_unit_that_may_write(tmp_path: Path) -> None:
    (tmp_path / "GRANDMA-sda1").mkdir()
    told: list[int] = []

    with unit(tmp_path) as writer:
        writer.write(tmp_path / "GRANDMA-sda1", NAME, len(CONTENT), pieces(), told.append)

    assert (tmp_path / "GRANDMA-sda1" / NAME).read_bytes() == CONTENT
    assert told[-1] == len(CONTENT)


def test_the_units_refusal_is_told_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "A").mkdir()
    (tmp_path / "A" / NAME).touch()

    with unit(tmp_path) as writer, pytest.raises(BackupNotWrittenError, match="this very minute"):
        writer.write(tmp_path / "A", NAME, len(CONTENT), pieces(), lambda _: None)


def test_an_assistant_that_ends_in_the_midst_leaves_no_half_file(tmp_path: Path) -> None:
    (tmp_path / "A").mkdir()

    def broken() -> Generator[bytes, None, None]:
        yield CONTENT[:300_000]
        raise KeyboardInterrupt

    with unit(tmp_path) as writer, contextlib.suppress(KeyboardInterrupt):
        writer.write(tmp_path / "A", NAME, len(CONTENT), broken(), lambda _: None)

    assert names(tmp_path / "A") == []


def test_a_unit_that_dies_or_is_not_there_is_told(tmp_path: Path) -> None:
    (tmp_path / "A").mkdir()

    with unit(tmp_path, deaf_after=200_000) as writer, pytest.raises(BackupNotWrittenError, match="pulled out"):
        writer.write(tmp_path / "A", NAME, len(CONTENT), pieces(), lambda _: None)
    with pytest.raises(BackupNotWrittenError, match="does not answer"):
        UnitWriter(UnitTransport(tmp_path / "nobody.sock")).write(tmp_path / "A", NAME, 1, pieces(), lambda _: None)
