"""Only who stands before the box can read the code that claims it."""

import asyncio
import json
import stat
from itertools import cycle
from pathlib import Path

import pytest

from assistant.household_errors import WrongSetupCodeError
from assistant.setup_code import ALPHABET, LENGTH, SetupCode
from tests.fakes import FakeClock


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "assistant" / "setup-code"


def setup_code(path: Path, clock: FakeClock) -> SetupCode:
    letters = cycle(ALPHABET)
    return SetupCode(path=path, clock=clock, choose=lambda _: next(letters))


def test_the_file_shows_the_code_in_two_groups_and_when_it_expires(path: Path) -> None:
    setup_code(path, FakeClock()).current()

    assert json.loads(path.read_text()) == {"code": "ABCD-EFGH", "expires_at": "2027-01-01T13:00:00+00:00"}


def test_the_file_is_readable_by_its_owner_and_group_alone(path: Path) -> None:
    setup_code(path, FakeClock()).current()

    assert stat.S_IMODE(path.stat().st_mode) == 0o640


@pytest.mark.parametrize("guess", ["ABCD-EFGH", "abcdefgh", " abcd efgh ", "ABCD–EFGH"])
def test_the_code_is_taken_in_any_case_and_without_its_dash(path: Path, guess: str) -> None:
    setup_code(path, FakeClock()).check(guess)


@pytest.mark.parametrize("guess", ["", "ABCD-EFGJ", "ABCD-EFGHH", "ÀBCD-EFGH", "\ud800"])
def test_another_code_is_refused(path: Path, guess: str) -> None:
    with pytest.raises(WrongSetupCodeError):
        setup_code(path, FakeClock()).check(guess)


def test_after_an_hour_there_is_another_code(path: Path) -> None:
    clock = FakeClock()
    code = setup_code(path, clock)
    first = code.current().shown
    clock.advance(hours=1)

    with pytest.raises(WrongSetupCodeError):
        code.check(first)

    assert json.loads(path.read_text())["code"] == code.current().shown != first


def test_after_five_wrong_guesses_there_is_another_code(path: Path) -> None:
    code = setup_code(path, FakeClock())
    first = code.current().shown
    for _ in range(5):
        with pytest.raises(WrongSetupCodeError):
            code.check("WRONG")

    with pytest.raises(WrongSetupCodeError):
        code.check(first)


def test_once_the_box_is_claimed_the_file_is_gone(path: Path) -> None:
    code = setup_code(path, FakeClock())
    code.current()

    code.discard()

    assert not path.exists()


def test_the_file_is_there_while_the_box_is_unclaimed_and_gone_once_it_is_claimed(path: Path) -> None:
    code = setup_code(path, FakeClock())
    code.refresh_seconds = 0
    answers = iter([False, False, True])
    seen = []

    def is_claimed() -> bool:
        seen.append(path.exists())
        return next(answers)

    asyncio.run(code.keep_current(is_claimed))

    assert seen == [False, True, True]
    assert not path.exists()


def test_a_code_has_no_letters_that_look_alike() -> None:
    assert not set(ALPHABET) & set("01OIL")
    assert len(ALPHABET) ** LENGTH > 2**38
