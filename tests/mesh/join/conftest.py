"""Two boxes in memory."""

from pathlib import Path

import pytest

from tests.mesh.join.talk import Box, Time


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def home(tmp_path: Path, time: Time) -> Box:
    return Box(tmp_path, "alpha", time)


@pytest.fixture
def newcomer(tmp_path: Path, time: Time) -> Box:
    return Box(tmp_path, "beta", time)
