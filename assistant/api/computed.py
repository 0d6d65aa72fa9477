"""Tells every dialect where an answer was computed: in a header, since their bodies have no place for it."""

from typing import Final
from urllib.parse import quote

from fastapi import Request

from assistant.api.callers import Caller
from assistant.engine.place import Computed
from assistant.generation.request import Asker

HEADER: Final = b"x-hearth-computed-on"
"""The node's or engine's name, percent-encoded as in an address; absent on a box that is alone."""


def asker_of(request: Request, caller: Caller) -> Asker:
    """For whom the work is done; where it is done is noted for the answer's header."""

    def note(computed: Computed) -> None:
        request.state.computed_on = computed

    return Asker(line=caller.asker, shelves=caller.shelves, on_place=note)


def headers_of(state: dict[str, object]) -> list[tuple[bytes, bytes]]:
    """The header for a request with this state."""
    computed = state.get("computed_on")
    return [(HEADER, quote(computed.name).encode("ascii"))] if isinstance(computed, Computed) else []
