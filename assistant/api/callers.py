"""Who calls: a person by session, a person's program by key, or a program on this box by the local key."""

import hashlib
import hmac
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection, Request

from assistant.clock import Clock
from assistant.errors import NeedsThePersonError, NotClaimedError
from assistant.identifiers import ShelfId
from assistant.keys import PREFIX, Key, Keys
from assistant.models.errors import NotTheOwnerError
from assistant.people import People, Person, shelves_of
from assistant.sessions import Session, Sessions
from assistant.throttle import KEY_LIMITS, Throttle

COOKIE = "hearth_session"
CLIENT_HEADER = "X-Hearth-Client"
"""Where hearth-web says for whom it asks; only hearth-web and programs on this box reach the socket."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """A known caller; without a person it is the household, on a box that nobody has claimed."""

    person: Person | None
    session: Session | None = None
    key: Key | None = None

    @property
    def asker(self) -> str:
        """By what name this caller waits in line: all that one person's programs ask waits in one."""
        return self.person.id if self.person else "household"

    @property
    def shelves(self) -> tuple[ShelfId, ...]:
        """The shelves that this caller may read."""
        return shelves_of(self.person)


class Callers:
    """Knows callers by the token they bring; guessing keys is slowed by address."""

    def __init__(self, *, people: People, sessions: Sessions, keys: Keys, clock: Clock, local_key: str) -> None:
        self._people = people
        self._sessions = sessions
        self._keys = keys
        self._local_key = _digest(local_key)
        self._wrong_keys = Throttle(KEY_LIMITS, clock=clock)

    def known(self, connection: HTTPConnection) -> Caller | None:
        """The caller, or nothing for a stranger; raises `TooManyGuessesError` for one with ever other wrong keys."""
        token = token_of(connection)
        if not token:
            return None
        if hmac.compare_digest(_digest(token), self._local_key):
            return Caller(person=self._people.owner())
        caller = self._by_key(token) if token.startswith(PREFIX) else self._by_session(token)
        if caller is None and token.startswith(PREFIX):
            # A right key passes even from where wrong ones came: one program with an old key must not lock out others.
            self._wrong_keys.charge({"client": client_of(connection), "everyone": ""})
        return caller

    def _by_key(self, token: str) -> Caller | None:
        key = self._keys.find(token)
        person = self._people.person(key.person_id) if key else None
        return Caller(person=person, key=key) if person else None

    def _by_session(self, token: str) -> Caller | None:
        session = self._sessions.find(token)
        person = self._people.person(session.person_id) if session else None
        return Caller(person=person, session=session) if person else None


def token_of(connection: HTTPConnection) -> str:
    """What the caller shows: a bearer token, else `x-api-key`, else the session's cookie; empty without any."""
    return (
        bearer_token(connection.headers.get("authorization", ""))
        or connection.headers.get("x-api-key", "").strip()
        or connection.cookies.get(COOKIE, "")
    )


def client_of(connection: HTTPConnection) -> str:
    """From where the request came, such as an address; it only slows guessing."""
    return connection.headers.get(CLIENT_HEADER, "this box")[:64]


def bearer_token(authorization: str) -> str:
    """The token of an `Authorization` header; empty where it is of another scheme."""
    scheme, _, token = authorization.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _caller(request: Request) -> Caller:
    caller: Caller = request.state.caller
    return caller


def _person(request: Request) -> Person:
    person = _caller(request).person
    if person is None:
        raise NotClaimedError
    return person


def _person_here(request: Request) -> Person:
    if _caller(request).key is not None:
        raise NeedsThePersonError
    return _person(request)


def owner_here(request: Request) -> Person:
    """The owner, come by session or from this very box; refuses others, and a program's key, with a sentence."""
    caller = _caller(request)
    person = _person(request)
    if caller.key is not None or person.role != "owner":
        raise NotTheOwnerError
    return person


CurrentCaller = Annotated[Caller, Depends(_caller)]
"""Whoever the doorman let in."""
CurrentPerson = Annotated[Person, Depends(_person)]
"""The caller where it has to be a person; refuses with `NotClaimedError` before the box is claimed."""

PersonHere = Annotated[Person, Depends(_person_here)]
"""The person, come by session or from this very box; refuses a program's key with `NeedsThePersonError`."""


def _digest(token: str) -> bytes:
    """Of one length for all tokens, so that comparing takes the same time."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
