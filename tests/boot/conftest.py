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
from tests.boot.journey import Timings

BUILD = Path(__file__).parent.parent.parent / "build"
FIGURES = BUILD / "boot-tests" / "figures.json"


class Record(Protocol):
    """Keeps the figures of one journey."""

    def __call__(self, timings: Timings) -> None:
        """Write them down under the test's name."""


@pytest.fixture(scope="session")
def image() -> Path:
    return newest(BUILD)


@pytest.fixture(scope="session")
def kernel(image: Path) -> Kernel:
    return unpack(unified_kernel_of(image), BUILD / "boot-tests" / "kernel")


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
def record(request: pytest.FixtureRequest, accelerator: Accelerator) -> Record:
    name = request.node.name.removeprefix("test_")

    def keep(timings: Timings) -> None:
        figures = json.loads(FIGURES.read_text()) if FIGURES.exists() else {}
        figures["accel"] = accelerator.name
        figures |= {f"{name}.{figure}": seconds for figure, seconds in asdict(timings).items()}
        FIGURES.write_text(json.dumps(figures, indent=2) + "\n")
        print(f"\n{name}: {asdict(timings)}")

    return keep
