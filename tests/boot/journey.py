"""The owner's journey through a box that was just switched on; every way to boot it has to allow the whole of it."""

import time
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote_plus

from assistant.backup.sealed import MAGIC, Unsealing
from image.accelerator import Accelerator
from image.console import REPORT_MARK, Report, fingerprint, plain, report, setup_code
from image.guest import Forward, Guest
from image.qemu import Machine, free_port
from tests import heif
from tests.boot import updating
from tests.boot.box import Box
from tests.boot.fat import make_stick
from tests.boot.packets import leaving, sent
from tests.pdf import written

BOOT_SECONDS = 1800.0  # emulated, on a computer that has other things to do
READING_SECONDS = 600.0
STICK_SECONDS = 300.0
ANSWER_SECONDS = 1000.0
# The page, the other nodes, mDNS, and the lease of an address.
POLITE_PORTS = {"tcp/80", "tcp/443", "tcp/7377", "udp/5353", "udp/68", "udp/546"}
OWNER = {"name": "Ada", "password": "a quiet evening by the fire"}
FILE = "lighthouse.pdf"
# Short pages and a short question: an emulated PC reads about two words of them a second.
QUESTION = "Where does the spare key hang?"
PAGE = 2
PHOTO = "guarantee.heic"
STICK = "GRANDMA"
BACKUP_STICK = "BACKUPS"
PASSPHRASE = "four words about nothing"
RECIPE = "recipe.txt"
RECIPE_WORDS = "Grandma's walnut cake bakes for fifty minutes."
PAGES = (
    "The keeper's book.\nThe lamp was lit in 1868.",
    "Keys.\nThe spare key hangs behind the blue door.",
    "The garden.\nThe plum tree is pruned in February.",
)
MOST_EXPOSED = {
    "hearth-web": 2.0,
    "hearth-engine": 1.5,
    "hearth-assistant": 2.0,
    "hearth-mesh": 2.0,
    "hearth-parser@1": 1.5,
    "hearth-fetch@1": 2.0,
    "hearth-rpc@1": 1.5,
    "hearth-stick@1": 2.0,  # it makes a disk writable, in its own view alone
    "hearth-update@1": 2.0,  # root, who writes the disk that the system runs from; only the assistant reaches it
    "hearth-wire@1": 2.0,  # it makes network cards, and puts them into the networks of others
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Timings:
    """Seconds that a person waits."""

    power_on_to_page_s: float
    upload_to_searchable_s: float
    photo_to_searchable_s: float
    stick_to_searchable_s: float
    question_to_answer_s: float
    second_power_on_to_page_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateTimings:
    """Seconds that a person waits for a new version."""

    power_on_to_page_s: float
    stick_to_kept_s: float
    installing_s: float
    restart_to_page_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstEvening:
    """What came of a box's first hours: the chat that was begun, and the seconds that a person waited."""

    chat: str
    power_on_to_page_s: float
    upload_to_searchable_s: float
    photo_to_searchable_s: float
    stick_to_searchable_s: float
    question_to_answer_s: float

    def and_then(self, second_power_on_to_page_s: float) -> Timings:
        """With the second start, the figures of the whole journey."""
        return Timings(
            power_on_to_page_s=self.power_on_to_page_s,
            upload_to_searchable_s=self.upload_to_searchable_s,
            photo_to_searchable_s=self.photo_to_searchable_s,
            stick_to_searchable_s=self.stick_to_searchable_s,
            question_to_answer_s=self.question_to_answer_s,
            second_power_on_to_page_s=second_power_on_to_page_s,
        )


def travel(guest: Guest, accelerator: Accelerator, folder: Path) -> Timings:
    """Boot, claim, upload, ask, switch off, and boot again; asserts everything on the way."""
    guest = watched(guest, folder)
    with Machine(guest, accelerator, folder) as machine, Box(guest.forwards[0].host_port) as box:
        evening = first_evening(machine, box, folder)
        assert_healthy(machine.wait_for("its report", report, deadline_seconds=BOOT_SECONDS))
        assert machine.power_down(), "the power button did not end the system"
    return evening.and_then(come_back(guest, accelerator, folder, box.session, evening.chat))


def travel_with_update(guest: Guest, accelerator: Accelerator, folder: Path, update: Path) -> UpdateTimings:
    """Boot, claim, upload, install an update, and ask the new version about what the old one was given."""
    guest = watched(guest, folder)
    with Machine(guest, accelerator, folder) as machine, Box(guest.forwards[0].host_port) as box:
        first_boot = machine.wait_for_page(box.port, deadline_seconds=BOOT_SECONDS)
        claim(box, machine.wait_for("the set-up code", setup_code, deadline_seconds=BOOT_SECONDS))
        upload(box)
        bringing = updating.take_from_a_stick(machine, box, update, updating.VERSION, folder / "update-stick.raw")
        installing = updating.install(box, updating.VERSION)
        restarting = updating.restart(machine, box)
        told = updating.state(box)
        assert (told["running"], told["waiting"], told["failed"]) == (updating.VERSION, None, None)
        chat, _ = ask(box)
        assert_nothing_is_lost(box, chat)
        assert_healthy(machine.wait_for("the new version's report", second_report, deadline_seconds=BOOT_SECONDS))
        assert machine.power_down(), "the power button did not end the system"
    assert_nothing_left(folder / "packets-1.pcap")
    return UpdateTimings(
        power_on_to_page_s=round(first_boot, 1),
        stick_to_kept_s=bringing,
        installing_s=installing,
        restart_to_page_s=restarting,
    )


def second_report(console: str) -> Report | None:
    """What the system said of itself after it was started anew."""
    return report(console) if plain(console).count(REPORT_MARK) > 1 else None


def watched(guest: Guest, folder: Path) -> Guest:
    """The guest with its page forwarded, and a dump of what it sends in its first run."""
    page = Forward(host_port=free_port(), guest_port=443)
    return replace(guest, forwards=(page,), packet_dump=folder / "packets-1.pcap")


def first_evening(machine: Machine, box: Box, folder: Path) -> FirstEvening:
    """From power-on to a cited answer about a file of one's own."""
    first_boot = machine.wait_for_page(box.port, deadline_seconds=BOOT_SECONDS)
    code = machine.wait_for("the set-up code", setup_code, deadline_seconds=BOOT_SECONDS)
    machine.photograph(folder / "screen.png")
    shown = machine.wait_for("the fingerprint", fingerprint, deadline_seconds=BOOT_SECONDS)
    assert box.fingerprint().startswith(shown)
    assert_nobody_may_use_it(box)
    claim(box, code)
    reading = upload(box)
    seeing = read_a_photo(box)
    taking = take_from_a_stick(machine, box, folder / "papers")
    write_onto_a_stick(machine, box, folder / "backup-stick.raw")
    chat, answering = ask(box)
    return FirstEvening(
        chat=chat,
        power_on_to_page_s=round(first_boot, 1),
        upload_to_searchable_s=round(reading, 1),
        photo_to_searchable_s=round(seeing, 1),
        stick_to_searchable_s=round(taking, 1),
        question_to_answer_s=round(answering, 1),
    )


def come_back(guest: Guest, accelerator: Accelerator, folder: Path, session: str | None, chat: str) -> float:
    """Boot the same disk again, where nothing has left the house before or now; the seconds until the page answers."""
    assert_nothing_left(folder / "packets-1.pcap")
    page = guest.forwards[0].host_port
    guest = replace(guest, packet_dump=folder / "packets-2.pcap")
    with Machine(guest, accelerator, folder) as machine, Box(page, session=session) as again:
        second_boot = machine.wait_for_page(page, deadline_seconds=BOOT_SECONDS)
        assert_nothing_is_lost(again, chat)
        assert setup_code(machine.console()) is None, "a claimed box shows a set-up code"
        assert machine.power_down(), "the power button did not end the system"

    assert_nothing_left(folder / "packets-2.pcap")
    return round(second_boot, 1)


def assert_nothing_left(dump: Path) -> None:
    """No packet tried to leave the house."""
    assert leaving(sent(dump.read_bytes())) == ()


def assert_healthy(told: Report) -> None:
    """No unit failed, each is shut in, and nothing listens that a stranger has no business with."""
    assert told.failed == ()
    assert told.state == "running"
    assert set(told.listening) <= POLITE_PORTS
    assert {unit for unit, most in MOST_EXPOSED.items() if told.exposure[unit] > most} == set()


def assert_nobody_may_use_it(box: Box) -> None:
    """Before it has an owner, strangers are refused, and so is a guessed code."""
    assert box.get("/api/health")["claimed"] is False
    assert box.status("GET", "/api/documents") == 401
    assert box.status("GET", "/api/search?q=lighthouse") == 401
    assert box.status("POST", "/api/chats", said={}) == 401
    assert box.status("POST", "/api/ask", said={"text": QUESTION}) == 401
    assert box.status("POST", "/api/setup", said={"code": "AAAA-AAAA", **OWNER}) == 403


def claim(box: Box, code: str) -> None:
    """Become its owner with the code from the console; the code is spent then."""
    box.session = box.post("/api/setup", {"code": code, **OWNER})["session"]
    assert box.get("/api/me")["name"] == OWNER["name"]
    assert box.status("POST", "/api/setup", said={"code": code, **OWNER}) == 409


def upload(box: Box) -> float:
    """Give it a PDF; the seconds until it could be found by its words.

    Vectors follow later: under emulation they take more minutes than a test boot should.
    """
    started = time.monotonic()
    document = box.upload(FILE, written(PAGES))
    box.wait_until(
        f"/api/documents/{document['id']}",
        lambda answer: answer["status"] in {"searchable", "ready"},
        deadline_seconds=READING_SECONDS,
    )
    return time.monotonic() - started


def read_a_photo(box: Box) -> float:
    """Give it a phone's photo of a paper; the seconds until it was unpacked, read by OCR and found by its words."""
    started = time.monotonic()
    box.upload(PHOTO, heif.PHOTO)
    box.wait_until(
        f"/api/search?q={quote_plus(heif.WORDS[0])}",
        lambda answer: any(passage["file"] == PHOTO and "4711" in passage["text"] for passage in answer["passages"]),
        deadline_seconds=READING_SECONDS,
    )
    return time.monotonic() - started


def take_from_a_stick(machine: Machine, box: Box, papers: Path) -> float:
    """Plug in a second stick, take a file from it, pull it; the seconds from the plug until its words are found."""
    papers.mkdir()
    (papers / RECIPE).write_text(RECIPE_WORDS)
    started = time.monotonic()
    machine.plug_in(papers, STICK)
    seen = box.wait_until("/api/disks", lambda answer: bool(answer["disks"]), deadline_seconds=STICK_SECONDS)
    (disk,) = seen["disks"]
    assert STICK in disk["name"]
    (file,) = box.get(f"/api/disks/{disk['id']}/files")["files"]
    box.post(f"/api/disks/{disk['id']}/import", {"paths": [file["path"]], "shelf": "household"})
    box.wait_until(
        "/api/search?q=walnut+cake",
        lambda answer: any(passage["text"] == RECIPE_WORDS for passage in answer["passages"]),
        deadline_seconds=READING_SECONDS,
    )
    seconds = time.monotonic() - started
    machine.pull_out()
    box.wait_until("/api/disks", lambda answer: not answer["disks"], deadline_seconds=STICK_SECONDS)
    return seconds


def write_onto_a_stick(machine: Machine, box: Box, stick: Path) -> None:
    """Plug in an empty stick, have a backup written onto it, pull it, and find the backup on it."""
    make_stick(stick, BACKUP_STICK)
    machine.plug_in_disk(stick)
    seen = box.wait_until("/api/disks", lambda answer: bool(answer["disks"]), deadline_seconds=STICK_SECONDS)
    (disk,) = seen["disks"]
    box.post("/api/disk-backups", {"passphrase": PASSPHRASE, "disk_id": disk["id"]})
    told = box.wait_until(
        "/api/disk-backups", lambda answer: not answer["writing"]["is_running"], deadline_seconds=STICK_SECONDS
    )["writing"]
    assert told["problem"] == ""
    (file,) = box.get(f"/api/disks/{disk['id']}/files")["files"]
    assert (file["path"], file["size_bytes"]) == (told["name"], told["total_bytes"])
    machine.pull_out("third")
    box.wait_until("/api/disks", lambda answer: not answer["disks"], deadline_seconds=STICK_SECONDS)
    # FAT keeps a file this small in one piece on an empty stick.
    written = stick.read_bytes()
    begins = written.index(MAGIC)
    whole = Unsealing(PASSPHRASE)
    whole.open(written[begins : begins + told["total_bytes"]])
    whole.end()


def ask(box: Box) -> tuple[str, float]:
    """Ask about the file; the chat's id and the seconds until the whole answer was there."""
    box.wait_until("/api/health", lambda answer: answer["engine"] == "ready", deadline_seconds=READING_SECONDS)
    chat: str = box.post("/api/chats", {})["id"]
    started = time.monotonic()
    events = box.ask(chat, QUESTION, patience_seconds=ANSWER_SECONDS)
    seconds = time.monotonic() - started
    assert events[0]["type"] == "retrieved"
    assert (events[0]["passages"][0]["file"], events[0]["passages"][0]["page"]) == (FILE, PAGE)
    done = events[-1]
    assert done["type"] == "done", done
    first = done["citations"][0]
    assert (first["file"], first["page"]) == (FILE, PAGE)
    assert first["text"] in PAGES[PAGE - 1]
    return chat, seconds


def assert_nothing_is_lost(box: Box, chat: str) -> None:
    """After a restart the login, the file and the chat are as they were."""
    assert box.get("/api/me")["name"] == OWNER["name"]
    assert [document["name"] for document in box.get("/api/documents")["documents"] if document["name"] == FILE]
    messages = box.get(f"/api/chats/{chat}")["messages"]
    assert [message["role"] for message in messages] == ["user", "assistant"]
    assert messages[0]["text"] == QUESTION
    assert messages[1]["citations"][0]["page"] == PAGE
    box.session = None
    box.session = box.post("/api/login", OWNER)["session"]
    assert box.get("/api/search?q=plum+tree")["passages"][0]["page"] == 3
