"""Every kind of PC that the stick has to start, from power-on to a cited answer and through a restart."""

from dataclasses import replace
from pathlib import Path

import pytest

from image.accelerator import Accelerator
from image.console import Report, plain, report, setup_code
from image.guest import Bus, Firmware, Forward, Guest, Kernel
from image.newest import unified_kernel_of
from image.qemu import Machine, free_port
from tests.boot.box import Box
from tests.boot.conftest import BUILD, Record
from tests.boot.journey import BOOT_SECONDS, claim, travel, travel_with_update
from tests.boot.kernel_words import kernel_words
from tests.boot.updating import BROKEN, bring, broken_update, install, restart, state, update_file

pytestmark = [pytest.mark.boot, pytest.mark.timeout(3000)]

# QEMU's cut-off network leases an address without a router and a name server. The guest is told of both all the same,
# so that whatever would like to leave the house tries to, and is seen in the packet dump.
UPLINK = """[Match]
Kind=!*
Type=ether
[Network]
DHCP=yes
Gateway=10.0.2.2
DNS=10.0.2.3
MulticastDNS=no
LLMNR=no
"""
WORDS = kernel_words(UPLINK)


@pytest.fixture
def direct(stick: Path, kernel: Kernel) -> Guest:
    """A PC that is started without firmware."""
    return Guest(disk=stick, bus=Bus.VIRTIO, firmware=Firmware.DIRECT, kernel=kernel, kernel_words=WORDS)


def test_a_pc_of_today_with_the_stick_in_its_usb_port_takes_an_update_from_another_stick(
    stick: Path, accelerator: Accelerator, folder: Path, record: Record
) -> None:
    guest = Guest(disk=stick, bus=Bus.USB, firmware=Firmware.UEFI, kernel_words=WORDS)

    record(travel_with_update(guest, accelerator, folder, update_file(BUILD)))


def test_a_pc_of_2008_without_avx(direct: Guest, folder: Path, record: Record) -> None:
    emulation = Accelerator(name="tcg", reason="only emulation can leave instructions out")

    record(travel(replace(direct, bus=Bus.NVME, cpu="Nehalem"), emulation, folder))


def test_a_pc_that_is_too_old_is_told_so(direct: Guest, folder: Path) -> None:
    emulation = Accelerator(name="tcg", reason="only emulation can leave instructions out")

    # One core: a kernel without a steady clock rewrites its code as it runs, and QEMU's second core trips over that.
    with Machine(replace(direct, cpu="core2duo", cores=1), emulation, folder) as machine:
        told: Report = machine.wait_for("its report", report, deadline_seconds=BOOT_SECONDS)
        machine.photograph(folder / "screen.png")

        assert "too old" in plain(machine.console())
        assert told.failed == ()
        assert machine.power_down()


def test_a_pc_with_a_legacy_bios_goes_back_from_an_update_that_does_not_start(
    image: Path, stick: Path, accelerator: Accelerator, folder: Path
) -> None:
    page = free_port()
    guest = Guest(disk=stick, bus=Bus.USB, firmware=Firmware.BIOS, forwards=(Forward(host_port=page, guest_port=443),))
    broken = broken_update(unified_kernel_of(image), folder / "broken.update")

    with Machine(guest, accelerator, folder) as machine, Box(page) as box:
        machine.wait_for_page(page, deadline_seconds=BOOT_SECONDS)
        claim(box, machine.wait_for("the set-up code", setup_code, deadline_seconds=BOOT_SECONDS))
        before = state(box)
        bring(box, broken, BROKEN)
        install(box, BROKEN)
        restart(machine, box)
        after = state(box)
        tries = plain(machine.console()).count("Kernel panic")
        assert machine.power_down()

    assert tries == 3
    assert (after["running"], after["failed"], after["waiting"]) == (before["running"], BROKEN, None)
