from pathlib import Path

import pytest

from tests.assistant.storm import storm


@pytest.mark.journey
@pytest.mark.timeout(600)
def test_a_library_that_is_killed_at_any_moment_loses_and_doubles_nothing(tmp_path: Path) -> None:
    """`make storm COUNT=1000` is the long one."""
    problems, counts = storm(8, tmp_path / "state", seed=20261121)

    assert problems == []
    assert counts["answers"] > 0, counts
    assert counts["compared"] > 0, counts
    assert counts["scanned"] > 0, counts
