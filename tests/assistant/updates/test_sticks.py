"""Updates on sticks in the box: found with their version, or with why they are none for it, and taken as wished."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from assistant.library_errors import DiskNotFoundError
from assistant.updates.errors import UpdateBusyError
from assistant.updates.sticks import StickUpdates
from assistant.updates.updates import State, Updates
from firmware.updates.errors import DamagedUpdateError, NotAnUpdateError, UnfitUpdateError, UntrustedUpdateError
from tests import updates as files
from tests.sticks import OneStick


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    folder = tmp_path / "stick"
    (folder / "new").mkdir(parents=True)
    (folder / "new" / "hearth_0.2.0.update").write_bytes(files.written())
    (folder / "old.update").write_bytes(files.written("0.0.9"))
    (folder / "strange.update").write_bytes(files.written(key=files.STRANGER))
    (folder / "short.update").write_bytes(files.written()[:-1])
    (folder / "photo.update").write_bytes(b"\xff\xd8 no update")
    return folder


@pytest.fixture
async def sticks(stick: Path, updates: Updates) -> AsyncIterator[StickUpdates]:
    made = StickUpdates(OneStick(stick), updates)
    running = asyncio.create_task(made.run())
    yield made
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def over(updates: Updates) -> State:
    while (state := await updates.state()).kept is None and not state.problem:
        await asyncio.sleep(0.01)
    return state


async def test_each_update_is_told_with_its_version_or_with_why_it_can_not_be_taken(sticks: StickUpdates) -> None:
    found = {one.on.path: (one.version, one.problem) for one in await sticks.found()}

    assert set(found) == {"new/hearth_0.2.0.update", "old.update", "strange.update", "short.update"}
    assert found["new/hearth_0.2.0.update"] == ("0.2.0", "")
    assert found["old.update"][0] == "0.0.9"
    assert "0.1.0" in found["old.update"][1]
    assert "signed" in found["strange.update"][1]
    assert "whole" in found["short.update"][1]


async def test_one_is_taken_from_the_stick_and_kept(sticks: StickUpdates, updates: Updates, stick: Path) -> None:
    await sticks.take("d1", "new/hearth_0.2.0.update")
    with pytest.raises(UpdateBusyError):
        await sticks.take("d1", "new/hearth_0.2.0.update")
    state = await over(updates)

    assert state.problem == ""
    assert state.kept is not None
    assert state.kept.digest == files.digest_of((stick / "new" / "hearth_0.2.0.update").read_bytes())


@pytest.mark.parametrize(
    ("path", "refusal"),
    [
        ("old.update", UnfitUpdateError),
        ("strange.update", UntrustedUpdateError),
        ("short.update", DamagedUpdateError),
        ("photo.update", NotAnUpdateError),
        ("new", DiskNotFoundError),
        ("gone.update", DiskNotFoundError),
        ("../outside.update", DiskNotFoundError),
    ],
)
async def test_what_is_none_for_this_box_is_refused_before_anything_is_copied(
    sticks: StickUpdates, path: str, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        await sticks.take("d1", path)


async def test_a_stick_that_is_pulled_out_is_told(sticks: StickUpdates, updates: Updates, stick: Path) -> None:
    await sticks.take("d1", "new/hearth_0.2.0.update")
    (stick / "new" / "hearth_0.2.0.update").unlink()

    assert "stick" in (await over(updates)).problem
