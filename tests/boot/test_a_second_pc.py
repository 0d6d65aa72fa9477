"""A PC of today and a second one, a stick in each: they become one over a real wire, by the image's own units."""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from image.accelerator import Accelerator
from image.guest import Bus, Cable, Firmware, Forward, Guest, Kernel
from image.guest_disk import plug_in
from image.qemu import free_port
from tests.boot.conftest import BUILD, Record
from tests.boot.kernel_words import kernel_words
from tests.boot.two_boxes import carry_an_update, live_together
from tests.boot.updating import update_file

pytestmark = [pytest.mark.pair, pytest.mark.timeout(3600)]

# The cable between the two is a second network card, and what the image makes of it is what is tested: there is no
# router on it, so each PC gives itself an address. The first card leads nowhere but to the forwarded page. It is told
# of a router and a name server all the same, so that whatever would like to leave the house tries to, and is seen.
PAGE_ONLY = """[Match]
MACAddress=52:54:00:12:34:56
[Network]
DHCP=ipv4
Gateway=10.0.2.2
DNS=10.0.2.3
LinkLocalAddressing=no
IPv6AcceptRA=no
MulticastDNS=no
LLMNR=no
"""
# Two that boot side by side, beside other work, take longer for each step than one PC ever would.
PATIENCE = "systemd.default_timeout_start_sec=900 systemd.default_device_timeout_sec=900"
CARDS = {"first": "52:54:00:00:00:01", "second": "52:54:00:00:00:02"}


@pytest.fixture
def cable() -> Iterator[dict[str, Cable]]:
    """Both ends of one cable, by the box that it is plugged into; a Unix socket's name has to be short."""
    with tempfile.TemporaryDirectory(prefix="hearth-cable-") as folder:
        first, second = Path(folder, "first"), Path(folder, "second")
        yield {
            "first": Cable(card=CARDS["first"], end=first, other_end=second),
            "second": Cable(card=CARDS["second"], end=second, other_end=first),
        }


@pytest.fixture
def box(image: Path, kernel: Kernel, folder: Path, cable: dict[str, Cable]) -> Callable[[str], Guest]:
    """A small PC of today, with a stick that nobody has ever started."""

    def made(name: str) -> Guest:
        stick = folder / name / "stick.raw"
        plug_in(image, stick, fresh=True)
        return Guest(
            disk=stick,
            bus=Bus.VIRTIO,
            firmware=Firmware.DIRECT,
            kernel=kernel,
            kernel_words=f"{kernel_words(PAGE_ONLY)} {PATIENCE}",
            cores=2,  # two of them share the cores of this host
            forwards=(Forward(host_port=free_port(), guest_port=443),),
            cable=cable[name],
        )

    return made


def test_a_pc_of_today_and_a_second_one_that_joins_computes_and_is_pulled(
    box: Callable[[str], Guest], accelerator: Accelerator, folder: Path, record: Record
) -> None:
    record(live_together(box("first"), box("second"), accelerator, folder))


def test_an_update_travels_from_the_first_to_the_second_one_which_starts_with_it(
    box: Callable[[str], Guest], accelerator: Accelerator, folder: Path, record: Record
) -> None:
    # Firmware that looks onto the stick, since what is started there changes.
    second = replace(box("second"), firmware=Firmware.UEFI, kernel=None)

    record(carry_an_update(box("first"), second, accelerator, folder, update_file(BUILD)))
