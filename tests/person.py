"""Someone who uses a node over HTTPS as a browser or a program would, for tests that run the real product."""

import json
import ssl
import time
import weakref
from collections.abc import Iterator
from typing import Any

import httpx

NAME = "Ada"
PASSWORD = "a warm fire in winter"
READ_SECONDS = 600.0


class Person:
    """A caller of the public API; remembers the session that it was given."""

    def __init__(self, url: str, *, certificate: str | None = None) -> None:
        trust: ssl.SSLContext | bool = False
        if certificate is not None:
            trust = ssl.create_default_context(cadata=certificate)
        self.client = httpx.Client(base_url=url, verify=trust, timeout=READ_SECONDS)
        weakref.finalize(self, self.client.close)

    def claim(self, code: str, name: str = NAME, password: str = PASSWORD) -> httpx.Response:
        """Make the box theirs with the set-up code."""
        return self._entered(self.client.post("/api/setup", json={"code": code, "name": name, "password": password}))

    def log_in(self, name: str = NAME, password: str = PASSWORD) -> httpx.Response:
        """Come back to a box that is theirs."""
        return self._entered(self.client.post("/api/login", json={"name": name, "password": password}))

    def upload(self, name: str, body: bytes, shelf: str = "private") -> httpx.Response:
        """Hand over a file."""
        return self.client.put("/api/documents", params={"name": name, "shelf": shelf}, content=body)

    def documents(self) -> list[dict[str, Any]]:
        """What the library shows them."""
        listed: list[dict[str, Any]] = self.client.get("/api/documents").raise_for_status().json()["documents"]
        return listed

    def wait_for(self, document_id: str, status: str = "ready", seconds: float = READ_SECONDS) -> dict[str, Any]:
        """The document once it has reached `status`; fails with its reason where it can't."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            document: dict[str, Any] = self.client.get(f"/api/documents/{document_id}").raise_for_status().json()
            if document["status"] in {status, "ready", "failed"}:
                assert document["status"] != "failed" or status == "failed", document["reason"]
                return document
            time.sleep(0.2)
        message = f"the document did not become {status} in {seconds} s"
        raise AssertionError(message)

    def ask(self, text: str) -> dict[str, Any]:
        """One answer, whole."""
        answer: dict[str, Any] = self.client.post("/api/ask", json={"text": text}).raise_for_status().json()
        return answer

    def chat(self, text: str, chat_id: str | None = None) -> tuple[str, list[dict[str, Any]]]:
        """The events of one streamed answer, in a new chat unless one is named."""
        if chat_id is None:
            chat_id = str(self.client.post("/api/chats").raise_for_status().json()["id"])
        return chat_id, list(self._events(f"/api/chats/{chat_id}/messages", text))

    def _events(self, path: str, text: str) -> Iterator[dict[str, Any]]:
        with self.client.stream("POST", path, json={"text": text}) as response:
            response.raise_for_status()
            for line in response.iter_lines():
                yield json.loads(line)

    def _entered(self, response: httpx.Response) -> httpx.Response:
        if response.is_success:
            self.client.headers["Authorization"] = f"Bearer {response.json()['session']}"
        return response


def refusal(response: httpx.Response) -> tuple[int, str, str]:
    """Status, code and sentence of an error answer."""
    error = response.json()["error"]
    return response.status_code, error["code"], error["message"]
