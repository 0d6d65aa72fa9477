"""A box in memory for tests of the API: two people, a library, an engine to direct, and callers of every kind."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from assistant.answers import Answers, AnswerSettings
from assistant.api.app import build_app
from assistant.backup.desk import BackupDesk
from assistant.backup.disk_desk import DiskDesk
from assistant.backup.disk_wire import HereWriter
from assistant.backup.making import Backups
from assistant.backup.restore_desk import RestoreDesk
from assistant.backup.restored import Restored
from assistant.chats import Chats
from assistant.disks import Disks
from assistant.engine.completion import TextEngine
from assistant.engine.leases import Leases
from assistant.engine.mesh import Mesh
from assistant.engine.watch import Patience
from assistant.entrance import Entrance
from assistant.generation.embeddings import Embeddings
from assistant.generation.models import EMBEDDING, FILES, InMemory, Kind, ModelCard
from assistant.generation.queue import FairQueue, QueueSettings
from assistant.generation.writer import Writer
from assistant.identifiers import PersonId, private_shelf
from assistant.invitations import Invitations
from assistant.jobs.long_answers import LongAnswers, left_in, reach_of
from assistant.jobs.records import JobRecords
from assistant.jobs.rows import Kind as JobKind
from assistant.jobs.runner import Runner
from assistant.keys import Keys
from assistant.learning import always_calm
from assistant.library import Library
from assistant.models.carrying import Carrier
from assistant.models.choice import Choice
from assistant.models.downloads import Downloads
from assistant.models.elsewhere import OtherNodes
from assistant.models.facts import ModelFacts
from assistant.models.fetching import Fetcher
from assistant.models.fit import Room, seat
from assistant.models.foreign import ForeignModels
from assistant.models.house import HouseModels
from assistant.models.household import Household
from assistant.models.imports import Imports
from assistant.models.parts import Parts
from assistant.models.shelf import ModelShelf
from assistant.models.sticks import StickModels
from assistant.nodes import Nodes
from assistant.originals import Originals
from assistant.papers import Papers
from assistant.parser.client import ChildTransport
from assistant.passwords import HashingCost, Passwords
from assistant.people import People
from assistant.sessions import Sessions
from assistant.setup_code import SetupCode
from assistant.shelves import Shelves
from assistant.store import Database
from assistant.updates.elsewhere import UpdatesElsewhere
from assistant.updates.fetching import FetchedUpdates
from assistant.updates.sticks import StickUpdates
from assistant.updates.updates import Updates
from assistant.watching import Watching
from tests.assistant.api.texts import FakeTexts
from tests.assistant.shelves import parser
from tests.fakes import FakeClock, FakeEmbedder, FakeEngine, FakeLibrary, FakeSystem, FakeTokenizer
from tests.updates import keys_in

LOCAL_KEY = "the key of this very device"
PASSWORD = "a warm fire in winter"
VERSION = "1.2.3"


class WordCounter:
    """A token is a word."""

    def counts(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) for text in texts]


def card(name: str, kind: Kind) -> ModelCard:
    """A model with no file behind it."""
    metadata = {"general.architecture": "llama", "general.size_label": "1B", "general.file_type": "2"}
    return ModelCard(
        name=name,
        kind=kind,
        file=Path("/models") / name,
        context_tokens=400,
        size_bytes=1000,
        changed_at=datetime(2027, 1, 1, tzinfo=UTC),
        digest="ab" * 32,
        metadata=metadata,
        license="apache-2.0",
    )


FACTS = ModelFacts(
    parameters=1_000_000,
    weight_bytes=1_000_000,
    active_bytes=1_000_000,
    layers=2,
    kv_bytes_per_token=100,
    width=64,
    vocabulary=100,
    trained_context=400,
)


async def no_engines() -> dict[str, Any]:
    """What the mesh of a box without engines of other makes says."""
    return {"engines": []}


async def no_nodes() -> dict[str, Any]:
    """What the mesh of a box that is alone says."""
    return {"nodes": []}


def household(folder: Path, answers: Answers, clock: FakeClock) -> Household:
    """A shelf of models, with no engine and no network behind it."""
    folder.mkdir(exist_ok=True)
    shelf = ModelShelf(folder, reserved=("hearth", "tiny", EMBEDDING), clock=clock)
    models = HouseModels(
        shelf=shelf,
        shipped=card("tiny", "chat"),
        embedding=card(EMBEDDING, "embedding"),
        leases=Leases(desk=folder / "no-desk", key="", patience=Patience()),
        seat_of=lambda facts: seat(facts, 10**9, context_tokens=400, slots=2),
    )
    parts = Parts(shelf.incoming)
    fetcher = Fetcher(ChildTransport(["/bin/false"]), hub="http://127.0.0.1:9", parts=parts)
    carrier = Carrier(folder / "no-mesh.sock", parts=parts)
    return Household(
        models=models,
        downloads=Downloads(fetcher=fetcher, carrier=carrier, parts=parts, shelf=shelf),
        others=OtherNodes(no_nodes, here=tuple),
        imports=Imports(shelf=shelf),
        foreign=ForeignModels(no_engines, clock=clock),
        choice=Choice(models=models, answers=answers, tokenizer_of=lambda file: FakeTokenizer()),
        shipped_facts=FACTS,
        room=Room(memory_bytes=10**9),
        context_tokens=400,
        slots=2,
    )


class OneEngine:
    """The models of a box with one engine: its chat model, `hearth` on top of it, and the embedding model."""

    def __init__(self, *, chat: ModelCard, embedding: ModelCard, engine: TextEngine) -> None:
        virtual = replace(chat, name=FILES, kind="files", parent=chat.name)
        self._cards = (virtual, chat, embedding)
        self._engine = engine
        self.in_memory: set[str] = set()

    def cards(self) -> Sequence[ModelCard]:
        return self._cards

    async def loaded(self) -> Sequence[InMemory]:
        return [
            InMemory(card=card, context_tokens=400, used_bytes=1000, graphics_bytes=600, leaves_in_seconds=60.0)
            for card in self._cards
            if card.name in self.in_memory
        ]

    async def load(self, card: ModelCard) -> None:
        self.in_memory.add(card.parent or card.name)

    async def unload(self, card: ModelCard) -> None:
        self.in_memory.discard(card.parent or card.name)

    @asynccontextmanager
    async def opened(self, card: ModelCard) -> AsyncIterator[TextEngine]:
        yield self._engine


class LoneNodes(Nodes):
    """A mesh daemon of a box that is alone, without a socket."""

    async def ask(
        self, method: str, path: str, content: dict[str, Any] | None = None, *, seconds: float = 1.0
    ) -> dict[str, Any]:
        """Nothing but this."""
        return {"mesh_id": None, "nodes": []}


class Box:
    """The application over fakes, and what a test wants to look at."""

    def __init__(
        self,
        folder: Path,
        library: Library | None = None,
        database: Database | None = None,
        nodes: Nodes | None = None,
        mesh: Mesh | None = None,
    ) -> None:
        self.database = database or Database(folder / "hearth.sqlite")
        self.clock = FakeClock()
        self.engine = FakeEngine()
        self.library = library or FakeLibrary(folder, self.database)
        self.setup_code = SetupCode(path=folder / "setup-code", clock=self.clock)
        self.sessions = Sessions(database=self.database, clock=self.clock)
        passwords = Passwords(HashingCost(memory_kib=64, passes=1, lanes=1))
        self.people = People(database=self.database, passwords=passwords, clock=self.clock)
        self.shelves = Shelves(self.database)
        self.invitations = Invitations(
            database=self.database, people=self.people, passwords=passwords, clock=self.clock
        )
        self.entrance = Entrance(
            people=self.people,
            sessions=self.sessions,
            invitations=self.invitations,
            setup_code=self.setup_code,
            clock=self.clock,
        )
        self.starts = 0
        self.watching = Watching(
            database=self.database, library=self.library, roots=[folder / "watchable"], own=folder / "own"
        )
        self.disks = Disks(library=self.library, roots=[folder / "disks"])
        self.chats = Chats(database=self.database, clock=self.clock)
        self.keys = Keys(database=self.database, clock=self.clock)
        self.texts = FakeTexts()
        self.embedder = FakeEmbedder()
        self.queue = FairQueue(QueueSettings(slots=2, waiting_each=2, waiting_total=3), clock=self.clock)
        self.counting = FairQueue(QueueSettings(slots=1, waiting_each=2, waiting_total=3), clock=self.clock)
        self.embedding = FairQueue(QueueSettings(slots=1, waiting_each=2, waiting_total=3), clock=self.clock)
        models = OneEngine(
            chat=card("tiny", "chat"),
            embedding=card(EMBEDDING, "embedding"),
            engine=self.texts,
        )
        answers = Answers(
            library=self.library,
            engine=self.engine,
            tokenizer=FakeTokenizer(),
            clock=self.clock,
            settings=AnswerSettings(context_tokens=400, answer_tokens=50),
            bounds=self.shelves,
        )
        self.house = household(folder / "models", answers, self.clock)
        self.sticks = StickModels(self.disks, self.house.imports)
        self.system = FakeSystem(VERSION)
        self.updates = Updates(
            folder=folder / "updates", keys=keys_in(folder / "keys"), system=self.system, version=VERSION
        )
        self.stick_updates = StickUpdates(self.disks, self.updates)
        self.nodes = nodes or LoneNodes(folder / "mesh.sock")
        self.fetched_updates = FetchedUpdates(
            self.updates, UpdatesElsewhere(lambda: self.nodes.ask("GET", "/nodes"), self.updates), folder / "mesh.sock"
        )
        self.jobs = JobRecords(self.database, clock=self.clock, leave=left_in(self.chats))
        self.runner = Runner(
            self.jobs,
            kind=JobKind.ANSWER,
            work=LongAnswers(
                records=self.jobs,
                library=self.library,
                answers=answers,
                reach=reach_of(self.people, self.shelves),
            ),
            worker="this box",
            calm=always_calm,
        )
        self.backup_desk = BackupDesk(
            backups=Backups(
                database=self.database,
                originals=Originals(folder / "originals"),
                library=self.library,
                folder=folder / "backups",
                clock=self.clock,
                version=VERSION,
                models=lambda: ["hearth", "tiny"],
            ),
            clock=self.clock,
            device_name="hearth-test",
        )
        self.disk_desk = DiskDesk(desk=self.backup_desk, disks=self.disks, writer=HereWriter())
        self.restore_desk = RestoreDesk(
            people=self.people,
            entrance=self.entrance,
            disks=self.disks,
            state=folder,
            start_anew=self._start_anew,
        )
        self.writer = Writer(
            models=models,
            queue=self.queue,
            counting=self.counting,
            answers=answers,
            clock=self.clock,
            ready_seconds=0,
            mesh=mesh,
        )
        self.app = build_app(
            house=self.house,
            library=self.library,
            people=self.people,
            shelves=self.shelves,
            sessions=self.sessions,
            invitations=self.invitations,
            entrance=self.entrance,
            chats=self.chats,
            jobs=self.jobs,
            runner=self.runner,
            keys=self.keys,
            answers=answers,
            engine=self.engine,
            writer=self.writer,
            embeddings=Embeddings(models=models, embedder=self.embedder, counter=WordCounter(), queue=self.embedding),
            papers=Papers(parser()),
            nodes=self.nodes,
            backup_desk=self.backup_desk,
            disk_desk=self.disk_desk,
            restore_desk=self.restore_desk,
            restored=Restored(folder),
            watching=self.watching,
            disks=self.disks,
            sticks=self.sticks,
            updates=self.updates,
            stick_updates=self.stick_updates,
            fetched_updates=self.fetched_updates,
            clock=self.clock,
            local_key=LOCAL_KEY,
            version=VERSION,
        )

    def _start_anew(self) -> None:
        self.starts += 1

    def caller(self, token: str = "") -> httpx.AsyncClient:
        """Somebody who sends this token; a stranger without one."""
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app, raise_app_exceptions=False),
            base_url="http://hearth",
            headers={"Authorization": f"Bearer {token}"} if token else {},
        )

    async def claimed(self) -> httpx.AsyncClient:
        """Ada, who has just claimed the box."""
        code = self.setup_code.current().shown
        answer = await self.caller().post("/api/setup", json={"code": code, "name": "Ada", "password": PASSWORD})
        return self.caller(answer.json()["session"])

    def other_person(self) -> httpx.AsyncClient:
        """Bob, who lives here too."""
        bob = PersonId("bob")
        with self.database.transaction() as connection:
            connection.execute("INSERT INTO people VALUES (?, 'Bob', 'bob', 'adult', 'hash', '2027-01-01')", (bob,))
            connection.execute(
                "INSERT INTO shelves (id, kind, person_id, name) VALUES (?, 'private', ?, 'Bob')",
                (private_shelf(bob), bob),
            )
        return self.caller(self.sessions.open(bob))


def refusal(response: httpx.Response) -> tuple[int, str]:
    """Status and code of an error answer; its message has to be a sentence."""
    error = response.json()["error"]
    assert set(response.json()) == {"error"}
    assert set(error) == {"code", "message"}
    assert error["message"][0].isupper()
    assert error["message"].endswith(".")
    return response.status_code, error["code"]


async def put(caller: httpx.AsyncClient, text: str, name: str = "note.txt", shelf: str = "private") -> str:
    """Add a text and return the document's id."""
    response = await caller.put("/api/documents", params={"name": name, "shelf": shelf}, content=text.encode())
    assert response.status_code in {200, 201}, response.text
    return str(response.json()["id"])
