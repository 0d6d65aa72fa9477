"""The API's own description, OpenAPI, without what the framework adds and the API never does."""

from typing import Any, Final

from fastapi import FastAPI
from pydantic.json_schema import models_json_schema

from assistant.api.anthropic.routes import AnthropicErrorAnswer
from assistant.api.callers import COOKIE
from assistant.api.dialects import dialect_of
from assistant.api.doorman import OPEN_DOORS
from assistant.api.models import ErrorAnswer
from assistant.api.ollama.routes import OllamaErrorAnswer
from assistant.api.openai.described import OpenAIErrorAnswer
from assistant.api.refused import SCHEMAS

_FORMS: Final = (ErrorAnswer, OpenAIErrorAnswer, AnthropicErrorAnswer, OllamaErrorAnswer)
_WAYS_TO_BE_KNOWN: Final[dict[str, dict[str, str]]] = {
    "HTTPBearer": {"type": "http", "scheme": "bearer"},
    "APIKeyHeader": {"type": "apiKey", "in": "header", "name": "x-api-key"},
    "APIKeyCookie": {"type": "apiKey", "in": "cookie", "name": COOKIE},
}
_GUESSES: Final = "Too many wrong keys came, or too many requests wait; `Retry-After` says how many seconds to wait."


class DescribedApp(FastAPI):
    """An application that describes itself truthfully."""

    def openapi(self) -> dict[str, Any]:
        """The description; in foreign dialects a request that does not fit is answered with 400 and never with 422.

        The doorman asks who calls, so it stands here how a caller makes itself known, and at no route.
        """
        described = super().openapi()
        described["components"]["schemas"] |= _schemas_of_refusals()
        described["components"]["securitySchemes"] = dict(_WAYS_TO_BE_KNOWN)
        for path, item in described["paths"].items():
            for method, operation in item.items():
                if dialect_of(path, {}) != "hearth":
                    operation["responses"].pop("422", None)
                if (method.upper(), path) not in OPEN_DOORS:
                    refused = operation["responses"]
                    refused.setdefault("429", {**refused["401"], "description": _GUESSES})
                    operation["security"] = [{name: []} for name in _WAYS_TO_BE_KNOWN]
        return described


def _schemas_of_refusals() -> dict[str, Any]:
    _, schemas = models_json_schema([(form, "serialization") for form in _FORMS], ref_template=SCHEMAS + "{model}")
    forms: dict[str, Any] = schemas["$defs"]
    return forms
