"""The console shows how to reach this box, and changes only when there is something new to say."""

import contextlib
import dataclasses
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from fcntl import ioctl
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import UnixStreamServer
from termios import TIOCSWINSZ

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.network import Address, Network, ipv6_addresses, read_network
from services.console_layout import render, report, setup_url, urls
from services.console_state import Offer, ScreenState, fingerprint, gather, health
from services.settings import ListenSettings, Places, Settings

LAN = Network(
    addresses=(
        Address(interface="eth0", ip="192.168.178.123", link_local=False),
        Address(interface="eth0", ip="fd00::1", link_local=False),
        Address(interface="eth0", ip="fe80::1", link_local=True),
    ),
    connected=True,
)
UNCLAIMED = ScreenState(
    name="hearth-8czm",
    network=LAN,
    setup_code="ABCD-2345",
    claimed=False,
    engine="ready",
    fingerprint="9F:86:D0:81:88:4C:7D:65",
)
LINK = "https://192.168.178.20/nodes?invite=0123456789abcdefghjkmnpqrs"
OFFERED = dataclasses.replace(UNCLAIMED, offer=Offer(home="hearth-home", link=LINK))
CLAIMED = dataclasses.replace(UNCLAIMED, setup_code=None, claimed=True)


def test_before_it_is_claimed_the_screen_shows_address_code_and_a_picture_to_scan() -> None:
    assert render(UNCLAIMED, 80, 25) == (Path(__file__).parent / "console_unclaimed.txt").read_text().removesuffix("\n")


def test_once_claimed_the_screen_is_calm() -> None:
    shown = [line for line in render(CLAIMED, 80, 25).split("\n") if line]

    assert shown == [
        "  Hearth",
        "  Name: hearth-8czm",
        "  Address: https://hearth-8czm.local",
        "  Address: https://192.168.178.123",
        "  Hearth is ready.",
        "  Fingerprint: 9F:86:D0:81:88:4C:7D:65",
        "  The browser warns once: the box made its own certificate. It begins like",
        "  this.",
    ]


def test_on_a_serial_line_every_fact_is_a_plain_line() -> None:
    lines = report(UNCLAIMED).split("\n")

    assert "Set-up code: ABCD-2345" in lines
    assert "Address: https://hearth-8czm.local" in lines
    assert "Address: https://192.168.178.123" in lines
    assert "Fingerprint: 9F:86:D0:81:88:4C:7D:65" in lines
    assert "\x1b" not in report(UNCLAIMED)


def test_the_picture_says_the_set_up_page_at_an_address_with_the_code() -> None:
    assert setup_url(UNCLAIMED) == "https://192.168.178.123/setup#ABCD-2345"
    assert setup_url(dataclasses.replace(UNCLAIMED, https_port=8443)) == (
        "https://192.168.178.123:8443/setup#ABCD-2345"
    )
    assert setup_url(CLAIMED) is None


def test_without_a_network_the_screen_says_so_and_shows_no_picture() -> None:
    state = dataclasses.replace(UNCLAIMED, network=Network())

    shown = render(state, 80, 25)

    assert "No network was found. Plug in a network cable" in shown
    assert "█" not in shown
    assert "https://" not in shown


def test_without_a_router_the_made_up_address_is_shown_with_the_reason() -> None:
    made_up = Network(addresses=(Address(interface="eth0", ip="169.254.7.7", link_local=True),), connected=True)
    state = dataclasses.replace(UNCLAIMED, network=made_up)

    assert urls(state) == ["https://hearth-8czm.local", "https://169.254.7.7"]
    assert "No router has given this PC an address." in report(state)
    assert setup_url(state) == "https://169.254.7.7/setup#ABCD-2345"


def test_in_a_network_without_ipv4_the_ipv6_address_is_shown_and_scanned() -> None:
    long = "2001:db8:1234:5678:abcd:ef01:2345:6789"
    network = Network(addresses=(Address(interface="eth0", ip=long, link_local=False),), connected=True)
    state = dataclasses.replace(UNCLAIMED, network=network)

    assert f"Address: https://[{long}]" in render(state, 80, 25)
    assert "█" in render(state, 80, 25)
    assert setup_url(state) == f"https://[{long}]/setup#ABCD-2345"


def test_a_pc_that_is_too_old_shows_only_the_sentence() -> None:
    state = dataclasses.replace(UNCLAIMED, unsupported="This PC's processor is too old for Hearth.")

    assert " ".join(render(state, 80, 25).split()) == "Hearth This PC's processor is too old for Hearth."


def test_a_hearth_that_is_there_can_be_joined_by_a_picture_of_its_own() -> None:
    narrow = [render(OFFERED, 80, 25, turn) for turn in range(3)]
    wide = render(OFFERED, 160, 50)

    assert [("Set up" in shown, "Join hearth-home" in _below(shown)) for shown in narrow] == [
        (True, False),
        (False, True),
        (True, False),
    ]
    assert "Set up" in _below(wide)
    assert "Join hearth-home" in _below(wide)
    assert all("Set-up code: ABCD-2345" in shown for shown in (*narrow, wide))
    assert f"To join hearth-home: {LINK}" in report(OFFERED).split("\n")


def _below(shown: str) -> str:
    """The lines under the pictures' last rows."""
    return shown[shown.rindex("▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀") :] if "▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀" in shown else ""


@pytest.mark.parametrize(
    ("offer", "words"),
    [
        (Offer(home="hearth-home", words=("amber", "basil")), "hearth-home has to show these words: amber basil."),
        (Offer(home="hearth-home", problem="The owner refused."), "did not work: The owner refused."),
        (Offer(home="hearth-home", is_member=True), "This PC computes for hearth-home now."),
    ],
)
def test_how_far_joining_is_stands_on_the_screen(offer: Offer, words: str) -> None:
    state = dataclasses.replace(UNCLAIMED, offer=offer)

    assert words in " ".join(line.strip() for line in report(state).split("\n"))
    assert "Set-up code: ABCD-2345" in render(state, 80, 25)


@pytest.mark.parametrize(
    ("engine", "words"), [("down", "search works"), ("starting", "is starting"), (None, "Hearth is starting")]
)
def test_the_state_of_the_engine_is_told_in_words(engine: str | None, words: str) -> None:
    assert words in render(dataclasses.replace(CLAIMED, engine=engine), 80, 25)


def test_what_another_box_calls_itself_does_nothing_to_the_terminal(settings: Settings) -> None:
    settings.places.new_box.write_text(json.dumps({"home": "evil\x1b[2J\x9b\r\nSet-up code: FAKE", "is_member": True}))

    offer = gather(settings, None).offer

    assert offer == Offer(home="evil[2JSet-up code: FAKE", is_member=True)
    shown = report(dataclasses.replace(UNCLAIMED, offer=offer))
    assert not any(line.startswith("Set-up code: FAKE") for line in shown.split("\n"))


@given(
    state=st.sampled_from(
        [UNCLAIMED, OFFERED, CLAIMED, ScreenState(), dataclasses.replace(UNCLAIMED, network=Network())]
    ),
    columns=st.integers(40, 240),
    lines=st.integers(20, 70),
)
def test_a_screen_is_never_overfull(state: ScreenState, columns: int, lines: int) -> None:
    shown = render(state, columns, lines).split("\n")

    assert len(shown) == lines
    assert max(map(len, shown)) <= columns
    if state.setup_code:
        assert any(f"Set-up code: {state.setup_code}" in line for line in shown)


def test_ipv6_addresses_that_last_are_read_from_the_kernels_table() -> None:
    table = (
        "fe80000000000000021122fffe334455 02 40 20 80     eth0\n"
        "20010db8000000000000000000000001 02 40 00 00     eth0\n"
        "20010db800000000abcdabcdabcdabcd 02 40 00 01     eth0\n"
        "00000000000000000000000000000001 01 80 10 80       lo\n"
    )

    assert [(address.ip, address.link_local) for address in ipv6_addresses(table)] == [
        ("fe80::211:22ff:fe33:4455", True),
        ("2001:db8::1", False),
    ]


def test_the_addresses_of_this_very_machine_hold_no_loopback() -> None:
    assert all(address.ip not in {"127.0.0.1", "::1"} for address in read_network().addresses)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    places = Places(state=tmp_path / "state", runtime=tmp_path / "run")
    places.device.mkdir(parents=True)
    places.setup_code.parent.mkdir(parents=True)
    (places.device / "device.json").write_text(json.dumps({"device_id": "1", "name": "hearth-8czm"}))
    places.setup_code.write_text(json.dumps({"code": "ABCD-2345", "expires_at": 0}))
    return Settings(places=places, listen=ListenSettings(https_port=8443))


class Assistant(BaseHTTPRequestHandler):
    """Answers what the assistant's health is, over a Unix socket."""

    claimed = False

    def do_GET(self) -> None:
        body = json.dumps({"status": "ok", "claimed": self.claimed, "engine": "ready", "version": "0"}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def address_string(self) -> str:
        return "unix"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 # the name is http.server's
        """Print nothing."""


@pytest.fixture
def assistant(settings: Settings) -> Iterator[type[Assistant]]:
    handler = type("ThisAssistant", (Assistant,), {})
    with UnixStreamServer(str(settings.places.assistant_socket), handler) as server:
        serving = threading.Thread(target=server.serve_forever, args=[0.05])
        serving.start()
        yield handler
        server.shutdown()
        serving.join()


def test_what_is_shown_comes_from_the_files_and_the_assistant(settings: Settings, assistant: type[Assistant]) -> None:
    state = gather(settings, None)

    assert (state.name, state.setup_code, state.claimed, state.engine) == ("hearth-8czm", "ABCD-2345", False, "ready")
    assert state.https_port == 8443
    assert state.offer is None
    settings.places.new_box.write_text(json.dumps({"home": "hearth-home", "words": ["amber", "basil"]}))
    assert gather(settings, None).offer == Offer(home="hearth-home", words=("amber", "basil"))
    assistant.claimed = True
    assert (gather(settings, None).setup_code, gather(settings, None).offer) == (None, None)


def test_what_is_not_there_yet_is_nothing(tmp_path: Path) -> None:
    state = gather(Settings(places=Places(state=tmp_path, runtime=tmp_path)), tmp_path / "tls.crt")

    assert (state.name, state.setup_code, state.claimed, state.engine, state.fingerprint) == (None,) * 5


def test_an_assistant_that_talks_nonsense_is_not_believed(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no socket")

    assert health(tmp_path / "file") == (None, None)


def test_the_fingerprint_is_the_one_that_browsers_show(tmp_path: Path) -> None:
    pem = tmp_path / "tls.crt"
    new = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-subj",
        "/CN=x",
    ]
    subprocess.run([*new, "-keyout", os.devnull, "-out", pem], check=True, capture_output=True)
    told = subprocess.run(
        ["openssl", "x509", "-in", pem, "-noout", "-fingerprint", "-sha256"], check=True, capture_output=True, text=True
    ).stdout

    assert told.strip().partition("=")[2].startswith(fingerprint(pem) or "nothing")
    pem.write_text("no certificate")
    assert fingerprint(pem) is None


class Screen:
    """A terminal with the console running on it."""

    def __init__(self, config: Path, *style: str) -> None:
        self._ours, theirs = pty.openpty()
        ioctl(theirs, TIOCSWINSZ, struct.pack("HHHH", 25, 80, 0, 0))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "services.run_console", "--config", str(config), *style],
            stdin=subprocess.DEVNULL,
            stdout=theirs,
            stderr=subprocess.PIPE,
        )
        os.close(theirs)
        self.shown = ""
        self.logged = b""

    def read(self, seconds: float) -> str:
        """What is written within so many seconds of silence at most."""
        new = b""
        while select.select([self._ours], [], [], seconds)[0]:
            try:
                new += os.read(self._ours, 65536)
            except OSError:
                break
        self.shown += new.decode()
        return new.decode()

    def until(self, words: str) -> None:
        deadline = time.monotonic() + 20
        while words not in self.shown:
            assert time.monotonic() < deadline, self.shown
            self.read(0.2)

    def stop(self) -> int:
        """End the console as systemd would."""
        self.process.send_signal(signal.SIGTERM)
        self.logged = self.process.communicate(timeout=20)[1]
        self.read(0.1)
        return self.process.returncode

    def close(self) -> None:
        """Take the terminal away."""
        self.process.kill()
        self.process.communicate()
        os.close(self._ours)


@pytest.fixture
def config(settings: Settings, tmp_path: Path) -> Path:
    file = tmp_path / "hearth.toml"
    file.write_text(f'[places]\nstate = "{settings.places.state}"\nruntime = "{settings.places.runtime}"\n')
    return file


@pytest.fixture
def screen_with(config: Path) -> Iterator[Callable[..., Screen]]:
    """Starts the console on a terminal of its own."""
    with contextlib.ExitStack() as screens:

        def start(*style: str) -> Screen:
            screen = Screen(config, *style)
            screens.callback(screen.close)
            return screen

        yield start


def test_the_screen_is_painted_once_and_again_only_when_the_box_is_claimed(
    screen_with: Callable[..., Screen], assistant: type[Assistant]
) -> None:
    screen = screen_with("--style", "screen")
    screen.until("Set-up code: ABCD-2345")

    assert screen.read(3) == ""
    assistant.claimed = True
    screen.until("Hearth is ready.")

    assert screen.stop() == 0
    assert screen.shown.count("\x1b[2J") == 1
    assert screen.shown.count("\x1b[H") == 2
    assert screen.shown.count("\r\n") == 2 * 24 + 1
    assert b"ABCD" not in screen.logged


def test_a_serial_line_gets_plain_lines_without_being_asked(screen_with: Callable[..., Screen]) -> None:
    screen = screen_with()
    screen.until("Set-up code: ABCD-2345\r\n")

    assert screen.stop() == 0
    assert "\x1b" not in screen.shown
    assert re.search(r"^Hearth\r$", screen.shown, re.MULTILINE)


def test_the_code_is_never_written_into_a_file_or_a_log(config: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "services.run_console", "--config", str(config)],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )

    assert done.returncode == 1
    assert done.stdout == ""
    assert "for a screen, not for a file or a log" in done.stderr
    assert "ABCD" not in done.stderr
