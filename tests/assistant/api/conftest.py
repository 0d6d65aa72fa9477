"""A fresh box for each test of the API."""

from pathlib import Path

import pytest

from tests.assistant.api.box import Box


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return Box(tmp_path)
