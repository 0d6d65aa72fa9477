"""The API's own description, OpenAPI, without what the framework adds and the API never does."""

from typing import Any

from fastapi import FastAPI

from assistant.api.dialects import dialect_of


class DescribedApp(FastAPI):
    """An application that describes itself truthfully."""

    def openapi(self) -> dict[str, Any]:
        """The description; in foreign dialects a request that does not fit is answered with 400 and never with 422."""
        described = super().openapi()
        for path, item in described["paths"].items():
            if dialect_of(path, {}) != "hearth":
                for operation in item.values():
                    operation["responses"].pop("422", None)
        return described
