"""A box in memory for tests of the API: two people, a library, an engine to direct, and callers of every kind."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import httpx

from assistant.answers import Answers, AnswerSettings
from assistant.api.app import build_app
from assistant.backup.desk import BackupDesk
from assistant.backup.making import Backups
from assistant.backup.restore_desk import RestoreDesk
from assistant.chats import Chats
from assistant.disks import Disks
from assistant.entrance import Entrance
from assistant.generation.embeddings import Embeddings
from assistant.generation.models import EMBEDDING, Kind, ModelCard, OneEngine
from assistant.generation.queue import FairQueue, QueueSettings
from assistant.generation.writer import Writer
from assistant.identifiers import PersonId, private_shelf
from assistant.invitations import Invitations
from assistant.keys import Keys
from assistant.library import Library
from assistant.originals import Originals
from assistant.passwords import HashingCost, Passwords
from assistant.people import People
from assistant.sessions import Sessions
from assistant.setup_code import SetupCode
from assistant.shelves import Shelves
from assistant.store import Database
from assistant.watching import Watching
from tests.assistant.api.texts import FakeTexts
from tests.fakes import FakeClock, FakeEmbedder, FakeEngine, FakeLibrary, FakeTokenizer

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


class Box:
    """The application over fakes, and what a test wants to look at."""

    def __init__(self, folder: Path, library: Library | None = None, database: Database | None = None) -> None:
        self.database = database or Database(folder / "hearth.sqlite")
        self.clock = FakeClock()
        self.engine = FakeEngine()
        self.library = library or FakeLibrary(folder)
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
        models = OneEngine(
            chat=card("tiny", "chat"),
            embedding=card(EMBEDDING, "embedding"),
            engine=self.texts,
            state=self.engine.state,
        )
        answers = Answers(
            library=self.library,
            engine=self.engine,
            tokenizer=FakeTokenizer(),
            clock=self.clock,
            settings=AnswerSettings(context_tokens=400, answer_tokens=50),
        )
        self.app = build_app(
            library=self.library,
            people=self.people,
            shelves=self.shelves,
            sessions=self.sessions,
            invitations=self.invitations,
            entrance=self.entrance,
            chats=self.chats,
            keys=self.keys,
            answers=answers,
            engine=self.engine,
            writer=Writer(models=models, queue=self.queue, answers=answers, clock=self.clock, ready_seconds=0),
            embeddings=Embeddings(models=models, embedder=self.embedder, counter=WordCounter()),
            backup_desk=BackupDesk(
                backups=Backups(
                    database=self.database,
                    originals=Originals(folder / "originals"),
                    library=self.library,
                    folder=folder / "backups",
                    clock=self.clock,
                    version=VERSION,
                    models=["hearth", "tiny"],
                ),
                clock=self.clock,
                device_name="hearth-test",
            ),
            restore_desk=RestoreDesk(
                people=self.people, entrance=self.entrance, state=folder, start_anew=self._start_anew
            ),
            watching=self.watching,
            disks=self.disks,
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
            connection.execute("INSERT INTO shelves VALUES (?, 'private', ?, 'Bob')", (private_shelf(bob), bob))
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
