"""`hearth-assistant`: library, search, people and chats behind one HTTP API on a Unix socket."""

import asyncio
import contextlib
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from importlib.metadata import version
from pathlib import Path

import uvloop

from assistant.answers import Answers, AnswerSettings
from assistant.api.app import build_app
from assistant.backup import restoring
from assistant.backup.desk import BackupDesk
from assistant.backup.making import Backups
from assistant.backup.restore_desk import RestoreDesk
from assistant.chats import Chats
from assistant.clock import SystemClock
from assistant.disks import Disks
from assistant.embedding.client import EmbeddingProcess
from assistant.embedding.counting import EmbeddingTokens
from assistant.embedding.helpers import MeshHelpers
from assistant.engine.binding import LlamaTokenizer
from assistant.engine.errors import EngineError
from assistant.engine.leases import Leases
from assistant.engine.mesh import MeshDaemon
from assistant.engine.watch import Patience
from assistant.entrance import Entrance
from assistant.errors import AssistantError
from assistant.generation.embeddings import Embeddings
from assistant.generation.fair_engine import FairEngine
from assistant.generation.placed import PlacedEngine
from assistant.generation.queue import FairQueue, QueueSettings
from assistant.generation.writer import Writer
from assistant.invitations import Invitations
from assistant.jobs.helped import HelpedMeaning
from assistant.jobs.long_answers import LongAnswers, left_in, reach_of
from assistant.jobs.records import JobRecords
from assistant.jobs.rows import Kind
from assistant.jobs.runner import Runner
from assistant.keys import Keys
from assistant.lexical import LexicalIndex
from assistant.library import Library
from assistant.models.foreign import ForeignModels
from assistant.nodes import Nodes
from assistant.originals import Originals
from assistant.parser.client import ChildTransport, Parser, UnitTransport
from assistant.passwords import Passwords
from assistant.people import People
from assistant.sessions import Sessions
from assistant.setup_code import SetupCode
from assistant.shelves import Shelves
from assistant.store import Database
from assistant.vectors import VectorIndex
from assistant.watching import Watching
from services import credentials, house_models, model_cards, notify, samples_seed
from services.arguments import settings_from
from services.device import read_device, read_hardware, read_profile
from services.engine_plans import room_of
from services.errors import ServicesError
from services.serving import Front, serve, unix_socket
from services.settings import Places, Settings

log = logging.getLogger(__name__)

_READY_SECONDS = 60.0
"""How long a question waits for an engine that is being started again."""
_POLITE_SECONDS = 120.0
"""How long a few vectors wait for answers that are being written: on a slow PC both together take far longer."""


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until told to stop; 1 where the data or a secret is not as it has to be."""
    notify.configure_logging("hearth-assistant")
    try:
        uvloop.run(_serve(settings_from(argv, __doc__ or "")))
    except (ServicesError, AssistantError, EngineError) as error:
        log.error("%s", error)
        return 1
    return 0


async def _serve(settings: Settings) -> None:
    places, clock = settings.places, SystemClock()
    profile = read_profile(places)
    if restoring.adopt(places.assistant_state):
        log.info("this node goes on with the backup that was restored")
    database = Database(places.assistant_state / "hearth.sqlite")
    key = credentials.read("engine.key")
    patience = Patience(silence_seconds=settings.assistant.engine_silence_seconds)
    leases = Leases(desk=places.engine_desk, key=key, patience=patience)
    queue = FairQueue(
        QueueSettings(
            slots=profile.parallel_slots,
            waiting_each=settings.assistant.waiting_each,
            waiting_total=settings.assistant.waiting_total,
        ),
        clock=clock,
    )
    tokenizer = LlamaTokenizer(model=places.models / "chat.gguf", engine=places.engine)
    nodes = Nodes(places.mesh_socket)
    foreign = ForeignModels(lambda: nodes.ask("GET", "/engines"), clock=clock)
    here = await asyncio.to_thread(
        house_models.shelved,
        places,
        shipped=await asyncio.to_thread(model_cards.chat, places.models, tokenizer.metadata, profile.context_tokens),
        embedding=await asyncio.to_thread(model_cards.embedding, places.models),
        leases=leases,
        room=room_of(read_hardware(places), memory_bytes=settings.engine.memory_bytes),
        profile=profile,
        clock=clock,
        foreign=foreign,
    )
    models = here.models
    engine = FairEngine(
        leases=leases,
        chosen=lambda: models.chosen.file.name,
        queue=queue,
        clock=clock,
        patience=patience,
        ready_seconds=_READY_SECONDS,
    )
    mesh = MeshDaemon(places.mesh_socket, patience=patience, monotonic=clock.monotonic)
    passwords = Passwords()
    people = People(database=database, passwords=passwords, clock=clock)
    sessions = Sessions(database=database, clock=clock)
    shelves = Shelves(database)
    invitations = Invitations(database=database, people=people, passwords=passwords, clock=clock)
    setup_code = SetupCode(path=places.setup_code, clock=clock)
    chats = Chats(database=database, clock=clock)
    embedder = EmbeddingProcess(
        [sys.executable, "-m", "services.run_embedder"], places.models / "embedding", profile.embedding_threads
    )
    jobs = JobRecords(database, clock=clock, leave=left_in(chats))
    if interrupted := await asyncio.to_thread(jobs.recover):
        log.info("%d jobs go on that were interrupted", interrupted)
    originals = Originals(places.assistant_state / "originals", settings.assistant.upload_limit_bytes)
    helpers = MeshHelpers(places.mesh_socket)
    help_ = HelpedMeaning(
        records=jobs,
        helpers=helpers,
        embedder=embedder,
        may_leave=lambda shelf: not shelves.are_bound(documents=(), shelves=[shelf]),
    )
    async with _library(places, database, originals, embedder, queue, help_) as library:
        answers = Answers(
            library=library,
            engine=PlacedEngine(
                here=engine, mesh=mesh, digest=lambda: models.chosen.digest, model=lambda: models.chosen.name
            ),
            tokenizer=tokenizer,
            clock=clock,
            settings=AnswerSettings(context_tokens=profile.context_tokens),
            bounds=shelves,
        )
        runner = Runner(
            jobs,
            kind=Kind.ANSWER,
            work=LongAnswers(
                records=jobs,
                library=library,
                answers=answers,
                reach=reach_of(people, shelves),
            ),
            worker=read_device(places).name,
            calm=lambda: queue.quiet(_POLITE_SECONDS),
        )
        house = house_models.household(settings, here, answers, nodes)
        await house.choice.settle()
        entrance = Entrance(
            people=people, sessions=sessions, invitations=invitations, setup_code=setup_code, clock=clock
        )
        backups = Backups(
            database=database,
            originals=originals,
            library=library,
            folder=places.assistant_state / "backups",
            clock=clock,
            version=version("hearth"),
            models=[card.name for card in models.cards() if not card.is_foreign],
        )
        backup_desk = BackupDesk(backups=backups, clock=clock, device_name=read_device(places).name)
        restore_desk = RestoreDesk(
            people=people, entrance=entrance, state=places.assistant_state, start_anew=_start_anew
        )
        watching = Watching(
            database=database,
            library=library,
            roots=[Path(folder) for folder in settings.assistant.watchable_folders],
            own=places.state,
        )
        disks = Disks(library=library, roots=disk_roots(settings.assistant.disk_folders))
        app = build_app(
            house=house,
            library=library,
            people=people,
            shelves=shelves,
            sessions=sessions,
            invitations=invitations,
            entrance=entrance,
            backup_desk=backup_desk,
            restore_desk=restore_desk,
            watching=watching,
            disks=disks,
            keys=Keys(database=database, clock=clock),
            chats=chats,
            jobs=jobs,
            runner=runner,
            answers=answers,
            engine=engine,
            writer=Writer(
                models=models, queue=queue, answers=answers, clock=clock, ready_seconds=_READY_SECONDS, mesh=mesh
            ),
            embeddings=Embeddings(
                models=models, embedder=embedder, counter=EmbeddingTokens(places.models / "embedding")
            ),
            nodes=nodes,
            clock=clock,
            local_key=credentials.read("local.key"),
            version=version("hearth"),
        )

        def is_idle() -> bool:
            return library.is_idle and not queue.running and not queue.waiting

        async def works() -> bool:
            await asyncio.to_thread(people.is_claimed)
            return True

        if settings.assistant.seed_samples:
            mark = places.assistant_state / "samples-added"
            await samples_seed.seed(library, samples=places.samples, mark=mark)
        await serve(
            [Front(app=app, sockets=[unix_socket(places.assistant_socket)])],
            status="The library can be asked",
            check=works,
            background=[
                library.run,
                runner.run,
                lambda: helpers.help_others(embedder, is_idle=is_idle),
                house.downloads.run,
                foreign.run,
                backup_desk.run,
                restore_desk.run,
                watching.run,
                disks.run,
                lambda: setup_code.keep_current(people.is_claimed),
            ],
        )
    backup_desk.close()
    restore_desk.close()
    await leases.close()
    await mesh.close()
    await nodes.close()
    await helpers.close()
    watching.close()
    disks.close()
    passwords.close()
    database.close()


@contextlib.asynccontextmanager
async def _library(
    places: Places,
    database: Database,
    originals: Originals,
    embedder: EmbeddingProcess,
    queue: FairQueue,
    help_: HelpedMeaning,
) -> AsyncIterator[Library]:
    """The library over its folders, closed at the end."""
    library = Library(
        database=database,
        originals=originals,
        parser=Parser(_transport(places)),
        embedder=embedder,
        lexical=LexicalIndex(places.assistant_state / "lexical"),
        vectors=VectorIndex(places.assistant_state / "vectors"),
        calm=lambda: queue.quiet(_POLITE_SECONDS),
        help_=help_,
    )
    try:
        yield library
    finally:
        await library.close()


def disk_roots(folders: Sequence[str]) -> list[Path]:
    """Where disks appear: desktops mount them in a folder of the user's name inside these."""
    user = os.environ.get("USER", "")
    return [Path(folder) / user if user and (Path(folder) / user).is_dir() else Path(folder) for folder in folders]


def _start_anew() -> None:
    """End in an orderly way; whoever started this daemon starts it again."""
    os.kill(os.getpid(), signal.SIGTERM)


def _transport(places: Places) -> UnitTransport | ChildTransport:
    """systemd's sandboxed parser where its socket is, else a child with resource limits."""
    if places.parser_socket.is_socket():
        return UnitTransport(places.parser_socket)
    return ChildTransport([sys.executable, "-m", "services.run_parser"])


if __name__ == "__main__":
    sys.exit(main())
