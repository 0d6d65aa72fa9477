"""An update is taken where it is whole, signed and newer; it is kept, installed when somebody wishes, and not half."""

import asyncio
import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.updates.errors import (
    NoRoomForUpdateError,
    NoSystemError,
    NothingKeptError,
    NothingWaitingError,
    NoUpdatesHereError,
    UpdateBusyError,
)
from assistant.updates.updates import Going, Kept, Updates
from firmware.updates.errors import (
    DamagedUpdateError,
    NotAnUpdateError,
    SystemAwayError,
    UnfitUpdateError,
    UntrustedUpdateError,
    UpdateRefusedError,
)
from tests import updates as files
from tests.assistant.updates.conftest import Disk, brought, idle
from tests.fakes import FakeSystem


async def taken(updates: Updates, content: bytes) -> Kept:
    return await updates.take(brought(updates, content), files.digest_of(content))


def kept_files(updates: Updates) -> list[str]:
    return sorted(path.name for path in updates.incoming.parent.iterdir() if path.is_file())


async def test_a_new_box_has_nothing_to_say_but_its_version(updates: Updates) -> None:
    state = await updates.state()

    assert (state.running, state.waiting, state.failed, state.kept, state.going) == ("0.1.0", None, None, None, None)
    assert (state.can_install, state.takes_updates, state.problem) == (True, True, "")


async def test_what_is_whole_signed_and_newer_is_kept_under_its_digest_for_the_mesh_to_read(updates: Updates) -> None:
    content = files.written()

    kept = await taken(updates, content)

    assert kept == Kept(version=kept.version, digest=files.digest_of(content), size_bytes=len(content))
    assert (await updates.state()).kept == kept
    assert kept_files(updates) == [f"{kept.digest}.update"]
    assert (updates.incoming.parent / kept_files(updates)[0]).stat().st_mode & 0o777 == 0o640
    assert list(updates.incoming.iterdir()) == []


async def test_only_the_newest_is_kept_and_what_comes_again_changes_nothing(updates: Updates) -> None:
    await taken(updates, files.written("0.2.0"))
    newer = await taken(updates, files.written("0.3.0"))
    again = await taken(updates, files.written("0.3.0"))

    assert again == newer
    assert kept_files(updates) == [f"{newer.digest}.update"]


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"PK\x03\x04 a letter", NotAnUpdateError),
        (files.written(key=files.STRANGER), UntrustedUpdateError),
        (files.written()[:-1], DamagedUpdateError),
        (files.written()[:2000] + b"!" + files.written()[2001:], DamagedUpdateError),
        (files.written() + b"!", DamagedUpdateError),
        (files.written("0.1.0"), UnfitUpdateError),
        (files.written("0.0.9"), UnfitUpdateError),
    ],
)
async def test_what_is_wrong_is_refused_and_what_was_kept_stays(
    updates: Updates, content: bytes, refusal: type[Exception], tmp_path: Path
) -> None:
    with pytest.raises(refusal):
        await taken(updates, content)

    assert kept_files(updates) == []
    assert list(updates.incoming.iterdir()) == []
    assert (await taken(updates, files.written())).version == "0.2.0"
    with pytest.raises(UnfitUpdateError, match=r"0\.1\.5"):
        await taken(updates, files.written("0.1.5"))
    assert (await updates.state()).kept is not None


async def test_a_node_without_a_key_takes_no_updates(made: Callable[..., Updates]) -> None:
    updates = made()

    assert not (await updates.state()).takes_updates
    with pytest.raises(NoUpdatesHereError):
        await taken(updates, files.written())
    with pytest.raises(NoUpdatesHereError):
        updates.refuse_large(1)


async def test_a_key_that_is_none_is_like_no_key(made: Callable[..., Updates], tmp_path: Path) -> None:
    files.keys_in(tmp_path / "keys")
    (tmp_path / "keys" / "broken.pub").write_bytes(b"short")

    assert not (await made().state()).takes_updates


async def test_what_is_kept_is_there_after_a_restart_and_what_broke_off_is_not(
    updates: Updates, made: Callable[..., Updates]
) -> None:
    kept = await taken(updates, files.written())
    brought(updates, b"half", "upload")
    brought(updates, b"half", "beef.part")
    (updates.incoming.parent / f"{'0' * 64}.update").write_bytes(files.written("0.1.9")[:-5])

    later = made()

    assert (await later.state()).kept == kept
    assert kept_files(later) == [f"{kept.digest}.update"]
    assert [path.name for path in later.incoming.iterdir()] == ["beef.part"]


async def test_after_the_power_went_between_two_updates_the_newer_one_stays(
    updates: Updates, made: Callable[..., Updates]
) -> None:
    old, new = files.written("0.2.0"), files.written("0.10.0")
    for content in (old, new):
        (updates.incoming.parent / f"{files.digest_of(content)}.update").write_bytes(content)

    state = await made().state()

    assert state.kept is not None
    assert state.kept.version == "0.10.0"
    assert kept_files(updates) == [f"{files.digest_of(new)}.update"]


async def test_a_disk_without_room_is_told_with_the_numbers(updates: Updates, disk: Disk) -> None:
    disk.free = 2_000_000_000

    with pytest.raises(NoRoomForUpdateError, match=r"1\.8 GB .* 1\.5 GB"):
        updates.refuse_large(700_000_000)

    disk.free = 2_400_000_000
    updates.refuse_large(700_000_000)


async def test_who_cannot_install_needs_room_for_one_copy(
    made: Callable[..., Updates], disk: Disk, tmp_path: Path
) -> None:
    files.keys_in(tmp_path / "keys")
    disk.free = 1_300_000_000

    made(on_our_system=False).refuse_large(700_000_000)


async def test_a_disk_that_becomes_full_is_a_sentence_and_leaves_nothing(
    updates: Updates, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(NoRoomForUpdateError, match="became full"):
        await taken(updates, files.written())

    assert kept_files(updates) == []
    assert list(updates.incoming.iterdir()) == []


async def test_installing_is_shown_as_it_goes_and_then_waits_for_the_next_start(
    updates: Updates, system: FakeSystem
) -> None:
    content = files.written()
    await taken(updates, content)
    system.goes_on.clear()

    begun = await updates.install()
    while (again := await updates.install()).going == begun.going:
        await asyncio.sleep(0.01)
    with pytest.raises(UpdateBusyError):
        await taken(updates, files.written("0.3.0"))
    with pytest.raises(UpdateBusyError):
        await updates.restart()
    with pytest.raises(UpdateBusyError):
        await updates.forget()
    system.goes_on.set()
    state = await idle(updates)

    assert begun.going == Going(what="installing")
    assert again.going is not None
    assert again.going.share == pytest.approx(0.5, abs=0.01)
    assert (state.waiting, state.running, state.problem) == ("0.2.0", "0.1.0", "")
    assert system.installed == [content]
    assert state.kept is not None
    assert (await updates.install()).going is None
    assert system.installed == [content]


async def test_what_waits_is_started_by_a_restart(updates: Updates, system: FakeSystem) -> None:
    await taken(updates, files.written())
    with pytest.raises(NothingWaitingError):
        await updates.restart()

    await updates.install()
    await idle(updates)
    await updates.restart()

    assert system.restarts == 1


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (UpdateRefusedError("slot", "The other place is in use. Restart the box."), "The other place is in use."),
        (SystemAwayError(), "does not answer"),
        (OSError(errno.EIO, "broken"), "can't be read"),
    ],
)
async def test_an_installation_that_fails_says_why_and_can_be_tried_again(
    updates: Updates, system: FakeSystem, error: Exception, sentence: str
) -> None:
    await taken(updates, files.written())
    system.error = error

    await updates.install()
    failed = await idle(updates)
    system.error = None
    await updates.install()
    state = await idle(updates)

    assert sentence in failed.problem
    assert failed.waiting is None
    assert (state.waiting, state.problem) == ("0.2.0", "")


async def test_an_installation_needs_an_update_a_system_and_room(
    updates: Updates, made: Callable[..., Updates], disk: Disk
) -> None:
    with pytest.raises(NothingKeptError):
        await updates.install()
    await taken(updates, files.written())
    disk.free = 500_000_000
    with pytest.raises(NoRoomForUpdateError):
        await updates.install()
    elsewhere = made(on_our_system=False)
    with pytest.raises(NoSystemError, match="git pull"):
        await elsewhere.install()
    with pytest.raises(NoSystemError):
        await elsewhere.restart()

    assert not (await elsewhere.state()).can_install


async def test_what_runs_by_now_stays_kept_for_others_and_is_not_installed_again(
    updates: Updates, made: Callable[..., Updates], system: FakeSystem
) -> None:
    kept = await taken(updates, files.written())
    system.known = system.known.model_copy(update={"running": "0.2.0"})
    later = made()

    assert (await later.state()).kept == kept
    with pytest.raises(UnfitUpdateError):
        await later.install()


async def test_a_system_that_does_not_answer_is_told_and_asked_again(updates: Updates, system: FakeSystem) -> None:
    system.is_away = True
    away = await updates.state()
    with pytest.raises(SystemAwayError):
        await updates.restart()
    system.is_away = False
    back = await updates.state()

    assert "does not answer" in away.problem
    assert (away.running, back.problem) == ("0.1.0", "")
    asked = system.asked
    await updates.state()
    assert system.asked == asked


async def test_a_system_that_takes_its_time_is_asked_once_and_heard_later(
    updates: Updates, system: FakeSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.updates.updates._STATE_SECONDS", 0.05)
    system.slow_seconds = 0.3

    early = await updates.state()
    await updates.state()
    await asyncio.sleep(0.5)
    late = await updates.state()

    assert ("does not answer" in early.problem, late.problem, system.asked) == (True, "", 1)


async def test_a_version_that_failed_is_named(updates: Updates, system: FakeSystem) -> None:
    system.known = system.known.model_copy(update={"failed": "0.2.0"})

    assert (await updates.state()).failed == "0.2.0"


async def test_what_is_forgotten_is_gone(updates: Updates) -> None:
    await taken(updates, files.written())
    await updates.forget()

    assert (await updates.state()).kept is None
    assert kept_files(updates) == []
