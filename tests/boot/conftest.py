"""The image that is booted, how, and where the logs and figures of a boot go."""

import json
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Protocol

import pytest

from image.accelerator import Accelerator, choose
from image.guest import Kernel
from image.guest_disk import plug_in
from image.newest import newest, unified_kernel_of
from image.unified_kernel import unpack
from tests.boot import journey, two_boxes

Timings = journey.Timings | journey.UpdateTimings | two_boxes.PairTimings | two_boxes.CarryingTimings
BUILD = Path(__file__).parent.parent.parent / "build"


class Record(Protocol):
    """Keeps the figures of one journey, beside its console log."""

    def __call__(self, timings: Timings) -> None:
        """Write them down."""


@pytest.fixture(scope="session")
def image() -> Path:
    return newest(BUILD)


@pytest.fixture(scope="session")
def kernel(image: Path, tmp_path_factory: pytest.TempPathFactory) -> Kernel:
    return unpack(unified_kernel_of(image), tmp_path_factory.mktemp("kernel"))


@pytest.fixture(scope="session")
def accelerator(kernel: Kernel) -> Accelerator:
    return choose(kernel.linux)


@pytest.fixture
def folder(request: pytest.FixtureRequest) -> Path:
    """Where this test's console log, screen and packets are kept; empty at its start."""
    name: str = request.node.name.removeprefix("test_")
    folder = BUILD / "boot-tests" / name
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def stick(image: Path, folder: Path) -> Path:
    """A stick with the image on it, as nobody has ever started it."""
    disk = folder / "stick.raw"
    plug_in(image, disk, fresh=True)
    return disk


@pytest.fixture
def record(folder: Path, accelerator: Accelerator) -> Record:
    def keep(timings: Timings) -> None:
        figures = {"accel": accelerator.name, **asdict(timings)}
        (folder / "figures.json").write_text(json.dumps(figures, indent=2) + "\n")
        print(f"\n{folder.name}: {figures}")

    return keep
