"""What the engine's desk tells is told to the mesh in its words."""

import asyncio
import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assistant.engine.leases import Leases
from assistant.engine.watch import Patience
from services.mesh_engines import HouseEngines
from services.settings import Places

GB = 1_000_000_000


def kept(graphics_bytes: int) -> dict[str, Any]:
    told = {"name": "chat.gguf", "ready": True, "holders": 0, "need_bytes": GB, "used_bytes": GB, "idle_seconds": 0}
    return {**told, "context_tokens": 4096, "slots": 1, "graphics_bytes": graphics_bytes}


async def graphics_of(told: dict[str, Any]) -> tuple[str, int, int]:
    """What is told of the card after the desk has said this."""

    async def desk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(json.dumps({"budget_bytes": 8 * GB, **told}).encode() + b"\n")
        await writer.drain()
        writer.close()

    with tempfile.TemporaryDirectory(prefix="hm-") as folder:
        socket = Path(folder) / "desk.sock"
        async with await asyncio.start_unix_server(desk, str(socket)):
            leases = Leases(desk=socket, key="key", patience=Patience())
            places = replace(Places(), models=Path(folder))
            engines = HouseEngines(places, leases=leases, context_tokens=4096)
            assert await engines.state() == "ready"
            return engines.graphics()


@pytest.mark.parametrize(
    ("graphics", "expected"),
    [
        ({"sentence": "", "device": "Radeon", "memory_bytes": 7 * GB}, ("Radeon", 7 * GB, 4 * GB)),
        ({"sentence": "", "device": "Radeon", "memory_bytes": 2 * GB}, ("Radeon", 2 * GB, 0)),
        ({"sentence": "", "device": "Iris Xe", "memory_bytes": 7 * GB, "shared": True}, ("Iris Xe", 0, 0)),
        ({"sentence": "The processor computes."}, ("", 0, 0)),
        (None, ("", 0, 0)),
    ],
)
async def test_a_card_is_told_with_what_models_leave_free_of_it(
    graphics: dict[str, Any] | None, expected: tuple[str, int, int]
) -> None:
    assert await graphics_of({"kept": [kept(3 * GB)], "graphics": graphics}) == expected
