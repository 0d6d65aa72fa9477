"""Who calls: a session's person, or a program on this box that holds the local key."""

import hashlib
import hmac
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection, Request

from assistant.errors import NotClaimedError
from assistant.identifiers import ShelfId
from assistant.people import People, Person, shelves_of
from assistant.sessions import Session, Sessions

COOKIE = "hearth_session"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """A known caller; without a person it is the household, on a box that nobody has claimed."""

    person: Person | None
    session: Session | None

    @property
    def shelves(self) -> tuple[ShelfId, ...]:
        """The shelves that this caller may read."""
        return shelves_of(self.person)


class Callers:
    """Knows callers by the token they bring."""

    def __init__(self, *, people: People, sessions: Sessions, local_key: str) -> None:
        self._people = people
        self._sessions = sessions
        self._local_key = _digest(local_key)

    def known(self, connection: HTTPConnection) -> Caller | None:
        """The caller, or nothing for a stranger."""
        token = bearer_token(connection.headers.get("authorization", "")) or connection.cookies.get(COOKIE, "")
        if not token:
            return None
        if hmac.compare_digest(_digest(token), self._local_key):
            return Caller(person=self._people.owner(), session=None)
        session = self._sessions.find(token)
        person = self._people.person(session.person_id) if session else None
        return Caller(person=person, session=session) if person else None


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


CurrentCaller = Annotated[Caller, Depends(_caller)]
"""Whoever the doorman let in."""
CurrentPerson = Annotated[Person, Depends(_person)]
"""The caller where it has to be a person; refuses with `NotClaimedError` before the box is claimed."""


def _digest(token: str) -> bytes:
    """Of one length for all tokens, so that comparing takes the same time."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
