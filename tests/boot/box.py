"""A booted box as somebody on its network sees it: HTTPS with one certificate that is known from its console."""

import hashlib
import json
import ssl
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote

import httpx

PATIENCE_SECONDS = 120.0  # for one answer of an emulated PC that has other things to do
POLL_SECONDS = 2.0

Answer = dict[str, Any]


class Box:
    """One client of the box; `session` is who it is, and nobody at first."""

    def __init__(self, port: int, *, session: str | None = None) -> None:
        self.port = port
        self.session = session
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE  # the tests compare the fingerprint with the one on the console
        self._http = httpx.Client(base_url=f"https://127.0.0.1:{port}", verify=context, timeout=PATIENCE_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def fingerprint(self) -> str:
        """SHA-256 of the certificate that the box shows, as pairs of hexadecimal digits."""
        certificate = ssl.get_server_certificate(("127.0.0.1", self.port), timeout=PATIENCE_SECONDS)
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate)).digest().hex(":").upper()

    def status(self, method: str, path: str, *, said: Answer | None = None) -> int:
        """Only the status of an answer, for what should be refused."""
        return self._http.request(method, path, json=said, headers=self._headers()).status_code

    def get(self, path: str) -> Answer:
        """A JSON answer; the test fails on any refusal."""
        return self._answer(self._http.get(path, headers=self._headers()))

    def post(self, path: str, said: Answer, *, patience_seconds: float = PATIENCE_SECONDS) -> Answer:
        """A JSON answer to a JSON question."""
        return self._answer(self._http.post(path, json=said, headers=self._headers(), timeout=patience_seconds))

    def upload(self, name: str, content: bytes) -> Answer:
        """Put a file on the household's shelf."""
        return self._answer(
            self._http.put(
                "/api/documents",
                params={"name": name, "shelf": "household"},
                content=content,
                headers=self._headers(),
            )
        )

    def bring(self, path: str, file: Path, *, patience_seconds: float) -> Answer:
        """Send a large file as the body."""
        headers = {**self._headers(), "Content-Length": str(file.stat().st_size)}
        with file.open("rb") as content:
            answer = self._http.put(path, content=content, headers=headers, timeout=patience_seconds)
        return self._answer(answer)

    def ask(self, chat: str, question: str, *, patience_seconds: float) -> list[Answer]:
        """All events of the answer to a question."""
        with self._http.stream(
            "POST",
            f"/api/chats/{chat}/messages",
            json={"text": question},
            headers=self._headers(),
            timeout=patience_seconds,
        ) as answer:
            lines = list(answer.iter_lines())
            assert answer.status_code == httpx.codes.OK, lines
        return [json.loads(line) for line in lines if line]

    def continued(self, question: Answer, *, patience_seconds: float) -> tuple[Answer, str]:
        """A text that the language model goes on with, and on which box it did; empty if it is alone."""
        answer = self._http.post("/v1/completions", json=question, headers=self._headers(), timeout=patience_seconds)
        return self._answer(answer), unquote(answer.headers.get("X-Hearth-Computed-On", ""))

    def wait_until(self, path: str, done: Callable[[Answer], bool], *, deadline_seconds: float) -> Answer:
        """The first JSON answer that `done` accepts."""
        deadline = time.monotonic() + deadline_seconds
        while not done(answer := self.get(path)):
            assert time.monotonic() < deadline, f"after {deadline_seconds:.0f} seconds {path} still says {answer}"
            time.sleep(POLL_SECONDS)
        return answer

    def wait_for_mesh(self, *, deadline_seconds: float) -> None:
        """Until the daemon that speaks with other boxes has started, which is not what the page waits for."""
        deadline = time.monotonic() + deadline_seconds
        while (status := self.status("GET", "/api/nodes")) != httpx.codes.OK:
            assert status == httpx.codes.SERVICE_UNAVAILABLE, status
            assert time.monotonic() < deadline, f"after {deadline_seconds:.0f} seconds the mesh has not started"
            time.sleep(POLL_SECONDS)

    def _headers(self) -> dict[str, str]:
        return {} if self.session is None else {"Authorization": f"Bearer {self.session}"}

    @staticmethod
    def _answer(answer: httpx.Response) -> Answer:
        assert answer.is_success, f"{answer.request.method} {answer.request.url.path}: {answer.text}"
        said: Answer = answer.json()
        return said
