"""`hearth update`: which version of the system runs, bringing a newer one in its file, and the restart into it."""

import argparse
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import httpx

from firmware.updates.versions import Version, is_newer
from services.command.local import RefusedError, answered, connected, only_done
from services.errors import ServicesError

POLL_SECONDS = 0.5
PIECE_BYTES = 1 << 20


def act(given: argparse.Namespace) -> int:
    """Bring and install a file, install what is here, restart; without any of these print how things stand."""
    with connected(given.data) as client:
        if given.file is not None:
            kept = _brought(client, given.file)
            print(f"✓ Version {kept['version']} is here, checked and signed by the maker of this system.")
        if given.file is not None or given.install:
            return _installed(client, given)
        if given.restart:
            return _restarted(client)
        state = answered(client.get("/api/updates"))
    print(json.dumps(state) if given.json else told(state))
    return 0


def told(state: dict[str, Any]) -> str:
    """How things stand, as a small table."""
    lines = [f"Runs        {state['running']}"]
    if state["waiting"]:
        lines.append(f"Installed   {state['waiting']}, used from the next start: `hearth update --restart`")
    if state["failed"]:
        lines.append(f"Failed      {state['failed']} was started and did not work, so {state['running']} came back")
    kept, going = state["kept"], state["going"]
    if kept:
        lines.append(f"Kept        {kept['version']}, {kept['size_bytes'] / 1e6:.0f} MB{_hint(state)}")
    if going:
        lines.append(f"Now         {progress(going)}")
    if state["problem"]:
        lines.append(f"Problem     {state['problem']}")
    if not state["takes_updates"]:
        lines.append("Updates     none are taken: this node has no key of a maker of systems")
    elif not state["can_install"]:
        lines.append("Updates     are kept for the boxes of the mesh; this node is a program on another system")
    return "\n".join(lines)


def progress(going: dict[str, Any]) -> str:
    """How far it is, in one line."""
    what = {"fetching": "being brought", "checking": "being checked", "installing": "being installed"}
    return f"{what[going['what']]}, {going['share']:.0%}"


def _hint(state: dict[str, Any]) -> str:
    version = state["kept"]["version"]
    is_next = is_newer(Version(version), Version(state["running"])) and version != state["waiting"]
    return ": `hearth update --install`" if state["can_install"] and is_next and not state["going"] else ""


def _brought(client: httpx.Client, path: Path) -> dict[str, Any]:
    """Send the file with its progress."""
    try:
        size_bytes = path.stat().st_size
        with path.open("rb") as file:
            response = client.put(
                "/api/updates", content=_pieces(file, size_bytes), headers={"Content-Length": str(size_bytes)}
            )
    except OSError as error:
        raise ServicesError(f"{path} can't be read: {error.strerror}.") from error
    finally:
        print(file=sys.stderr)
    kept: dict[str, Any] = answered(response)
    return kept


def _pieces(file: BinaryIO, size_bytes: int) -> Iterator[bytes]:
    sent = 0
    while piece := file.read(PIECE_BYTES):
        yield piece
        sent += len(piece)
        print(f"\rsent, {sent / size_bytes:.0%} of {size_bytes / 1e6:.0f} MB", end="", file=sys.stderr, flush=True)


def _installed(client: httpx.Client, given: argparse.Namespace) -> int:
    state = answered(client.get("/api/updates"))
    if given.file is not None and not state["can_install"]:
        print("It is kept for the boxes of the mesh. This node is a program on another system and stays as it is.")
        return 0
    if state["waiting"] is None or state["waiting"] != (state["kept"] or {}).get("version"):
        state = _watched(client, answered(client.post("/api/updates/install")))
    if state["problem"]:
        raise RefusedError(state["problem"])
    print(f"✓ Version {state['waiting']} is installed. It is used from the next start.")
    return _restarted(client) if given.restart or _wished() else _told_how()


def _watched(client: httpx.Client, state: dict[str, Any]) -> dict[str, Any]:
    """Show how far the installation is, to its end; it needs nobody to watch."""
    try:
        while state["going"]:
            print(f"\r{progress(state['going'])}", end="", file=sys.stderr, flush=True)
            time.sleep(POLL_SECONDS)
            state = answered(client.get("/api/updates"))
    except KeyboardInterrupt:
        print("\nIt goes on without you; `hearth update` tells how far it is.", end="", file=sys.stderr)
        raise
    finally:
        print(file=sys.stderr)
    return state


def _wished() -> bool:
    if not sys.stdin.isatty():
        return False
    print("Restart now? Answers that are being written end. [y/N] ", end="", flush=True)
    return sys.stdin.readline().strip().casefold() in {"y", "yes"}


def _restarted(client: httpx.Client) -> int:
    only_done(client.post("/api/updates/restart"))
    print("The box starts anew. If the new version does not work, the one that runs now comes back by itself.")
    return 0


def _told_how() -> int:
    print("`hearth update --restart` starts it.")
    return 0
