"""What the OpenAI routes say of themselves in the API's description."""

from typing import Any, Final

from assistant.api.given import Given
from assistant.api.refused import refused
from assistant.api.streams import EVENT_STREAM


class OpenAIError(Given):
    """What went wrong."""

    message: str
    type: str
    param: str | None
    code: str | None


class OpenAIErrorAnswer(Given):
    """Every refusal in the OpenAI dialect has this form."""

    error: OpenAIError


MEANING: Final = {
    400: "The request does not fit, or the prompt is longer than the model's context; the message has the numbers.",
    401: "The key is unknown.",
    403: "Another website sent this request.",
    404: "There is no such model, or no such thing.",
    413: "The request is too large.",
    429: "Too many requests wait, or too many wrong keys came; `Retry-After` says how many seconds to wait.",
    503: "The model does not answer now; try again.",
}


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The error answers of a route."""
    return refused(OpenAIErrorAnswer, MEANING, (401, *statuses))


def answers(*statuses: int, streams: bool = False) -> dict[int | str, dict[str, Any]]:
    """The answers of a route, good and bad."""
    content: dict[str, Any] = {"application/json": {"schema": {"type": "object"}}}
    if streams:
        content[EVENT_STREAM] = {"schema": {"type": "string"}}
    return {200: {"description": "As the official API answers.", "content": content}, **refusals(*statuses)}


WRITES: Final = (400, 403, 404, 413, 429, 503)
"""What can go wrong where a model writes."""
