"""A run of an emulated PC that holds no system at all: only QEMU itself is needed."""

import os
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from image.accelerator import Accelerator
from image.errors import GuestEndedError, GuestSilentError, MissingToolError
from image.guest import Cable, Firmware, Guest, Kernel
from image.qemu import MOST_TRIPS, Machine, free_port, is_claimed, page_answers
from services.firstboot_certificate import keep_certificate

TCG = Accelerator(name="tcg", reason="a test")
EMPTY = Guest(firmware=Firmware.BIOS, memory_mib=64, cores=1)


def is_alive(process: int) -> bool:
    """Whether a process is there and not merely waiting to be collected."""
    try:
        return " Z " not in Path(f"/proc/{process}/stat").read_text()
    except FileNotFoundError:
        return False


def test_the_screen_can_be_photographed_and_the_pc_is_gone_afterwards(tmp_path: Path) -> None:
    with Machine(EMPTY, TCG, tmp_path / "run") as machine:
        machine.photograph(tmp_path / "screen.png")

    machine.wait_until_off()
    assert (tmp_path / "screen.png").read_bytes().startswith(b"\x89PNG")


def test_a_pc_that_ignores_its_power_button_is_unplugged(tmp_path: Path) -> None:
    with Machine(EMPTY, TCG, tmp_path / "run") as machine:
        assert not machine.power_down(deadline_seconds=0.2)
        assert not machine.running


def test_a_silent_guest_is_told_with_the_log_to_read(tmp_path: Path) -> None:
    with (
        Machine(EMPTY, TCG, tmp_path / "run") as machine,
        pytest.raises(GuestSilentError, match=r"has not shown the code.*console\.log"),
    ):
        machine.wait_for("the code", lambda _: None, deadline_seconds=0.1)


def test_a_qemu_that_does_not_start_is_told_in_its_own_words(tmp_path: Path) -> None:
    guest = Guest(firmware=Firmware.BIOS, cpu="no-such-cpu")

    with (
        Machine(guest, TCG, tmp_path / "run") as machine,
        pytest.raises(GuestEndedError, match="unable to find CPU model 'no-such-cpu'"),
    ):
        machine.wait_for("anything", lambda _: None, deadline_seconds=30)


def test_a_pc_whose_emulator_tripped_is_started_again_but_not_for_ever(tmp_path: Path) -> None:
    def trip(console: str) -> bool | None:
        return None if "Oops" in console else True

    with Machine(EMPTY, TCG, tmp_path / "run") as machine:
        for _ in range(MOST_TRIPS):
            with machine.console_log.open("a") as console:
                console.write("[    5.176086] Oops: int3: 0000 [#1] PREEMPT SMP NOPTI\n")
            assert machine.wait_for("a console without a word", trip, deadline_seconds=30)
        with machine.console_log.open("a") as console:
            console.write("[    5.176086] Oops: int3: 0000 [#1] PREEMPT SMP NOPTI\n")
        with pytest.raises(GuestSilentError, match="Oops: int3"):
            machine.wait_for("a console without a word", trip, deadline_seconds=0.1)


def test_a_pc_that_trips_while_it_is_looked_at_is_started_again(tmp_path: Path) -> None:
    with Machine(EMPTY, TCG, tmp_path / "run") as machine:
        looks: list[str] = []

        def slow_look(console: str) -> bool | None:
            looks.append(console)
            if len(looks) == 1:
                with machine.console_log.open("a") as written:
                    written.write("[   81.5] Oops: int3: 0000 [#1] PREEMPT SMP NOPTI\n")
                    written.write("[   81.5] Kernel panic - not syncing: Fatal exception in interrupt\n")
                return None
            return True

        assert machine.wait_for("anything", slow_look, deadline_seconds=30)
        assert looks == ["", ""]


def test_the_pc_ends_with_the_program_that_started_it(tmp_path: Path) -> None:
    program = (
        "import os, sys, signal\nfrom pathlib import Path\nfrom tests.image.test_qemu import EMPTY, TCG, Machine\n"
        f"machine = Machine(EMPTY, TCG, Path({str(tmp_path / 'run')!r}))\nmachine.power_on()\n"
        f"machine.photograph(Path({str(tmp_path / 'screen.png')!r}))\n"
        "print(machine._process.pid, flush=True)\nos.kill(os.getpid(), signal.SIGKILL)\n"
    )

    killed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    deadline = time.monotonic() + 10
    while is_alive(int(killed.stdout)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_alive(int(killed.stdout))


def test_a_missing_program_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.fspath(tmp_path))

    with pytest.raises(MissingToolError, match=r"needs qemu-system-x86_64 and setpriv.*make setup"):
        Machine(EMPTY, TCG, tmp_path / "run").power_on()


def test_a_direct_boot_needs_no_firmware(tmp_path: Path) -> None:
    guest = Guest(firmware=Firmware.DIRECT, kernel=Kernel(linux=tmp_path / "missing"))

    with (
        Machine(guest, TCG, tmp_path / "run") as machine,
        pytest.raises(GuestEndedError, match="could not open kernel file"),
    ):
        machine.wait_for("anything", lambda _: None, deadline_seconds=30)


def test_no_page_answers_on_a_port_where_nothing_listens() -> None:
    assert not page_answers(free_port())


@pytest.mark.parametrize(
    ("said", "told"), [('{"claimed": true}', True), ('{"claimed": false}', False), ("<html>", None), ("{}", None)]
)
def test_a_guest_says_whether_it_has_an_owner(said: str, told: bool | None, tmp_path: Path) -> None:
    keep_certificate(tmp_path, "hearth-abcd", datetime.now(UTC))

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/api/health" else 404)
            self.end_headers()
            self.wfile.write(said.encode())

        def log_message(self, *_: object) -> None:
            """Be silent."""

    with HTTPServer(("127.0.0.1", 0), Page) as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tmp_path / "tls.crt", tmp_path / "tls.key")
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()

        assert is_claimed(server.server_port) is told
        assert not page_answers(server.server_port)
        server.shutdown()


def test_where_nothing_listens_nothing_is_known_of_an_owner() -> None:
    assert is_claimed(free_port()) is None


def test_a_pc_comes_back_to_its_end_of_a_cable_while_the_other_end_is_plugged_in(tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="hearth-") as short:
        here, there = Path(short, "here"), Path(short, "there")
        first = replace(EMPTY, cable=Cable(card="52:54:00:00:00:01", end=here, other_end=there))
        second = replace(EMPTY, cable=Cable(card="52:54:00:00:00:02", end=there, other_end=here))
        with Machine(first, TCG, tmp_path / "first") as machine, Machine(second, TCG, tmp_path / "second") as other:
            other.photograph(tmp_path / "screen.png")
            other.unplug()
            other.power_on()
            other.photograph(tmp_path / "screen.png")

            assert machine.running
            assert other.running
            assert all(end.is_socket() for end in (here, there))
