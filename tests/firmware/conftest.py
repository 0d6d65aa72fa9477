"""Every test PC, laid out and probed once a session."""

import functools
from collections.abc import Callable
from pathlib import Path

import pytest

from firmware.hardware import Hardware
from firmware.probe import probe
from tests.firmware import pcs

SeenPc = Callable[[str], Hardware]


@pytest.fixture(scope="session")
def seen_pc(tmp_path_factory: pytest.TempPathFactory) -> SeenPc:
    """What the probe sees of the PC of that name in tests.firmware.pcs."""

    @functools.cache
    def seen(name: str) -> Hardware:
        folder: Path = tmp_path_factory.mktemp("pc")
        return probe(pcs.write(pcs.ALL[name], folder))

    return seen
