"""Puts together what the assistant knows and does about models: the shelf, downloads, imports, the owner's choice."""

import sys
from dataclasses import dataclass
from pathlib import Path

from assistant.answers import Answers
from assistant.clock import Clock
from assistant.engine.binding import LlamaTokenizer
from assistant.engine.leases import Leases
from assistant.generation.models import EMBEDDING, FILES, ModelCard
from assistant.models.carrying import Carrier
from assistant.models.choice import Choice
from assistant.models.downloads import Downloads
from assistant.models.elsewhere import OtherNodes
from assistant.models.facts import ModelFacts, facts_of
from assistant.models.fetching import Fetcher
from assistant.models.fit import Room, Seat, placed
from assistant.models.foreign import ForeignModels
from assistant.models.gguf import read_head
from assistant.models.house import HouseModels
from assistant.models.household import Household, with_graphics
from assistant.models.imports import Imports
from assistant.models.parts import Parts
from assistant.models.shelf import ModelShelf
from assistant.nodes import Nodes
from assistant.parser.client import ChildTransport, UnitTransport
from firmware.profile import Profile
from services.settings import Places, Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelved:
    """The models and their shelf, before the answers that they serve are there."""

    models: HouseModels
    facts: ModelFacts
    """Of the model that came with the product."""
    room: Room
    profile: Profile
    longest_tokens: int
    """What one conversation of the owner's models may hold."""
    foreign: ForeignModels


def shelved(
    places: Places,
    *,
    shipped: ModelCard,
    embedding: ModelCard | None,
    leases: Leases,
    room: Room,
    profile: Profile,
    longest_tokens: int,
    clock: Clock,
    foreign: ForeignModels,
) -> Shelved:
    """The models of this node. Blocking: the head of every file is read."""
    shelf = ModelShelf(places.own_models, reserved=(FILES, EMBEDDING, shipped.name), clock=clock)

    def seat_of(facts: ModelFacts) -> Seat | None:
        now = with_graphics(room, leases.graphics)
        found = placed(
            facts,
            now,
            context_tokens=profile.context_tokens,
            slots=profile.parallel_slots,
            longest_tokens=longest_tokens,
        )
        return found[1] if found else None

    models = HouseModels(
        shelf=shelf,
        shipped=shipped,
        embedding=embedding,
        leases=leases,
        seat_of=seat_of,
        elsewhere=foreign.cards,
    )
    return Shelved(
        models=models,
        facts=facts_of(read_head(shipped.file)),
        room=room,
        profile=profile,
        longest_tokens=longest_tokens,
        foreign=foreign,
    )


def household(settings: Settings, here: Shelved, answers: Answers, nodes: Nodes) -> Household:
    """What the routes of models need."""
    places, shelf = settings.places, here.models.shelf

    def tokenizer_of(file: Path) -> LlamaTokenizer:
        return LlamaTokenizer(model=file, engine=places.engine)

    parts = Parts(shelf.incoming)
    return Household(
        models=here.models,
        downloads=Downloads(
            fetcher=Fetcher(_transport(places), hub=settings.engine.hub, parts=parts),
            carrier=Carrier(places.mesh_socket, parts=parts),
            parts=parts,
            shelf=shelf,
        ),
        others=OtherNodes(
            lambda: nodes.ask("GET", "/nodes"),
            here=lambda: [card.digest for card in here.models.cards() if not card.is_foreign],
        ),
        imports=Imports(shelf=shelf),
        foreign=here.foreign,
        choice=Choice(models=here.models, answers=answers, tokenizer_of=tokenizer_of),
        shipped_facts=here.facts,
        room=here.room,
        context_tokens=here.profile.context_tokens,
        slots=here.profile.parallel_slots,
        longest_tokens=here.longest_tokens,
    )


def _transport(places: Places) -> UnitTransport | ChildTransport:
    """systemd's process with the network where its socket is, else a child."""
    if places.fetch_socket.is_socket():
        return UnitTransport(places.fetch_socket)
    return ChildTransport([sys.executable, "-m", "services.run_fetch"])
