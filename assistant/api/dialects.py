"""Which API dialect a request speaks, told by its address, and how each of them words a refusal."""

from collections.abc import Mapping
from typing import Any, Final, Literal

Dialect = Literal["hearth", "openai", "anthropic", "ollama"]

OLLAMA_PATHS: Final = frozenset(
    f"/api/{name}"
    for name in (
        "chat",
        "copy",
        "create",
        "delete",
        "embed",
        "embeddings",
        "generate",
        "ps",
        "pull",
        "push",
        "show",
        "tags",
        "version",
    )
)
"""Ollama's addresses lie beside our own: it says `/api/chat` where we say `/api/chats`."""
OLLAMA_BLOBS: Final = "/api/blobs/"

_OPENAI_TYPES: Final = {
    401: "authentication_error",
    403: "permission_error",
    429: "rate_limit_error",
}
_ANTHROPIC_TYPES: Final = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
}


def dialect_of(path: str, headers: Mapping[str, str]) -> Dialect:
    """The dialect of a request; OpenAI and Anthropic share `/v1/models`, where a header of the latter tells."""
    if path == "/v1/messages" or path.startswith("/v1/messages/"):
        return "anthropic"
    if path.startswith("/v1/"):
        return "anthropic" if path.startswith("/v1/models") and "anthropic-version" in headers else "openai"
    if path in OLLAMA_PATHS or path.startswith(OLLAMA_BLOBS):
        return "ollama"
    return "hearth"


def refusal_body(dialect: Dialect, status: int, code: str, message: str, field: str | None = None) -> dict[str, Any]:
    """The body of a refusal, as programs of the dialect read it."""
    match dialect:
        case "openai":
            kind = _OPENAI_TYPES.get(status, "invalid_request_error" if status < 500 else "server_error")
            return {"error": {"message": message, "type": kind, "param": field, "code": code}}
        case "anthropic":
            kind = _ANTHROPIC_TYPES.get(status, "invalid_request_error" if status < 500 else "api_error")
            return {"type": "error", "error": {"type": kind, "message": message}}
        case "ollama":
            return {"error": message}
        case "hearth":
            return {"error": {"code": code, "message": message}}
