"""A run of an emulated PC that holds no system at all: only QEMU itself is needed."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from image.accelerator import Accelerator
from image.errors import GuestEndedError, GuestSilentError, MissingToolError
from image.guest import Firmware, Guest, Kernel
from image.qemu import MOST_TRIPS, Machine, free_port, page_answers

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
