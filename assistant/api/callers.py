"""Who calls: a person by session, a person's program by key, or a program on this box by the local key."""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection, Request

from assistant.clock import Clock
from assistant.household_errors import NeedsThePersonError, NotAllowedError, NotClaimedError, NotTheOwnerError
from assistant.identifiers import ShelfId
from assistant.keys import PREFIX, Key, Keys
from assistant.people import People, Person
from assistant.rights import Deed, refuse_unless
from assistant.sessions import Session, Sessions
from assistant.shelves import Reach, Shelves
from assistant.throttle import KEY_LIMITS, Throttle

COOKIE = "hearth_session"
CLIENT_HEADER = "X-Hearth-Client"
"""Where hearth-web says for whom it asks; only hearth-web and programs on this box reach the socket."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """A known caller; without a person it is the household, on a box that nobody has claimed."""

    person: Person | None
    reach: Reach
    session: Session | None = None
    key: Key | None = None

    @property
    def asker(self) -> str:
        """By what name this caller waits in line: all that one person's programs ask waits in one."""
        return self.person.id if self.person else "household"

    @property
    def shelves(self) -> tuple[ShelfId, ...]:
        """The shelves that this caller may read."""
        return self.reach.readable

    def refuse_unless(self, deed: Deed) -> None:
        """Raise `NotAllowedError` where this caller may not do this; a box that nobody claimed has no children."""
        if self.person is not None:
            refuse_unless(self.person.role, deed)

    def refuse_change(self, shelf: ShelfId) -> None:
        """Raise `NotAllowedError` where this caller may read a shelf and not change what lies on it."""
        if shelf in self.reach.changeable:
            return
        if shelf in self.reach.household:
            self.refuse_unless(Deed.CHANGE_HOUSEHOLD)
        raise NotAllowedError(_ANOTHERS_SHELF)


class Callers:
    """Knows callers by the token they bring; guessing keys is slowed by address."""

    def __init__(
        self, *, people: People, shelves: Shelves, sessions: Sessions, keys: Keys, clock: Clock, local_key: str
    ) -> None:
        self._people = people
        self._shelves = shelves
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
            owner = self._people.owner()
            return Caller(person=owner, reach=self._shelves.reach(owner))
        caller = self._by_key(token) if token.startswith(PREFIX) else self._by_session(token)
        if caller is None and token.startswith(PREFIX):
            # A right key passes even from where wrong ones came: one program with an old key must not lock out others.
            self._wrong_keys.charge({"client": client_of(connection), "everyone": ""})
        return caller

    def _by_key(self, token: str) -> Caller | None:
        key = self._keys.find(token)
        person = self._people.person(key.person_id) if key else None
        return Caller(person=person, reach=self._shelves.reach(person), key=key) if person else None

    def _by_session(self, token: str) -> Caller | None:
        session = self._sessions.find(token)
        person = self._people.person(session.person_id) if session else None
        return Caller(person=person, reach=self._shelves.reach(person), session=session) if person else None


def token_of(connection: HTTPConnection) -> str:
    """What the caller shows: a bearer token, else `x-api-key`, else the session's cookie; empty without any."""
    return (
        bearer_token(connection.headers.get("authorization", ""))
        or basic_password(connection.headers.get("authorization", ""))
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


def basic_password(authorization: str) -> str:
    """The password of a Basic `Authorization` header (RFC 7617), where it is a key; a name may stand before it."""
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        decoded = base64.b64decode(encoded.strip(), validate=True).decode("utf-8")
    except ValueError:
        return ""
    password = decoded.partition(":")[2]
    return password if password.startswith(PREFIX) else ""


# FastAPI sends what is not a coroutine to a thread and back, 0.3 ms for a glance at the request.


async def _caller(request: Request) -> Caller:
    return _known(request)


async def _person(request: Request) -> Person:
    return _claimed(_known(request))


async def _person_here(request: Request) -> Person:
    return _come_here(_known(request))


async def owner_here(request: Request) -> Person:
    """The owner, come by session or from this very box; refuses others, and a program's key, with a sentence."""
    caller = _known(request)
    return _owned(caller, _claimed(caller))


async def owner_or_nobody(request: Request) -> Person | None:
    """The owner, or the local user of a box that nobody owns yet."""
    caller = _known(request)
    return None if caller.person is None else _owned(caller, caller.person)


async def _owner_here(request: Request) -> Person:
    person = _come_here(_known(request))
    refuse_unless(person.role, Deed.MANAGE_PEOPLE)
    return person


def _known(request: Request) -> Caller:
    caller: Caller = request.state.caller
    return caller


def _claimed(caller: Caller) -> Person:
    if caller.person is None:
        raise NotClaimedError
    return caller.person


def _come_here(caller: Caller) -> Person:
    if caller.key is not None:
        raise NeedsThePersonError
    return _claimed(caller)


def _owned(caller: Caller, person: Person) -> Person:
    if caller.key is not None or person.role != "owner":
        raise NotTheOwnerError
    return person


_ANOTHERS_SHELF = "This file is on somebody else's shelf, who lets you read it. Ask them to change it."

CurrentCaller = Annotated[Caller, Depends(_caller)]
"""Whoever the doorman let in."""
CurrentPerson = Annotated[Person, Depends(_person)]
"""The caller where it has to be a person; refuses with `NotClaimedError` before the box is claimed."""

PersonHere = Annotated[Person, Depends(_person_here)]
"""The person, come by session or from this very box; refuses a program's key with `NeedsThePersonError`."""

OwnerHere = Annotated[Person, Depends(_owner_here)]
"""The owner, who manages people; refuses others with `NotAllowedError`."""


def _digest(token: str) -> bytes:
    """Of one length for all tokens, so that comparing takes the same time."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
