"""The API's own description, OpenAPI, without what the framework adds and the API never does."""

from typing import Any, Final

from fastapi import FastAPI
from pydantic.json_schema import models_json_schema

from assistant.api.anthropic.routes import AnthropicErrorAnswer
from assistant.api.dialects import dialect_of
from assistant.api.models import ErrorAnswer
from assistant.api.ollama.routes import OllamaErrorAnswer
from assistant.api.openai.described import OpenAIErrorAnswer
from assistant.api.refused import SCHEMAS

_FORMS: Final = (ErrorAnswer, OpenAIErrorAnswer, AnthropicErrorAnswer, OllamaErrorAnswer)


class DescribedApp(FastAPI):
    """An application that describes itself truthfully."""

    def openapi(self) -> dict[str, Any]:
        """The description; in foreign dialects a request that does not fit is answered with 400 and never with 422."""
        described = super().openapi()
        described["components"]["schemas"] |= _schemas_of_refusals()
        for path, item in described["paths"].items():
            if dialect_of(path, {}) != "hearth":
                for operation in item.values():
                    operation["responses"].pop("422", None)
        return described


def _schemas_of_refusals() -> dict[str, Any]:
    _, schemas = models_json_schema([(form, "serialization") for form in _FORMS], ref_template=SCHEMAS + "{model}")
    forms: dict[str, Any] = schemas["$defs"]
    return forms
