"""`hearth backup` and `hearth restore`: everything of the node into one sealed file, and back onto a new one."""

import argparse
import getpass
import sys
import time
from pathlib import Path
from urllib.parse import quote

import httpx

from services.command.local import RefusedError, answered, connected, only_done
from services.errors import NodeNotRunningError

PIECE_BYTES = 1 << 20
START_SECONDS = 300.0


def act(given: argparse.Namespace) -> int:
    """Make a backup into a file, or into a folder under a name of its own."""
    passphrase = _passphrase(given.passphrase_file, again=True)
    with connected(given.data) as client:
        ticket = answered(client.post("/api/backups", json={"passphrase": passphrase}))
        target = given.target / ticket["name"] if given.target.is_dir() else given.target
        unfinished = target.with_name(f"{target.name}.unfinished")
        try:
            with client.stream("GET", f"/api/backups/{ticket['id']}") as answer, unfinished.open("xb") as opened:
                only_done(answer)
                for piece in answer.iter_bytes(PIECE_BYTES):
                    opened.write(piece)
            unfinished.rename(target)
        finally:
            unfinished.unlink(missing_ok=True)
    print(f"{target}: {target.stat().st_size / 1e6:.1f} MB. Nobody opens it without the passphrase, you neither.")
    return 0


def act_restore(given: argparse.Namespace) -> int:
    """Bring a backup to a node that nobody has claimed, and wait until it has started anew."""
    passphrase = _passphrase(given.passphrase_file, again=False)
    with connected(given.data) as client, given.file.open("rb") as opened:
        about = answered(
            client.put(
                "/api/restore",
                content=iter(lambda: opened.read(PIECE_BYTES), b""),
                headers={"X-Hearth-Passphrase": quote(passphrase)},
            )
        )
    print(
        f"Restored: {about['people']} people, {about['documents']} documents, as they were on {about['made_at'][:16]}."
    )
    if about["missing_models"]:
        names = ", ".join(about["missing_models"])
        print(f"The old box had these models, which are not here: {names}. The page “Models” fetches them again.")
    if not _came_back(given.data):
        print("The node has not come back yet. `hearth status` tells when it has.", file=sys.stderr)
        return 1
    print("The node has started anew. Sign in with the name and password that you had there.")
    return 0


def _came_back(data: Path) -> bool:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            with connected(data) as client:
                if answered(client.get("/api/health"))["claimed"]:
                    return True
        except (NodeNotRunningError, RefusedError, httpx.HTTPError):
            pass  # it is between its end and its start
        time.sleep(0.5)
    return False


def _passphrase(file: Path | None, *, again: bool) -> str:
    if file is not None:
        return file.read_text(encoding="utf-8").rstrip("\n")
    typed = getpass.getpass("Passphrase of the backup: ")
    if again and getpass.getpass("The same once more: ") != typed:
        message = "The two passphrases differ. Type the same one twice."
        raise RefusedError(message)
    return typed
