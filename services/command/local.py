"""Speaks to the node on this machine, over its Unix socket and with its local key."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from firmware.sockets import blocking_way_to
from services.errors import NodeNotRunningError, ServicesError
from services.settings import Places

ANSWER_SECONDS = 600.0


class RefusedError(ServicesError):
    """The node refused; the message is its own sentence."""


def places_of(data: Path) -> Places:
    """Where the node with this data folder keeps its sockets and secrets."""
    if data == Path("/var/lib/hearth"):
        return Places()
    return Places(state=data, runtime=data / "run")


@contextlib.contextmanager
def connected(data: Path) -> Iterator[httpx.Client]:
    """A client of the assistant's API; `NodeNotRunningError` where none answers."""
    places = places_of(data)
    try:
        key = (places.secrets / "local.key").read_text(encoding="utf-8").strip()
    except FileNotFoundError as error:
        message = f"No node has been started with {data}. Start one with `hearth run`, or name its folder with --data."
        raise NodeNotRunningError(message) from error
    except PermissionError as error:
        message = (
            f"{places.secrets} belongs to another user. Run this command as the one who runs the node, or as root."
        )
        raise NodeNotRunningError(message) from error
    transport = blocking_way_to(places.assistant_socket)
    with httpx.Client(
        transport=transport,
        base_url="http://assistant",
        headers={"Authorization": f"Bearer {key}"},
        timeout=ANSWER_SECONDS,
    ) as client:
        try:
            yield client
        except (httpx.ConnectError, httpx.RemoteProtocolError, httpx.ReadError) as error:
            message = f"The node with {data} does not answer. Start it with `hearth run`, or see {data / 'hearth.log'}."
            raise NodeNotRunningError(message) from error


def answered(response: httpx.Response) -> Any:
    """The response's JSON; `RefusedError` with the node's own sentence where it is an error."""
    only_done(response)
    return response.json()


def only_done(response: httpx.Response) -> None:
    """Nothing where the node did what was asked; `RefusedError` with its own sentence otherwise."""
    if response.is_success:
        return
    try:
        sentence = str(response.json()["error"]["message"])
    except (ValueError, KeyError, TypeError):
        sentence = f"The node answered with status {response.status_code}. Look at its log."
    raise RefusedError(sentence)


def node_id(client: httpx.Client, wanted: str) -> str:
    """The id of the node that this is the name or the beginning of the id of."""
    nodes = answered(client.get("/api/nodes"))["nodes"]
    found = [one["node_id"] for one in nodes if one["name"] == wanted or one["node_id"].startswith(wanted)]
    return str(found[0]) if len(found) == 1 else wanted
