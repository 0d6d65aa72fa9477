"""`hearth-mesh` of another version, or one that stumbles: python -m tests.mesh.network.newer WHAT --config FILE.

`field` tells more of itself than is known here, `state` says of its engine what nobody knows, `role` signs a list of
nodes with an unknown role in place of each client, `hello` joins in another way, `stumbling` fails for a few seconds.
`older` neither tells of updates nor reads what others tell of them, `VERSION` such as `0.2.0` is that version.
"""

import json
import sys
import time
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi import APIRouter

from mesh import links, membership, port, roster
from mesh.join import guest_side
from mesh.report import EXCHANGE, Exchange
from services import mesh_dispatch, run_mesh

OF_UPDATES = ("update", "updating", "failed_update")
STUMBLING_SECONDS = 8.0
BEGAN = time.monotonic()


class Told:
    """What goes to other nodes, changed on its way."""

    def __init__(self, change: Callable[[dict[str, Any]], None], heard: bool = False) -> None:
        """`heard` is whether what comes is changed in the same way."""
        self._change = change
        self._heard = heard

    def validate_json(self, content: bytes) -> Exchange:
        said = json.loads(content)
        if self._heard:
            self._change(said)
        return EXCHANGE.validate_json(json.dumps(said))

    def dump_json(self, said: Exchange) -> bytes:
        told = json.loads(EXCHANGE.dump_json(said))
        self._change(told)
        return json.dumps(told).encode()


def more(told: dict[str, Any]) -> None:
    told["weather"] = "fair"
    told["report"]["moods"] = {"fan": "loud"}


def fewer(told: dict[str, Any]) -> None:
    for later in OF_UPDATES:
        told["report"].pop(later, None)


def unknown(told: dict[str, Any]) -> None:
    told["report"]["engine"] = "dreaming"


def stumbling(_told: dict[str, Any]) -> None:
    if time.monotonic() - BEGAN < STUMBLING_SECONDS:
        raise RuntimeError("It stumbled.")


def with_oracles(one: roster.Roster, key: Any) -> roster.SignedRoster:
    content = roster.ROSTER.dump_json(one).decode().replace('"role":"client"', '"role":"oracle"')
    signature = key.sign(roster.DOMAIN + content.encode(), ec.ECDSA(hashes.SHA256()))
    return roster.SignedRoster(content=content, signature=signature.hex())


def become(what: str) -> None:
    match what:
        case "field" | "state":
            vars(links)["EXCHANGE"] = vars(port)["EXCHANGE"] = Told(more if what == "field" else unknown)
        case "older":
            vars(links)["EXCHANGE"] = vars(port)["EXCHANGE"] = Told(fewer, heard=True)
            vars(run_mesh)["updates_port_router"] = lambda *_: APIRouter()
        case "stumbling":
            vars(port)["EXCHANGE"] = Told(stumbling)
        case "role":
            vars(membership)["signed"] = with_oracles
        case "hello":
            vars(guest_side)["VERSION"] = 2
        case version:
            vars(mesh_dispatch)["version"] = lambda _: version


if __name__ == "__main__":
    become(sys.argv[1])
    sys.exit(run_mesh.main(sys.argv[2:]))
