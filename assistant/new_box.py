"""A box that nobody owns offers itself to the Hearth that is there: its console shows a code for that one's owner."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, Protocol

from assistant.console_file import write_whole
from assistant.errors import MeshAwayError, MeshRefusedError

Told = Mapping[str, Any]
"""What hearth-mesh says of itself, or what the console is to show."""
LOOK_SECONDS: Final = 2.0
AFTER_FAILURE_SECONDS: Final = 60.0
"""How long a refusal stays to be read before this box offers itself again."""


class Mesh(Protocol):
    """hearth-mesh, as it may be asked."""

    async def ask(self, method: str, path: str, content: dict[str, Any] | None = None) -> dict[str, Any]:
        """See `assistant.nodes.Nodes.ask`."""
        ...


class NewBox:
    """What the console shows of joining, in one small file, as long as nobody owns this box."""

    def __init__(
        self,
        *,
        mesh: Mesh,
        path: Path,
        look_seconds: float = LOOK_SECONDS,
        after_failure_seconds: float = AFTER_FAILURE_SECONDS,
    ) -> None:
        self._mesh = mesh
        self._path = path
        self._look_seconds = look_seconds
        self._looks_after_failure = round(after_failure_seconds / look_seconds)
        self._failed_looks = 0
        self._shown: Told = {}

    async def offer(self, is_claimed: Callable[[], bool]) -> None:
        """Keep the file true until the box is claimed."""
        self._path.unlink(missing_ok=True)
        while not is_claimed():
            try:
                self._show(await self._look())
            except (MeshAwayError, MeshRefusedError):
                self._show({})  # hearth-mesh may be starting; the log of that daemon says what is wrong with it
            await asyncio.sleep(self._look_seconds)
        self._show({})
        with suppress(MeshAwayError, MeshRefusedError):
            if (await self._mesh.ask("GET", "/nodes"))["invitation"]:
                await self._mesh.ask("DELETE", "/join")

    async def _look(self) -> Told:
        seen = await self._mesh.ask("GET", "/nodes")
        if not seen["mesh_id"] and self._is_to_knock(seen):
            there = _only_neighbour(seen)
            if there is not None:
                asked = {"address": there["address"], "port": there["port"]}
                seen = await self._mesh.ask("POST", "/knock", asked)
        return _shown(seen)

    def _is_to_knock(self, seen: Told) -> bool:
        stage, code = seen["joining"]["stage"], seen["joining"]["problem_code"]
        if stage == "failed" and code != "expired":
            self._failed_looks += 1
            return self._failed_looks > self._looks_after_failure
        self._failed_looks = 0
        return stage in {"idle", "failed", "joined"} and not seen["invitation"]

    def _show(self, told: Told) -> None:
        if told == self._shown:
            return
        if told:
            write_whole(self._path, told)
        else:
            self._path.unlink(missing_ok=True)
        self._shown = told


def _only_neighbour(seen: Told) -> Told | None:
    """The one Hearth on this network that a phone can open; with several, its owner chooses on the page of nodes."""
    # An address that only counts on one network card of this box (RFC 4007) means nothing to a phone.
    found = [one for one in seen["seen"] if "%" not in one["address"] and not one["address"].startswith("fe80:")]
    return found[0] if len(found) == 1 else None


def _shown(seen: Told) -> Told:
    joining, invitation = seen["joining"], seen["invitation"]
    if seen["mesh_id"]:
        home = next((node["name"] for node in seen["nodes"] if node["role"] == "home"), "")
        return {"home": home, "is_member": True}
    if joining["stage"] == "waiting":
        return {"home": joining["home_name"], "words": joining["words"]}
    if joining["stage"] == "failed" and joining["problem_code"] != "expired":
        return {"home": joining["home_name"], "problem": joining["problem"]}
    if invitation:
        home = next((one["name"] for one in seen["seen"] if one["address"] == invitation["address"]), "")
        return {"home": home, "link": invitation["link"]}
    return {}
