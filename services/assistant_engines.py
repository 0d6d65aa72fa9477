"""Assembles the assistant's way to the models: those of this box behind one fair line, and those of the mesh."""

import asyncio
from dataclasses import dataclass
from typing import Final

from assistant.clock import Clock
from assistant.engine.binding import LlamaTokenizer
from assistant.engine.leases import Leases
from assistant.engine.mesh import MeshDaemon
from assistant.engine.watch import Patience
from assistant.generation.fair_engine import FairEngine
from assistant.generation.queue import FairQueue, QueueSettings
from assistant.models.foreign import ForeignModels
from assistant.models.house import HouseModels
from assistant.nodes import Nodes
from firmware.profile import Profile
from services import house_models, model_cards
from services.device import read_hardware
from services.engine_plans import room_of
from services.house_models import Shelved
from services.settings import Settings

READY_SECONDS: Final = 60.0
"""How long a question waits for an engine that is being started again."""
POLITE_SECONDS: Final = 120.0
"""How long a few vectors wait for answers that are being written: on a slow PC both together take far longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Engines:
    """The models of this box with their one line of requests, and the way to the mesh."""

    shelved: Shelved
    tokenizer: LlamaTokenizer
    leases: Leases
    queue: FairQueue
    here: FairEngine
    mesh: MeshDaemon
    nodes: Nodes

    @property
    def models(self) -> HouseModels:
        """Every model that can be asked."""
        return self.shelved.models

    async def calm(self) -> None:
        """Wait while answers are being written, but not for ever."""
        await self.queue.quiet(POLITE_SECONDS)

    async def close(self) -> None:
        """Let go of every connection."""
        await self.leases.close()
        await self.mesh.close()
        await self.nodes.close()


async def engines_of(settings: Settings, profile: Profile, *, key: str, clock: Clock) -> Engines:
    """The engines as the profile wants them; `key` opens the engine's desk. Raises EngineError."""
    places = settings.places
    patience = Patience(silence_seconds=settings.assistant.engine_silence_seconds)
    leases = Leases(desk=places.engine_desk, key=key, patience=patience)
    waiting = QueueSettings(
        slots=profile.parallel_slots,
        waiting_each=settings.assistant.waiting_each,
        waiting_total=settings.assistant.waiting_total,
    )
    queue = FairQueue(waiting, clock=clock)
    tokenizer = LlamaTokenizer(model=places.models / "chat.gguf", engine=places.engine)
    nodes = Nodes(places.mesh_socket)
    shelved = await asyncio.to_thread(
        house_models.shelved,
        places,
        shipped=await asyncio.to_thread(model_cards.chat, places.models, tokenizer.metadata, profile.context_tokens),
        embedding=await asyncio.to_thread(model_cards.embedding, places.models),
        leases=leases,
        room=room_of(read_hardware(places), memory_bytes=settings.engine.memory_bytes),
        profile=profile,
        longest_tokens=settings.engine.longest_tokens,
        clock=clock,
        foreign=ForeignModels(lambda: nodes.ask("GET", "/engines"), clock=clock),
    )
    here = FairEngine(
        leases=leases,
        chosen=lambda: shelved.models.chosen,
        queue=queue,
        clock=clock,
        patience=patience,
        ready_seconds=READY_SECONDS,
    )
    mesh = MeshDaemon(places.mesh_socket, patience=patience, monotonic=clock.monotonic)
    return Engines(shelved=shelved, tokenizer=tokenizer, leases=leases, queue=queue, here=here, mesh=mesh, nodes=nodes)
