"""Owns where other members were reached or seen: addresses by node, what worked last first."""

import json
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from firmware.durable import write_durably
from mesh.peers import Peer, valid_address

log = logging.getLogger(__name__)

FILE: Final = "addresses.json"
MOST_EACH: Final = 6

Place = tuple[str, int]
"""An IP address and a port."""


class AddressBook:
    """What Avahi says comes on top of what worked before."""

    def __init__(self, folder: Path, seen: Callable[[], Sequence[Peer]]) -> None:
        self._file = folder / FILE
        self._seen = seen
        self._known: dict[str, list[Place]] = {}
        if self._file.exists():
            told = json.loads(self._file.read_bytes())
            self._known = {node: [(str(one), int(port)) for one, port in places] for node, places in told.items()}

    def places(self, node_id: str) -> list[Place]:
        """Where to try to reach this node, best first."""
        found = [(peer.address, peer.port) for peer in self._seen() if peer.node_id == node_id]
        return list(dict.fromkeys([*self._known.get(node_id, ()), *found]))

    def worked(self, node_id: str, place: Place) -> None:
        """The node was reached there, or called from there."""
        if valid_address(place[0]) is None or not 0 < place[1] < 1 << 16:
            return
        before = self._known.get(node_id, [])
        if before[:1] == [place]:
            return
        self._known[node_id] = [place, *(one for one in before if one != place)][:MOST_EACH]
        self._save()

    def heard_from(self, node_id: str, place: Place) -> None:
        """The node called from there; that does not say that it can be called there, so it goes last."""
        if place in self._known.get(node_id, []) or valid_address(place[0]) is None or not 0 < place[1] < 1 << 16:
            return
        self._known[node_id] = [*self._known.get(node_id, []), place][-MOST_EACH:]
        self._save()

    def forget(self) -> None:
        """Forget everybody."""
        self._known = {}
        self._file.unlink(missing_ok=True)

    def _save(self) -> None:
        """A full disk costs only what is remembered after the next start."""
        try:
            write_durably(self._file, json.dumps(self._known).encode(), 0o600)
        except OSError as error:
            log.warning("Where other nodes are could not be kept: %s", error)
