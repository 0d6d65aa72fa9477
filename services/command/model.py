"""`hearth model`: the models of the box, from a terminal: seen, fetched, brought from a file or stick, deleted."""

import argparse
import json
import sys
import time
from typing import Any

import httpx

from assistant.models.names import name_from_file
from services.command.local import RefusedError, answered, connected, only_done
from services.errors import ServicesError

POLL_SECONDS = 0.5
PIECE_BYTES = 1 << 20


def act_list(given: argparse.Namespace) -> int:
    """Print the models that are here, or those that could be: of the catalogue, or on other boxes."""
    address = "/api/models/elsewhere" if given.elsewhere else "/api/models"
    with connected(given.data) as client:
        listed = answered(client.get("/api/models/catalogue" if given.catalogue else address))
    if given.json:
        print(json.dumps(listed, ensure_ascii=False))
        return 0
    if given.elsewhere:
        for one in listed["models"]:
            print(f"{one['name']:<24} {one['size_bytes'] / 1e9:6.1f} GB  on {one['node_name']:<20} {one['licence']}")
        return 0
    for one in listed["models"]:
        about = one["purpose"] if given.catalogue else f"{one['state']}, {one['source']}"
        if one.get("on_nodes"):
            about += f" (on {one['on_nodes'][0]} already: copied from there)"
        print(f"{one['name']:<24} {one['size_bytes'] / 1e9:6.1f} GB  {fits(one['fit']):<34} {about}")
    return 0


def act_add(given: argparse.Namespace) -> int:
    """Bring a GGUF file, such as from a USB stick, into the box."""
    name = given.name or name_from_file(given.file.name)
    try:
        with given.file.open("rb") as opened, connected(given.data) as client:
            size_bytes = given.file.stat().st_size
            response = client.put(
                "/api/models",
                params={"name": name},
                content=iter(lambda: opened.read(PIECE_BYTES), b""),
                headers={"Content-Length": str(size_bytes)},
            )
            added = answered(response)
    except FileNotFoundError as error:
        raise ServicesError(f"There is no file {given.file}.") from error
    print(f"✓ {added['name']} is here. `hearth model use {added['name']}` lets it answer from your files.")
    return 0


def act_fetch(given: argparse.Namespace) -> int:
    """Fetch a model of the catalogue, from another box where one has it; what broke off before goes on."""
    return _fetched(given, {"name": given.name, "source": "internet" if given.from_internet else "any"})


def act_copy(given: argparse.Namespace) -> int:
    """Copy a model from another box of the mesh."""
    return _fetched(given, {"name": given.name, "source": "node", "node": given.node or ""})


def _fetched(given: argparse.Namespace, wish: dict[str, str]) -> int:
    """Begin, and show how far it is, to the end; Ctrl-C stops it, and what has come is kept."""
    with connected(given.data) as client:
        begun = answered(client.post("/api/models/downloads", json=wish))
        if begun["node_name"]:
            print(f"Copied from “{begun['node_name']}”, which has it.", file=sys.stderr)
        try:
            one = _watched(client, begun["id"])
        except KeyboardInterrupt:
            answered(client.post(f"/api/models/downloads/{begun['id']}/stop"))
            print("\nStopped. What has come is kept; the same command goes on from there.", file=sys.stderr)
            return 130
    print(file=sys.stderr)
    if one["state"] != "done":
        raise RefusedError(one["reason"])
    print(f"✓ {one['name']} is here.")
    return 0


def _watched(client: httpx.Client, download_id: str) -> dict[str, Any]:
    while True:
        listed = answered(client.get("/api/models/downloads"))
        one: dict[str, Any] | None = next((one for one in listed if one["id"] == download_id), None)
        if one is None:
            raise RefusedError("The download was taken away.")
        print(f"\r{progress(one)}", end="", file=sys.stderr, flush=True)
        if one["state"] in {"done", "stopped", "failed"}:
            return one
        time.sleep(POLL_SECONDS)


def act_use(given: argparse.Namespace) -> int:
    """Let a model answer from the files."""
    with connected(given.data) as client:
        only_done(client.put("/api/models/choice", json={"name": given.name}))
    print(f"“{given.name}” answers from now on.")
    return 0


def act_remove(given: argparse.Namespace) -> int:
    """Delete a model."""
    with connected(given.data) as client:
        only_done(client.delete("/api/models", params={"name": given.name}))
    print(f"“{given.name}” is deleted.")
    return 0


def fits(fit: dict[str, Any]) -> str:
    """Whether and how fast a model would run."""
    if fit["place"] == "none":
        return f"needs {fit['need_bytes'] / 1e9:.1f} of {fit['room_bytes'] / 1e9:.1f} GB"
    speed = fit["tokens_per_second"]
    where = "fits the graphics card" if fit["place"] == "graphics" else "fits"
    return where if speed is None else f"{where}, about {speed:.3g} tokens/s"


def progress(one: dict[str, Any]) -> str:
    """How far a download is, in one line."""
    if not one["size_bytes"]:
        return f"{one['name']}: {one['state']}"
    share = one["fetched_bytes"] / one["size_bytes"]
    return f"{one['name']}: {one['state']}, {share:.0%} of {one['size_bytes'] / 1e9:.2f} GB"
