"""`hearth-assistant`: library, search, people and chats behind one HTTP API on a Unix socket."""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Sequence
from importlib.metadata import version
from typing import Final

import uvloop
from fastapi import FastAPI

from assistant.api.app import build_app
from assistant.backup import restoring
from assistant.backup.restored import Restored
from assistant.clock import Clock, SystemClock
from assistant.embedding.counting import EmbeddingTokens
from assistant.engine.errors import EngineError
from assistant.errors import AssistantError
from assistant.generation.embeddings import Embeddings
from assistant.generation.queue import FairQueue, QueueSettings
from assistant.generation.writer import Writer
from assistant.library import Library
from assistant.library_errors import DiskFullError
from assistant.models.bringing import Bringing
from assistant.new_box import NewBox
from assistant.originals import Originals
from assistant.store import Database
from assistant.updates.wished import WishedUpdates
from services import credentials, notify, samples_seed
from services.arguments import settings_from
from services.assistant_engines import READY_SECONDS, Engines, engines_of
from services.assistant_library import Meaning, library_over, meaning_of, papers_of
from services.assistant_parts import Accounts, Answering, Desks, accounts_in, answering_from, desks_of
from services.device import read_profile
from services.errors import ServicesError
from services.serving import Front, serve, unix_socket
from services.settings import Places, Settings

log = logging.getLogger(__name__)

_FULL_DISK_SECONDS: Final = 10.0
_COUNTS_AT_A_TIME: Final = 4


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
    engines = await engines_of(settings, profile, key=credentials.read("engine.key"), clock=clock)
    accounts = accounts_in(database, setup_code=places.setup_code, clock=clock)
    if interrupted := await asyncio.to_thread(accounts.jobs.recover):
        log.info("%d jobs go on that were interrupted", interrupted)
    originals = Originals(places.assistant_state / "originals", settings.assistant.upload_limit_bytes)
    meaning = meaning_of(places, profile, jobs=accounts.jobs, shelves=accounts.shelves)
    async with library_over(places, database, originals, meaning, calm=engines.calm) as library:
        answering = answering_from(library, engines, accounts, settings=settings, clock=clock)
        await answering.house.choice.settle()
        desks = desks_of(
            library,
            originals,
            engines,
            accounts,
            database=database,
            settings=settings,
            clock=clock,
            start_anew=_start_anew,
        )
        app = _app(places, library, meaning, engines, accounts, answering, desks, clock=clock)

        async def works() -> bool:
            await asyncio.to_thread(accounts.people.is_claimed)
            return True

        if settings.assistant.seed_samples:
            mark = places.assistant_state / "samples-added"
            await samples_seed.seed(library, samples=places.samples, mark=mark)
        await serve(
            [Front(app=app, sockets=[unix_socket(places.assistant_socket)])],
            status="The library can be asked",
            check=works,
            background=[
                _outlasting_a_full_disk(work)
                for work in _background(places, library, meaning, engines, accounts, answering, desks)
            ],
        )
    desks.onto_disk.close()
    desks.backup.close()
    desks.restore.close()
    await engines.close()
    await meaning.helpers.close()
    desks.watching.close()
    desks.disks.close()
    accounts.passwords.close()
    database.close()


def _app(
    places: Places,
    library: Library,
    meaning: Meaning,
    engines: Engines,
    accounts: Accounts,
    answering: Answering,
    desks: Desks,
    *,
    clock: Clock,
) -> FastAPI:
    """The HTTP API over all parts."""
    writer = Writer(
        models=engines.models,
        queue=engines.queue,
        counting=FairQueue(QueueSettings(slots=_COUNTS_AT_A_TIME), clock=clock),
        answers=answering.answers,
        clock=clock,
        ready_seconds=READY_SECONDS,
        mesh=engines.mesh,
    )
    counter = EmbeddingTokens(places.models / "embedding")
    return build_app(
        house=answering.house,
        library=library,
        people=accounts.people,
        shelves=accounts.shelves,
        sessions=accounts.sessions,
        invitations=accounts.invitations,
        entrance=accounts.entrance,
        backup_desk=desks.backup,
        disk_desk=desks.onto_disk,
        restore_desk=desks.restore,
        restored=Restored(places.assistant_state),
        watching=desks.watching,
        disks=desks.disks,
        sticks=desks.sticks,
        updates=desks.updates,
        stick_updates=desks.stick_updates,
        fetched_updates=desks.fetched_updates,
        keys=accounts.keys,
        chats=accounts.chats,
        jobs=accounts.jobs,
        runner=answering.runner,
        answers=answering.answers,
        engine=engines.here,
        writer=writer,
        embeddings=Embeddings(
            models=engines.models,
            embedder=meaning.embedder,
            counter=counter,
            queue=FairQueue(QueueSettings(), clock=clock),
        ),
        papers=papers_of(places),
        nodes=engines.nodes,
        clock=clock,
        local_key=credentials.read("local.key"),
        version=version("hearth"),
    )


def _background(
    places: Places,
    library: Library,
    meaning: Meaning,
    engines: Engines,
    accounts: Accounts,
    answering: Answering,
    desks: Desks,
) -> list[Callable[[], Coroutine[None, None, None]]]:
    """What runs beside the API as long as it is served; when one of these fails, the daemon ends."""

    bringing = Bringing(engines.nodes, answering.house.others, answering.house.downloads)
    new_box = NewBox(mesh=engines.nodes, path=places.new_box)

    wished_updates = WishedUpdates(
        engines.nodes, desks.updates, desks.fetched_updates, busy=lambda: _at_work(library, engines, accounts)
    )

    def is_idle() -> bool:
        return library.is_idle and not engines.queue.running and not engines.queue.waiting

    return [
        library.run,
        answering.runner.run,
        lambda: meaning.helpers.help_others(meaning.embedder, is_idle=is_idle),
        answering.house.downloads.run,
        bringing.run,
        engines.shelved.foreign.run,
        desks.backup.run,
        desks.onto_disk.run,
        desks.restore.run,
        desks.watching.run,
        desks.disks.run,
        desks.sticks.run,
        desks.updates.run,
        desks.stick_updates.run,
        desks.fetched_updates.run,
        wished_updates.run,
        lambda: accounts.setup_code.keep_current(accounts.people.is_claimed),
        lambda: new_box.offer(accounts.people.is_claimed),
    ]


def _at_work(library: Library, engines: Engines, accounts: Accounts) -> str:
    """What a restart would break off, as the end of a sentence; empty where nothing is being done."""
    if engines.queue.running or engines.queue.waiting:
        return "an answer that is being written"
    if accounts.jobs.counts().running:
        return "a job in the background"
    return "" if library.is_idle else "files that are being read"


def _outlasting_a_full_disk(
    work: Callable[[], Coroutine[None, None, None]],
) -> Callable[[], Coroutine[None, None, None]]:
    """Work that begins again where the disk had no room left to write something down."""

    async def outlasting() -> None:
        while True:
            try:
                await work()
            except* DiskFullError:
                log.warning("the disk is full: work in the background waits for room")
            else:
                return
            await asyncio.sleep(_FULL_DISK_SECONDS)

    return outlasting


def _start_anew() -> None:
    """End in an orderly way; whoever started this daemon starts it again."""
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
