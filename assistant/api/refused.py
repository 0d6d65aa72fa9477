"""How routes describe what they refuse: by the name of a form, which the description spells out once."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from pydantic import BaseModel

SCHEMAS: Final = "#/components/schemas/"


def refused(form: type[BaseModel], meaning: Mapping[int, str], statuses: Iterable[int]) -> dict[int | str, Any]:
    """The refusals of a route, as FastAPI's `responses`.

    A `model` instead of the reference would have FastAPI build a validator for each of them, hundreds at every start.
    """
    content = {"application/json": {"schema": {"$ref": SCHEMAS + form.__name__}}}
    return {status: {"description": meaning[status], "content": content} for status in statuses}
