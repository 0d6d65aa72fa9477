"""A session stands for a person until it ends."""

from pathlib import Path

import pytest

from assistant.household_errors import SessionNotFoundError
from assistant.identifiers import PersonId
from assistant.passwords import HashingCost, Passwords
from assistant.people import People, Person
from assistant.sessions import Sessions
from assistant.store import Database
from tests.fakes import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database(tmp_path / "hearth.sqlite")


@pytest.fixture
async def ada(database: Database, clock: FakeClock) -> Person:
    cost = HashingCost(memory_kib=64, passes=1, lanes=1)
    people = People(database=database, passwords=Passwords(cost), clock=clock)
    return await people.claim(name="Ada", password="a warm fire")


@pytest.fixture
def sessions(database: Database, clock: FakeClock) -> Sessions:
    return Sessions(database=database, clock=clock)


def test_a_token_finds_its_person(sessions: Sessions, ada: Person) -> None:
    session = sessions.find(sessions.open(ada.id))

    assert session is not None
    assert session.person_id == ada.id


@pytest.mark.parametrize("token", ["", "guess", "\ud800", "x" * 100_000])
def test_another_token_finds_nobody(sessions: Sessions, ada: Person, token: str) -> None:
    sessions.open(ada.id)

    assert sessions.find(token) is None


def test_tokens_are_long_and_never_the_same(sessions: Sessions, ada: Person) -> None:
    first, second = sessions.open(ada.id), sessions.open(ada.id)

    assert first != second
    assert len(first) >= 43


def test_the_database_does_not_hold_the_token(sessions: Sessions, ada: Person, database: Database) -> None:
    token = sessions.open(ada.id)

    stored = b"".join(file.read_bytes() for file in database.path.parent.iterdir())
    assert token.encode() not in stored


def test_a_session_ends_after_30_days_without_use(sessions: Sessions, ada: Person, clock: FakeClock) -> None:
    token = sessions.open(ada.id)
    clock.advance(days=30, seconds=1)

    assert sessions.find(token) is None


def test_use_keeps_a_session_but_not_beyond_90_days(sessions: Sessions, ada: Person, clock: FakeClock) -> None:
    token = sessions.open(ada.id)
    for _ in range(9):
        clock.advance(days=10)
        assert sessions.find(token) is not None

    clock.advance(seconds=1)
    assert sessions.find(token) is None


def test_ended_sessions_are_swept_away_at_the_next_sign_in(
    sessions: Sessions, ada: Person, clock: FakeClock, database: Database
) -> None:
    sessions.open(ada.id)
    clock.advance(days=31)
    sessions.open(ada.id)

    with database.reading() as connection:
        assert connection.execute("SELECT count(*) FROM sessions").fetchone()[0] == 1


def test_a_renewed_token_counts_and_the_old_one_does_not(sessions: Sessions, ada: Person) -> None:
    old = sessions.open(ada.id)
    session = sessions.find(old)
    assert session is not None

    new = sessions.renew(session)

    assert sessions.find(old) is None
    assert sessions.find(new) is not None


def test_a_person_ends_a_session_elsewhere(sessions: Sessions, ada: Person) -> None:
    here, there = sessions.open(ada.id), sessions.open(ada.id)
    elsewhere = sessions.find(there)
    assert elsewhere is not None

    sessions.close(elsewhere.id, ada.id)

    assert sessions.find(there) is None
    assert [session.id for session in sessions.of(ada.id)] == [found.id for found in [sessions.find(here)] if found]


def test_nobody_ends_another_persons_session(sessions: Sessions, ada: Person) -> None:
    session = sessions.find(sessions.open(ada.id))
    assert session is not None

    with pytest.raises(SessionNotFoundError):
        sessions.close(session.id, PersonId("somebody else"))
