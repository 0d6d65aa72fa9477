"""The QEMU command line of an emulated PC."""

from pathlib import Path

import pytest

from image.accelerator import Accelerator
from image.guest import Bus, Cable, Firmware, Forward, Guest, Kernel, Wiring, command_line

TCG = Accelerator(name="tcg", reason="a test")
KVM = Accelerator(name="kvm", reason="a test")
WIRING = Wiring(console=Path("/log/console"), monitor=Path("/run/qmp"), variables=Path("/log/variables"))
DISK = Path("/disks/stick.raw")
KERNEL = Kernel(linux=Path("/k/linux"), initrd=Path("/k/initrd"), command_line="ro quiet")


def options(guest: Guest, name: str, accelerator: Accelerator = TCG) -> list[str]:
    """All values of one option, in order."""
    words = command_line(guest, accelerator, WIRING)
    return [words[place + 1] for place, word in enumerate(words) if word == f"-{name}"]


def test_every_guest_is_cut_off_from_the_world() -> None:
    guest = Guest(disk=DISK, forwards=(Forward(host_port=8443, guest_port=443),))

    assert options(guest, "netdev") == ["user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:8443-:443"]


def test_a_cable_is_a_second_card_that_leads_to_one_other_guest_and_nowhere_else() -> None:
    cable = Cable(card="52:54:00:00:00:01", end=Path("/run/a,b"), other_end=Path("/run/c"))
    guest = Guest(disk=DISK, cable=cable)

    assert options(guest, "netdev") == [
        "user,id=net,restrict=on",
        "dgram,id=cable,local.type=unix,local.path=/run/a,,b,remote.type=unix,remote.path=/run/c",
    ]
    assert options(guest, "device")[-1] == "virtio-net-pci,netdev=cable,mac=52:54:00:00:00:01,romfile="


def test_packets_are_recorded_only_where_that_is_asked_for() -> None:
    assert options(Guest(disk=DISK), "object") == []

    assert options(Guest(disk=DISK, packet_dump=Path("/log/packets.pcap")), "object") == [
        "filter-dump,id=dump,netdev=net,file=/log/packets.pcap"
    ]


@pytest.mark.parametrize(
    ("bus", "device"),
    [
        (Bus.USB, "usb-storage,bus=usb.0,drive=disk,removable=on,bootindex=0"),
        (Bus.VIRTIO, "virtio-blk-pci,drive=disk,bootindex=0"),
        (Bus.NVME, "nvme,drive=disk,serial=hearth,bootindex=0"),
    ],
)
def test_the_disk_hangs_on_the_bus_that_is_asked_for(bus: Bus, device: str) -> None:
    assert device in options(Guest(disk=DISK, bus=bus), "device")


def test_a_direct_boot_leaves_the_first_place_to_its_kernel() -> None:
    guest = Guest(disk=DISK, bus=Bus.VIRTIO, firmware=Firmware.DIRECT, kernel=KERNEL)

    assert "virtio-blk-pci,drive=disk" in options(guest, "device")


def test_uefi_gets_its_firmware_and_its_variables() -> None:
    drives = options(Guest(disk=DISK, firmware=Firmware.UEFI), "drive")

    assert drives[0].endswith("readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.fd")
    assert drives[1] == "if=pflash,unit=1,format=raw,file=/log/variables"


def test_bios_gets_only_the_disk() -> None:
    drives = options(Guest(disk=DISK, firmware=Firmware.BIOS), "drive")

    assert len(drives) == 1
    assert drives[0].endswith("file=/disks/stick.raw")


def test_a_direct_boot_gets_kernel_initrd_and_words() -> None:
    guest = Guest(disk=DISK, firmware=Firmware.DIRECT, kernel=KERNEL, kernel_words="systemd.wants=x.service")

    assert options(guest, "kernel") == ["/k/linux"]
    assert options(guest, "initrd") == ["/k/initrd"]
    assert options(guest, "append") == ["ro quiet systemd.wants=x.service module_blacklist=sha256_ssse3"]


def test_a_direct_boot_without_a_kernel_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="needs a kernel"):
        command_line(Guest(firmware=Firmware.DIRECT), TCG, WIRING)


def test_words_for_a_uefi_kernel_travel_by_smbios() -> None:
    guest = Guest(disk=DISK, kernel_words="a=1,2")

    assert options(guest, "smbios") == [
        "type=11,value=io.systemd.stub.kernel-cmdline-extra=a=1,,2 module_blacklist=sha256_ssse3"
    ]


def test_the_processor_is_the_best_that_the_accelerator_has_unless_one_is_named() -> None:
    assert options(Guest(disk=DISK), "cpu", KVM) == ["host"]
    assert options(Guest(disk=DISK), "cpu", TCG) == ["max,erms=off,fsrm=off,fma=off,f16c=off"]
    assert options(Guest(disk=DISK, cpu="Nehalem"), "cpu", TCG) == ["Nehalem"]


def test_a_comma_in_a_path_stays_part_of_the_path() -> None:
    assert options(Guest(disk=Path("/a,b/stick.raw")), "drive")[-1].endswith("file=/a,,b/stick.raw")
