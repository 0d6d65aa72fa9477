"""When `.venv` has to be made anew, and when it serves as it is."""

from image.build.environment import Extent, is_enough

_KEYS: dict[Extent, str] = {"run": "key of run.lock", "test": "key of test.lock"}


def test_who_runs_the_product_after_the_tests_keeps_the_tools_of_the_tests() -> None:
    """The two commands do not take each other's packages away."""
    assert is_enough("key of test.lock", "run", _KEYS)


def test_an_environment_for_running_lacks_the_tools_of_the_tests() -> None:
    """It is completed before the tests run."""
    assert is_enough("key of run.lock", "run", _KEYS)
    assert not is_enough("key of run.lock", "test", _KEYS)


def test_an_environment_of_other_locks_serves_nobody() -> None:
    """A changed lock file is installed before anything else happens."""
    assert not is_enough("an older key", "run", _KEYS)
    assert not is_enough("an older key", "test", _KEYS)
