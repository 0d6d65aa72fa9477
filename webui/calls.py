"""Speaks to the assistant's API for one caller at a time; the only module that does, apart from the gateway."""

from typing import Any, TypeVar
from urllib.parse import quote

import httpx
from pydantic import ValidationError

from webui.errors import AssistantAwayError, RefusedError
from webui.shape import Shape

Told = TypeVar("Told", bound=Shape)

PATIENT = httpx.Timeout(10.0, read=600.0)
"""A small model on an old PC may think for long before its first word; the person has a stop button."""


class Calls:
    """One person's calls; every method raises `RefusedError` or `AssistantAwayError`."""

    def __init__(self, http: httpx.AsyncClient, *, address: str, session: str | None = None) -> None:
        self._http = http
        self._headers = {"X-Hearth-Client": address}
        if session:
            self._headers["Authorization"] = f"Bearer {session}"

    async def _read(self, shape: type[Told], method: str, path: str, content: dict[str, Any] | None = None) -> Told:
        answer = await self._answer(method, path, content)
        try:
            return shape.model_validate_json(answer.content)
        except ValidationError as error:
            raise AssistantAwayError from error

    async def _answer(
        self,
        method: str,
        path: str,
        content: dict[str, Any] | None = None,
        *,
        patient: bool = False,
    ) -> httpx.Response:
        try:
            answer = await self._http.request(
                method,
                path,
                json=content,
                headers=self._headers,
                timeout=PATIENT if patient else httpx.USE_CLIENT_DEFAULT,
            )
        except httpx.HTTPError as error:
            raise AssistantAwayError from error
        if answer.is_error:
            raise refused(answer)
        return answer


def refused(answer: httpx.Response) -> RefusedError:
    """The API's error as an exception that carries its sentence."""
    try:
        error = answer.json()["error"]
        code, message = str(error["code"]), str(error["message"])
    except (ValueError, KeyError, TypeError):
        code, message = "unknown", "The assistant refused this without saying why. Reload the page and try again."
    return RefusedError(status=answer.status_code, code=code, message=message)


def segment(text: str) -> str:
    """As a part of a path that holds whatever the text holds."""
    return quote(text, safe="")
