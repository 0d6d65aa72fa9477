"""What every page needs to know about the visit it serves: whose it is, and the assistant as that person may use it."""

from collections.abc import Callable
from dataclasses import dataclass

from fastapi import Request

from webui.assistant_client import Caller
from webui.doorkeeper import PERSON_KEY, NewCaller, session_of
from webui.household_messages import Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One page in one browser tab."""

    person: Person
    assistant: Caller


OpenVisit = Callable[[Request], Visit]


def visits(caller: NewCaller) -> OpenVisit:
    """Makes visits of requests that the doorkeeper has let in."""

    def opened(request: Request) -> Visit:
        return Visit(person=request.scope[PERSON_KEY], assistant=caller(request.scope, session_of(request.scope)))

    return opened
