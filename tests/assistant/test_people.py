"""The first person owns the box, and each reads the own shelf and the household's."""

import asyncio
from pathlib import Path

import pytest

from assistant.errors import UnfitNameError
from assistant.household_errors import AlreadyClaimedError, WeakPasswordError, WrongLoginError
from assistant.passwords import HashingCost, Passwords
from assistant.people import People, fit_name, name_key
from assistant.shelves import Shelves
from assistant.store import Database
from tests.fakes import FakeClock

PASSWORD = "a warm fire in winter"


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database(tmp_path / "hearth.sqlite")


@pytest.fixture
def people(database: Database) -> People:
    cost = HashingCost(memory_kib=64, passes=1, lanes=1)
    return People(database=database, passwords=Passwords(cost), clock=FakeClock())


async def test_the_first_person_becomes_the_owner(people: People) -> None:
    assert not people.is_claimed()

    ada = await people.claim(name="Ada", password=PASSWORD)

    assert ada.role == "owner"
    assert people.owner() == ada == people.person(ada.id)


async def test_the_owner_reads_the_own_shelf_and_the_households(people: People) -> None:
    ada = await people.claim(name="Ada", password=PASSWORD)

    shelves = Shelves(people._database)
    assert shelves.reach(ada).readable == (f"private-{ada.id}", "household")
    assert shelves.reach(None).readable == ("household",)


async def test_the_box_is_claimed_once(people: People) -> None:
    await people.claim(name="Ada", password=PASSWORD)

    with pytest.raises(AlreadyClaimedError):
        await people.claim(name="Eve", password=PASSWORD)


async def test_of_two_who_claim_at_the_same_time_one_is_refused(people: People) -> None:
    results = await asyncio.gather(
        people.claim(name="Ada", password=PASSWORD), people.claim(name="Eve", password=PASSWORD), return_exceptions=True
    )

    assert sorted(type(result).__name__ for result in results) == ["AlreadyClaimedError", "Person"]


async def test_a_weak_password_claims_nothing(people: People) -> None:
    with pytest.raises(WeakPasswordError):
        await people.claim(name="Ada", password="ada")

    assert not people.is_claimed()


async def test_a_person_signs_in_by_a_name_in_any_case(people: People) -> None:
    ada = await people.claim(name="Ada Lovelace", password=PASSWORD)

    assert await people.sign_in(name="  ada  LOVELACE ", password=PASSWORD) == ada


@pytest.mark.parametrize(("name", "password"), [("Ada", "a warm fire"), ("Eve", PASSWORD), ("", ""), ("Ada", "")])
async def test_a_wrong_name_and_a_wrong_password_are_refused_alike(people: People, name: str, password: str) -> None:
    await people.claim(name="Ada", password=PASSWORD)

    with pytest.raises(WrongLoginError, match="name or the password"):
        await people.sign_in(name=name, password=password)


async def test_a_hash_of_an_older_cost_is_made_anew_at_the_next_sign_in(database: Database) -> None:
    clock = FakeClock()
    old = People(database=database, passwords=Passwords(HashingCost(memory_kib=64, passes=1, lanes=1)), clock=clock)
    await old.claim(name="Ada", password=PASSWORD)
    new = People(database=database, passwords=Passwords(HashingCost(memory_kib=128, passes=2, lanes=1)), clock=clock)

    await new.sign_in(name="Ada", password=PASSWORD)

    with database.reading() as connection:
        (hashed,) = connection.execute("SELECT password_hash FROM people").fetchone()
    assert "m=128,t=2,p=1" in hashed


async def test_the_database_does_not_hold_the_password(people: People, database: Database) -> None:
    await people.claim(name="Ada", password=PASSWORD)

    stored = b"".join(file.read_bytes() for file in database.path.parent.iterdir())
    assert PASSWORD.encode() not in stored


@pytest.mark.parametrize("name", ["", "   ", "x" * 61, "Ada\x07", "Ada\u202eevE"])
def test_nobody_can_be_called_so(name: str) -> None:
    with pytest.raises(UnfitNameError):
        fit_name(name)


def test_names_that_look_the_same_are_the_same() -> None:
    assert name_key("Ａda") == name_key("ADA") == name_key(" ada ")
