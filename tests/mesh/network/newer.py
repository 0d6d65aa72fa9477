"""`hearth-mesh` of another version, or one that stumbles: python -m tests.mesh.network.newer WHAT --config FILE.

`field` tells more of itself than is known here, `state` says of its engine what nobody knows, `role` signs a list of
nodes with an unknown role in place of each client, `hello` joins in another way, `old` says and hears everything each
time, `stumbling` fails for a few seconds.
"""

import json
import sys
import time
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from mesh import links, membership, port, roster
from mesh.join import guest_side
from mesh.report import EXCHANGE, Exchange
from services import run_mesh

STUMBLING_SECONDS = 8.0
BEGAN = time.monotonic()


def told_with(change: Callable[[dict[str, Any]], None]) -> Callable[[Exchange], bytes]:
    """What goes to other nodes, changed on its way."""

    def in_bytes(said: Exchange) -> bytes:
        told = json.loads(EXCHANGE.dump_json(said))
        change(told)
        return json.dumps(told).encode()

    return in_bytes


class OldReader:
    """Reads what other nodes say as before anything was ever left out of it."""

    def validate_json(self, content: bytes) -> Exchange:
        told = json.loads(content)
        old(told)
        return EXCHANGE.validate_python(told)


def old(told: dict[str, Any]) -> None:
    for key in ("stock", "way", "unchanged", "knows"):
        told.pop(key, None)


def more(told: dict[str, Any]) -> None:
    told["weather"] = "fair"
    told["report"]["moods"] = {"fan": "loud"}


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
            vars(links)["in_bytes"] = vars(port)["in_bytes"] = told_with(more if what == "field" else unknown)
        case "old":
            vars(links)["in_bytes"] = vars(port)["in_bytes"] = told_with(old)
            vars(links)["EXCHANGE"] = vars(port)["EXCHANGE"] = OldReader()
        case "stumbling":
            vars(port)["in_bytes"] = told_with(stumbling)
        case "role":
            vars(membership)["signed"] = with_oracles
        case "hello":
            vars(guest_side)["VERSION"] = 2


if __name__ == "__main__":
    become(sys.argv[1])
    sys.exit(run_mesh.main(sys.argv[2:]))
