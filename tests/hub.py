"""A hub of models on the loopback that speaks the hub's protocol, and fails in every way that a test wishes for."""

import contextlib
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class Hub:
    """Files by `owner/name/file`, and how the hub misbehaves."""

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    announced_sha256: dict[str, str] = field(default_factory=dict)
    """What is said in place of a file's true digest; empty says none."""
    announced_size: dict[str, int] = field(default_factory=dict)
    cut_after: list[int] = field(default_factory=list)
    """For each of the next answers, the bytes after which the connection breaks."""
    slow_seconds: float = 0.0
    """Before each piece."""
    gated: set[str] = field(default_factory=set)
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    """Method, path and headers of each request."""

    def ranges(self) -> list[str]:
        """From where each download went on; empty for one from the start."""
        return [headers.get("range", "") for method, path, headers in self.asked if method == "GET" and "/cdn/" in path]


@contextlib.contextmanager
def running() -> Iterator[Hub]:
    """A hub that listens."""
    hub = Hub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(hub))
    server.daemon_threads = True
    hub.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(hub: Hub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self._note()
            self._resolved()

        def do_GET(self) -> None:
            self._note()
            if self.path.startswith("/cdn/"):
                self._content()
            else:
                self._resolved()

        def _resolved(self) -> None:
            """`/owner/name/resolve/main/file`: what is known of the file, and where its bytes lie."""
            if self.path.startswith("/api/models/"):
                self._listing()
                return
            name = self.path.lstrip("/").replace("/resolve/main/", "/", 1)
            repository = "/".join(name.split("/")[:2])
            if repository in hub.gated:
                self._say(403, {"X-Error-Code": "GatedRepo", "X-Repo-Commit": COMMIT})
            elif name not in hub.files:
                known = any(one.startswith(repository + "/") for one in hub.files)
                self._say(404, {"X-Error-Code": "EntryNotFound" if known else "RepoNotFound"})
            else:
                digest = hub.announced_sha256.get(name, hashlib.sha256(hub.files[name]).hexdigest())
                headers = {
                    "X-Repo-Commit": COMMIT,
                    "X-Linked-Size": str(hub.announced_size.get(name, len(hub.files[name]))),
                    # Another host, as the real hub's store is.
                    "Location": f"{hub.url.replace('127.0.0.1', 'localhost')}/cdn/{name}",
                }
                self._say(302, {**headers, **({"X-Linked-ETag": f'"{digest}"'} if digest else {})})

        def _listing(self) -> None:
            """`/api/models/owner/name/tree/main`: the files of a repository."""
            repository = self.path.removeprefix("/api/models/").partition("/tree/")[0]
            files = [one for one in hub.files if one.startswith(repository + "/")]
            if not files:
                self._say(404, {"X-Error-Code": "RepoNotFound"})
                return
            told = [
                {
                    "type": "file",
                    "path": one.removeprefix(repository + "/"),
                    "oid": "0" * 40,
                    "size": len(hub.files[one]),
                }
                for one in files
            ]
            body = json.dumps(told).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _content(self) -> None:
            content = hub.files[self.path.removeprefix("/cdn/")]
            begin = int((self.headers.get("Range") or "bytes=0-").removeprefix("bytes=").split("-")[0])
            if begin >= len(content):
                self._say(416, {})
                return
            self.send_response(206 if begin else 200)
            self.send_header("Content-Length", str(len(content) - begin))
            self.send_header("Accept-Ranges", "bytes")
            self.send_header("Content-Range", f"bytes {begin}-{len(content) - 1}/{len(content)}")
            self.end_headers()
            until = begin + hub.cut_after.pop(0) if hub.cut_after else len(content)
            with contextlib.suppress(ConnectionError):
                for at in range(begin, min(until, len(content)), 1 << 20):
                    time.sleep(hub.slow_seconds)
                    self.wfile.write(content[at : min(at + (1 << 20), until)])
            self.close_connection = True

        def _note(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            hub.asked.append((self.command, self.path, headers))

        def _say(self, status: int, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *arguments: Any) -> None:
            """A test prints nothing."""

    return Handler
