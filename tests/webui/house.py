"""The web front in front of a fake assistant: whole, over TLS, once a run (NiceGUI keeps one app a process)."""

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from tests.webui.fake_assistant import FakeAssistant
from tests.webui.serving import certificate, port_of, serving
from webui.app import build_app
from webui.settings import WebSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """The front's address, and the assistant behind it."""

    url: str
    assistant: FakeAssistant
    leaving: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    def visitor(self, session: str | None = None, **headers: str) -> httpx.Client:
        """A browser without scripts; it follows no redirect by itself."""
        cookies = {"hearth_session": session} if session else {}
        browser = httpx.Client(base_url=self.url, verify=False, cookies=cookies, headers=headers)  # noqa: S501 - own certificate
        return self.leaving.enter_context(browser)


@pytest.fixture(scope="session")
def running_house() -> Iterator[House]:
    assistant = FakeAssistant()
    # Short on purpose: a Unix socket's path may be 107 bytes long.
    with tempfile.TemporaryDirectory(prefix="hearth-web-") as name:
        folder = Path(name)
        made, key = certificate(folder)
        app = build_app(
            assistant_socket=folder / "a.sock",
            mesh_socket=folder / "m.sock",
            settings=WebSettings(host_names=("hearth",), max_upload_bytes=1_000_000),
        )
        tls = {"ssl_certfile": str(made), "ssl_keyfile": str(key)}
        with (
            serving(assistant.app, uds=str(folder / "a.sock")),
            serving(mesh_agent(), uds=str(folder / "m.sock")),
            serving(app, host="127.0.0.1", port=0, **tls) as server,
        ):
            yield House(url=f"https://localhost:{port_of(server)}", assistant=assistant)


@pytest.fixture
def house(running_house: House) -> Iterator[House]:
    """The same house with nobody in it."""
    fresh = FakeAssistant()
    for name in (
        "owner",
        "sessions",
        "documents",
        "chats",
        "keys",
        "page_text",
        "answer",
        "found",
        "token_seconds",
        "callers",
        "jobs",
        "updates",
        "stick_updates",
        "updates_elsewhere",
        "restarts",
    ):
        setattr(running_house.assistant, name, getattr(fresh, name))
    running_house.assistant.mesh.begin_anew()
    with running_house.leaving:
        yield running_house


def mesh_agent() -> FastAPI:
    app = FastAPI()

    @app.get("/status")
    async def status() -> dict[str, object]:
        return {"node_id": "node-1", "name": "hearth", "fingerprint": "5C:AE", "announced_as": "hearth-2", "peers": []}

    return app
