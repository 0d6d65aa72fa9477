"""The box lets in who has its code, then who has a name and password, and slows everybody who guesses."""

from pathlib import Path

import pytest

from assistant.entrance import Entrance
from assistant.errors import AssistantError
from assistant.household_errors import (
    AlreadyClaimedError,
    TooManyGuessesError,
    WeakPasswordError,
    WrongLoginError,
    WrongSetupCodeError,
)
from assistant.invitations import Invitations
from assistant.passwords import HashingCost, Passwords
from assistant.people import People
from assistant.sessions import Sessions
from assistant.setup_code import SetupCode
from assistant.store import Database
from tests.fakes import FakeClock

PASSWORD = "a warm fire in winter"


class Scene:
    """An unclaimed box."""

    def __init__(self, folder: Path) -> None:
        database = Database(folder / "hearth.sqlite")
        self.clock = FakeClock()
        self.code = SetupCode(path=folder / "setup-code", clock=self.clock)
        self.sessions = Sessions(database=database, clock=self.clock)
        passwords = Passwords(HashingCost(memory_kib=64, passes=1, lanes=1))
        self.people = People(database=database, passwords=passwords, clock=self.clock)
        self.invitations = Invitations(database=database, people=self.people, passwords=passwords, clock=self.clock)
        self.entrance = Entrance(
            people=self.people,
            sessions=self.sessions,
            invitations=self.invitations,
            setup_code=self.code,
            clock=self.clock,
        )

    async def claim(self, code: str, client: str = "10.0.0.1", password: str = PASSWORD) -> str:
        signed_in = await self.entrance.claim(code=code, name="Ada", password=password, client=client)
        return signed_in.session

    async def sign_in(self, password: str, name: str = "Ada", client: str = "10.0.0.1") -> str:
        signed_in = await self.entrance.sign_in(name=name, password=password, client=client)
        return signed_in.session


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


async def test_the_right_code_claims_the_box_and_signs_in(scene: Scene) -> None:
    session = scene.sessions.find(await scene.claim(scene.code.current().shown))

    owner = scene.people.owner()
    assert session is not None
    assert owner is not None
    assert session.person_id == owner.id


async def test_a_code_claims_once(scene: Scene, tmp_path: Path) -> None:
    code = scene.code.current().shown
    await scene.claim(code)

    with pytest.raises(AlreadyClaimedError):
        await scene.claim(code)
    assert not (tmp_path / "setup-code").exists()


async def test_a_weak_password_leaves_the_code_as_it_is(scene: Scene) -> None:
    code = scene.code.current().shown
    with pytest.raises(WeakPasswordError):
        await scene.claim(code, password="short")

    await scene.claim(code)


async def test_guessing_the_code_is_slowed_and_changes_it(scene: Scene) -> None:
    first = scene.code.current().shown
    refusals: list[type[AssistantError]] = []
    for _ in range(7):
        try:
            await scene.claim("AAAA-AAAA")
        except AssistantError as error:
            refusals.append(type(error))

    assert refusals == [WrongSetupCodeError] * 5 + [TooManyGuessesError] * 2
    assert scene.code.current().shown != first


async def test_many_strangers_who_guess_the_code_together_are_slowed(scene: Scene) -> None:
    refusals = set()
    for number in range(21):
        try:
            await scene.claim("AAAA-AAAA", client=f"10.0.0.{number}")
        except AssistantError as error:
            refusals.add(type(error))

    assert TooManyGuessesError in refusals


async def test_the_wait_grows_with_each_wrong_password(scene: Scene) -> None:
    await scene.claim(scene.code.current().shown)
    waits = []
    for _ in range(8):
        try:
            await scene.sign_in("wrong password")
        except TooManyGuessesError as error:
            waits.append(error.wait_seconds)
            scene.clock.advance(seconds=error.wait_seconds)
            with pytest.raises(WrongLoginError):
                await scene.sign_in("wrong password")
        except WrongLoginError:
            pass

    assert waits == [2, 4, 8]


async def test_a_right_password_in_time_forgives_the_wrong_ones(scene: Scene) -> None:
    await scene.claim(scene.code.current().shown)
    for _ in range(3):
        for _ in range(4):
            with pytest.raises(WrongLoginError):
                await scene.sign_in("wrong password")
        assert scene.sessions.find(await scene.sign_in(PASSWORD)) is not None


async def test_a_stranger_cannot_lock_the_owner_out_for_long(scene: Scene) -> None:
    await scene.claim(scene.code.current().shown)
    for number in range(60):
        with pytest.raises((WrongLoginError, TooManyGuessesError)):
            await scene.sign_in("wrong password", client=f"10.0.0.{number}")
        scene.clock.advance(seconds=1)

    scene.clock.advance(seconds=60)
    assert await scene.sign_in(PASSWORD, client="10.0.1.1")


async def test_each_sign_in_gives_a_new_token(scene: Scene) -> None:
    first = await scene.claim(scene.code.current().shown)

    assert await scene.sign_in(PASSWORD) != first
