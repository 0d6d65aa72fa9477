"""Assembles what the assistant's daemon offers, each part of what comes before it: accounts, answers, desks."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from assistant.answers import Answers, AnswerSettings
from assistant.backup.desk import BackupDesk
from assistant.backup.disk_desk import DiskDesk
from assistant.backup.disk_wire import HereWriter, UnitWriter, Writer
from assistant.backup.making import Backups
from assistant.backup.restore_desk import RestoreDesk
from assistant.chats import Chats
from assistant.clock import Clock
from assistant.disks import Disks
from assistant.entrance import Entrance
from assistant.generation.placed import PlacedEngine
from assistant.invitations import Invitations
from assistant.jobs.long_answers import LongAnswers, left_in, reach_of
from assistant.jobs.records import JobRecords
from assistant.jobs.rows import Kind
from assistant.jobs.runner import Runner
from assistant.keys import Keys
from assistant.library import Library
from assistant.models.household import Household
from assistant.models.imports import Imports
from assistant.models.sticks import StickModels
from assistant.originals import Originals
from assistant.parser.client import UnitTransport
from assistant.passwords import Passwords
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
from firmware.updates.system import System, UnitSystem
from services import house_models
from services.assistant_engines import Engines
from services.device import read_device
from services.settings import Places, Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """Who lives here, how they come in, and what is theirs but the files."""

    passwords: Passwords
    people: People
    sessions: Sessions
    shelves: Shelves
    invitations: Invitations
    setup_code: SetupCode
    entrance: Entrance
    keys: Keys
    chats: Chats
    jobs: JobRecords


def accounts_in(database: Database, *, setup_code: Path, clock: Clock) -> Accounts:
    """The accounts of this database; `setup_code` is the file that the console shows."""
    passwords = Passwords()
    people = People(database=database, passwords=passwords, clock=clock)
    sessions = Sessions(database=database, clock=clock)
    invitations = Invitations(database=database, people=people, passwords=passwords, clock=clock)
    code = SetupCode(path=setup_code, clock=clock)
    chats = Chats(database=database, clock=clock)
    return Accounts(
        passwords=passwords,
        people=people,
        sessions=sessions,
        shelves=Shelves(database),
        invitations=invitations,
        setup_code=code,
        entrance=Entrance(people=people, sessions=sessions, invitations=invitations, setup_code=code, clock=clock),
        keys=Keys(database=database, clock=clock),
        chats=chats,
        jobs=JobRecords(database, clock=clock, leave=left_in(chats)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """Who answers from the files: at once, in the background, and with which model."""

    answers: Answers
    runner: Runner
    house: Household


def answering_from(
    library: Library, engines: Engines, accounts: Accounts, *, settings: Settings, clock: Clock
) -> Answering:
    """Answers from this library; the model that the owner chose answers once `house.choice.settle` was awaited."""
    models = engines.models
    answers = Answers(
        library=library,
        engine=PlacedEngine(
            here=engines.here,
            mesh=engines.mesh,
            digest=lambda: models.chosen.digest,
            model=lambda: models.chosen.name,
        ),
        tokenizer=engines.tokenizer,
        clock=clock,
        settings=AnswerSettings(context_tokens=engines.shelved.profile.context_tokens),
        bounds=accounts.shelves,
    )
    runner = Runner(
        accounts.jobs,
        kind=Kind.ANSWER,
        work=LongAnswers(
            records=accounts.jobs,
            library=library,
            answers=answers,
            reach=reach_of(accounts.people, accounts.shelves),
        ),
        worker=read_device(settings.places).name,
        calm=engines.calm,
    )
    house = house_models.household(settings, engines.shelved, answers, engines.nodes)
    return Answering(answers=answers, runner=runner, house=house)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desks:
    """What brings files here and takes them away by the many: backups, watched folders, disks; and the system's own."""

    backup: BackupDesk
    onto_disk: DiskDesk
    restore: RestoreDesk
    watching: Watching
    disks: Disks
    sticks: StickModels
    updates: Updates
    stick_updates: StickUpdates
    fetched_updates: FetchedUpdates


def desks_of(
    library: Library,
    originals: Originals,
    engines: Engines,
    accounts: Accounts,
    *,
    database: Database,
    settings: Settings,
    clock: Clock,
    start_anew: Callable[[], None],
) -> Desks:
    """The desks of this library; `start_anew` ends this daemon, to be started again with what was restored."""
    places = settings.places
    backups = Backups(
        database=database,
        originals=originals,
        library=library,
        folder=places.assistant_state / "backups",
        clock=clock,
        version=version("hearth"),
        models=lambda: [card.name for card in engines.models.cards() if not card.is_foreign and card.kind == "chat"],
    )
    disks = Disks(library=library, roots=disk_roots(settings.assistant.disk_folders))
    watchable = [Path(folder) for folder in settings.assistant.watchable_folders]
    updates = updates_in(places)
    backup = BackupDesk(backups=backups, clock=clock, device_name=read_device(places).name)
    return Desks(
        backup=backup,
        onto_disk=DiskDesk(desk=backup, disks=disks, writer=_disk_writer(places)),
        restore=RestoreDesk(
            people=accounts.people,
            entrance=accounts.entrance,
            disks=disks,
            state=places.assistant_state,
            start_anew=start_anew,
        ),
        watching=Watching(database=database, library=library, roots=watchable, own=places.state),
        disks=disks,
        sticks=StickModels(disks, Imports(shelf=engines.models.shelf)),
        updates=updates,
        stick_updates=StickUpdates(disks, updates),
        fetched_updates=FetchedUpdates(
            updates, UpdatesElsewhere(lambda: engines.nodes.ask("GET", "/nodes"), updates), places.mesh_socket
        ),
    )


def updates_in(places: Places) -> Updates:
    """Updates of this node, which cannot install them where systemd listens for none."""
    system: System | None = UnitSystem(places.update_socket) if places.update_socket.is_socket() else None
    return Updates(folder=places.updates, keys=places.update_keys, system=system, version=version("hearth"))


def _disk_writer(places: Places) -> Writer:
    """systemd's process that may write onto disks where its socket is, else this process."""
    return UnitWriter(UnitTransport(places.stick_socket)) if places.stick_socket.is_socket() else HereWriter()


def disk_roots(folders: Sequence[str]) -> list[Path]:
    """Where disks appear: desktops mount them in a folder of the user's name inside these."""
    user = os.environ.get("USER", "")
    return [Path(folder) / user if user and (Path(folder) / user).is_dir() else Path(folder) for folder in folders]
