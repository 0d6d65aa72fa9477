"""Keys for programs: shown once, kept as a hash, taken back at once."""

from pathlib import Path

import pytest

from assistant.errors import UnfitNameError
from assistant.household_errors import KeyNotFoundError, TooManyKeysError
from assistant.identifiers import PersonId
from assistant.keys import MOST_KEYS, PREFIX, Keys, new_secret
from assistant.store import Database
from tests.fakes import FakeClock

ADA, BOB = PersonId("ada"), PersonId("bob")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def database(tmp_path: Path) -> Database:
    database = Database(tmp_path / "hearth.sqlite")
    with database.transaction() as connection:
        for name in ("ada", "bob"):
            connection.execute("INSERT INTO people VALUES (?, ?, ?, 'adult', 'hash', '2027-01-01')", (name, name, name))
    return database


@pytest.fixture
def keys(database: Database, clock: FakeClock) -> Keys:
    return Keys(database=database, clock=clock)


def test_a_key_is_found_by_its_secret_and_stands_for_its_person(keys: Keys) -> None:
    made = keys.create(ADA, "  My   editor ")

    found = keys.find(made.secret)

    assert found is not None
    assert (found.id, found.person_id, found.name) == (made.key.id, ADA, "My editor")


def test_the_secret_is_nowhere_on_the_disk(keys: Keys, database: Database, tmp_path: Path) -> None:
    secret = keys.create(ADA, "editor").secret

    database.forget_deleted()

    kept = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert secret.encode() not in kept
    assert secret[len(PREFIX) :].encode() not in kept


def test_a_secret_has_more_than_128_random_bits_and_no_two_are_alike() -> None:
    secrets = {new_secret() for _ in range(100)}

    assert len(secrets) == 100
    assert all(len(secret) - len(PREFIX) == 32 for secret in secrets)  # base64url: 6 bits each


@pytest.mark.parametrize("wrong", ["", "sk-hearth-", "sk-hearth-guess", "sk-other", "sk-hearth-\ud800"])
def test_a_wrong_secret_finds_nothing(keys: Keys, wrong: str) -> None:
    keys.create(ADA, "editor")

    assert keys.find(wrong) is None


def test_a_key_that_was_taken_back_opens_nothing(keys: Keys) -> None:
    made = keys.create(ADA, "editor")

    keys.revoke(made.key.id, ADA)

    assert keys.find(made.secret) is None
    assert keys.of(ADA) == []


def test_nobody_takes_back_or_sees_the_key_of_another(keys: Keys) -> None:
    made = keys.create(ADA, "editor")

    with pytest.raises(KeyNotFoundError):
        keys.revoke(made.key.id, BOB)

    assert keys.of(BOB) == []
    assert keys.find(made.secret) is not None


def test_the_last_use_is_noted_to_the_minute(keys: Keys, clock: FakeClock) -> None:
    made = keys.create(ADA, "editor")
    assert keys.of(ADA)[0].used_at is None

    clock.advance(hours=1)
    keys.find(made.secret)
    first = keys.of(ADA)[0].used_at
    clock.advance(seconds=30)
    keys.find(made.secret)
    soon = keys.of(ADA)[0].used_at
    clock.advance(seconds=31)
    keys.find(made.secret)
    later = keys.of(ADA)[0].used_at

    assert first is not None
    assert first == soon
    assert later is not None
    assert later > first


def test_keys_are_listed_newest_first(keys: Keys, clock: FakeClock) -> None:
    keys.create(ADA, "one")
    clock.advance(seconds=1)
    keys.create(ADA, "two")

    assert [key.name for key in keys.of(ADA)] == ["two", "one"]


@pytest.mark.parametrize("name", ["", "   ", "a" * 61, "a\x07b"])
def test_a_key_needs_a_name_that_can_be_read(keys: Keys, name: str) -> None:
    with pytest.raises(UnfitNameError):
        keys.create(ADA, name)


def test_there_is_an_end_to_the_keys_of_one_person(keys: Keys) -> None:
    for number in range(MOST_KEYS):
        keys.create(ADA, f"key {number}")

    with pytest.raises(TooManyKeysError):
        keys.create(ADA, "one more")
    keys.create(BOB, "another's")
