from pathlib import Path

import pytest

from tests.assistant.storm import storm


@pytest.mark.journey
@pytest.mark.timeout(600)
def test_a_library_that_is_killed_at_any_moment_loses_and_doubles_nothing(tmp_path: Path) -> None:
    """`make storm COUNT=1000` is the long one."""
    assert storm(5, tmp_path / "state", seed=20261121) == []
