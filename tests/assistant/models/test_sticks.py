"""Models on sticks in the box: found by how they begin, checked before they are copied, taken in with progress."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from assistant.errors import AssistantError
from assistant.library_errors import DiskNotFoundError
from assistant.models.errors import ModelExistsError, UnfitModelError
from assistant.models.imports import Imports
from assistant.models.shelf import ModelShelf
from assistant.models.sticks import StickModels, Taking
from tests import gguf
from tests.fakes import FakeClock
from tests.sticks import OneStick


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    folder = tmp_path / "stick"
    (folder / "models" / ".hidden").mkdir(parents=True)
    (folder / "models" / "Tiny Model.gguf").write_bytes(gguf.written())
    (folder / "models" / ".hidden" / "secret.gguf").write_bytes(gguf.written())
    (folder / "photo.gguf").write_bytes(b"\xff\xd8 no model")
    (folder / "link.gguf").symlink_to(folder / "models" / "Tiny Model.gguf")
    (folder / "cut.gguf").write_bytes(b"GGUF\x03\x00\x00\x00")
    return folder


@pytest.fixture
def shelf(tmp_path: Path) -> ModelShelf:
    (tmp_path / "own").mkdir()
    return ModelShelf(tmp_path / "own", reserved=("hearth",), clock=FakeClock())


@pytest.fixture
async def sticks(stick: Path, shelf: ModelShelf) -> AsyncIterator[StickModels]:
    made = StickModels(OneStick(stick), Imports(shelf=shelf))
    running = asyncio.create_task(made.run())
    yield made
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def over(sticks: StickModels) -> Taking:
    while sticks.takings()[0].is_running:
        await asyncio.sleep(0.01)
    return sticks.takings()[0]


async def test_models_are_found_by_how_they_begin_and_hidden_ones_and_links_are_not(sticks: StickModels) -> None:
    found = await sticks.found()

    assert [(one.disk, one.path) for one in found] == [("HOLIDAY", "cut.gguf"), ("HOLIDAY", "models/Tiny Model.gguf")]


async def test_a_model_is_taken_in_under_its_files_name(sticks: StickModels, shelf: ModelShelf, stick: Path) -> None:
    begun = await sticks.take("d1", "models/Tiny Model.gguf")
    ended = await over(sticks)

    size = (stick / "models" / "Tiny Model.gguf").stat().st_size
    known = shelf.find("tiny-model")
    assert begun.is_running
    assert (ended.problem, ended.taken_bytes, ended.size_bytes) == ("", size, size)
    assert known is not None
    assert known.owned.source == "a USB stick"
    with pytest.raises(ModelExistsError):
        await sticks.take("d1", "models/Tiny Model.gguf")


@pytest.mark.parametrize(
    ("path", "refusal"),
    [
        ("photo.gguf", UnfitModelError),
        ("cut.gguf", UnfitModelError),
        ("gone.gguf", DiskNotFoundError),
        ("../outside.gguf", DiskNotFoundError),
    ],
)
async def test_what_is_no_model_of_the_stick_is_refused_before_anything_is_copied(
    sticks: StickModels, shelf: ModelShelf, path: str, refusal: type[AssistantError]
) -> None:
    with pytest.raises(refusal):
        await sticks.take("d1", path)

    assert list(shelf.incoming.glob("*")) == []


async def test_a_stick_that_is_too_large_for_the_disk_is_told(stick: Path, shelf: ModelShelf) -> None:
    sticks = StickModels(OneStick(stick), Imports(shelf=shelf, free=lambda _folder: 1))
    running = asyncio.create_task(sticks.run())

    await sticks.take("d1", "models/Tiny Model.gguf")
    ended = await over(sticks)
    running.cancel()

    assert "disk" in ended.problem
    assert shelf.find("tiny-model") is None
