"""What the fake assistant knows: accounts, files, chats and models in memory."""

import hashlib
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import JSONResponse

PAGE_TEXT = (
    "Care of the boiler\n"
    "Have the boiler serviced once a year, best before the heating season. The service book is behind the front panel. "
    "If the pressure falls below 1.0 bar, top up with tap water until the needle stands at 1.5 bar. "
    "Call the installer when it falls again within a week."
)
BEST = "Have the boiler serviced once a year, best before the heating season."
LOCKED = "This file is locked: it needs a password. Type it on the page “Library”, in the row of this file."
FILE_PASSWORD = "opens the file"
PASSWORD = "a long enough one"
ANSWER = "Once a year, best **before the heating season** [1].\n\n- Top up below 1.0 bar [2]"


NO_UPDATE = {
    "running": "0.1.0",
    "waiting": None,
    "failed": None,
    "kept": None,
    "going": None,
    "problem": "",
    "can_install": True,
    "takes_updates": True,
}


@dataclass(slots=True)
class Known:
    """What the fake assistant knows, and what it was asked."""

    setup_code: str = "ABCD-2345"
    owner: tuple[str, str] | None = None
    sessions: dict[str, str] = field(default_factory=dict)
    documents: dict[str, dict[str, Any]] = field(default_factory=dict)
    chats: dict[str, dict[str, Any]] = field(default_factory=dict)
    keys: dict[str, dict[str, Any]] = field(default_factory=dict)
    downloads: list[dict[str, Any]] = field(default_factory=list)
    takings: list[dict[str, Any]] = field(default_factory=list)
    engines: list[dict[str, Any]] = field(default_factory=list)
    """Of other makes."""
    jobs: list[dict[str, Any]] = field(default_factory=list)
    updates: dict[str, Any] = field(default_factory=lambda: dict(NO_UPDATE))
    stick_updates: list[dict[str, Any]] = field(default_factory=list)
    updates_elsewhere: list[dict[str, Any]] = field(default_factory=list)
    restarts: int = 0
    page_text: str = PAGE_TEXT
    """Of every page of every file."""
    answer: str = ANSWER
    found: bool = True
    token_seconds: float = 0.0
    callers: list[str] = field(default_factory=list)
    """The X-Hearth-Client of every call."""
    generations_stopped: int = 0

    def claim(self, name: str = "Ada", password: str = PASSWORD) -> str:
        """Give the box an owner and return a session."""
        self.owner = (name, password)
        return self.enter(name)

    def enter(self, name: str) -> str:
        """Open a session."""
        session = hashlib.sha256(f"{name}{len(self.sessions)}".encode()).hexdigest()
        self.sessions[session] = name
        return session

    def add(self, name: str, shelf: str, body: bytes = b"x", status: str = "ready") -> dict[str, Any]:
        """Put a file on a shelf."""
        document: dict[str, Any] = {
            "id": f"document-{len(self.documents) + 1}",
            "name": name,
            "shelf": shelf,
            "media_type": "application/pdf" if name.endswith(".pdf") else "text/plain",
            "kind": "pdf" if name.endswith(".pdf") else "text",
            "size_bytes": len(body),
            "pages": 4,
            "status": status,
            "reason": LOCKED if status == "failed" else None,
            "is_locked": status == "failed",
            "progress": 0.4 if status == "reading" else 1.0,
            "added_at": "2026-11-20T10:00:00+00:00",
        }
        self.documents[document["id"]] = document
        return document


def refusal(status: int, code: str, message: str) -> JSONResponse:
    return JSONResponse({"error": {"code": code, "message": message}}, status)
