"""One emulated PC as data, and the QEMU command line that makes it; starting it is qemu.py's work."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from image.accelerator import Accelerator

OVMF_CODE = Path("/usr/share/OVMF/OVMF_CODE_4M.fd")
OVMF_VARIABLES = Path("/usr/share/OVMF/OVMF_VARS_4M.fd")


class Firmware(StrEnum):
    """How the PC comes from power-on to the kernel."""

    UEFI = "uefi"
    BIOS = "bios"
    DIRECT = "direct"  # QEMU loads kernel and initrd itself, which saves the firmware's seconds


class Bus(StrEnum):
    """What the disk with the image hangs on."""

    USB = "usb"
    VIRTIO = "virtio"
    NVME = "nvme"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kernel:
    """What a direct boot starts: the two files and the words that the kernel is given."""

    linux: Path
    initrd: Path | None = None
    command_line: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forward:
    """A port of this host's loopback that leads to a port of the guest."""

    host_port: int
    guest_port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cable:
    """One end of a cable between two guests: a second network card, on which there is nobody but the other guest.

    It may be plugged in before the other end is there, and the other guest may go and come back.
    """

    card: str  # its Ethernet address, such as 52:54:00:00:00:01
    end: Path  # a Unix socket that QEMU makes here
    other_end: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    """One PC: its disk, its processor and memory, and what it can reach."""

    disk: Path | None = None  # a raw file, written to
    bus: Bus = Bus.USB
    firmware: Firmware = Firmware.UEFI
    kernel: Kernel | None = None  # for Firmware.DIRECT
    cpu: str | None = None  # a QEMU model; None means all that the accelerator can do
    cores: int = 3  # the engine leaves one free
    memory_mib: int = 2048
    forwards: tuple[Forward, ...] = ()
    cable: Cable | None = None
    packet_dump: Path | None = None  # every packet to and from the guest, in pcap format
    kernel_words: str = ""  # added to the unified kernel's own command line (UEFI, Secure Boot off)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """The files through which this host watches and steers one run of a guest."""

    console: Path  # what the guest says on its serial line is appended here
    monitor: Path  # QMP, a Unix socket
    variables: Path | None = None  # UEFI's variables, written to


def command_line(guest: Guest, accelerator: Accelerator, wiring: Wiring) -> tuple[str, ...]:
    """The `qemu-system-x86_64` call for this guest, which reaches nothing but its forwarded ports and its cable."""
    return (
        "qemu-system-x86_64",
        "-nodefaults",
        "-no-user-config",
        "-machine",
        "q35,vmport=off",
        "-accel",
        accelerator.option,
        "-cpu",
        guest.cpu or accelerator.best_cpu,
        "-smp",
        str(guest.cores),
        "-m",
        f"{guest.memory_mib}M",
        "-display",
        "none",
        "-vga",
        "std",
        "-chardev",
        f"file,id=console,path={_value(wiring.console)},append=on",
        "-serial",
        "chardev:console",
        "-qmp",
        f"unix:{_value(wiring.monitor)},server=on,wait=off",
        "-device",
        "virtio-rng-pci",
        "-device",
        "qemu-xhci,id=usb",
        *_firmware(guest, accelerator, wiring),
        *_disk(guest),
        *_network(guest),
        *_cable(guest.cable),
    )


def _firmware(guest: Guest, accelerator: Accelerator, wiring: Wiring) -> tuple[str, ...]:
    # An older processor has none of the instructions that are meant; for it the words cost time.
    added = (guest.kernel_words, accelerator.kernel_words if guest.cpu is None else "")
    match guest.firmware:
        case Firmware.BIOS:
            return ()
        case Firmware.UEFI:
            code = f"if=pflash,unit=0,format=raw,readonly=on,file={_value(OVMF_CODE)}"
            drives: tuple[str, ...] = ("-drive", code)
            if wiring.variables is not None:
                drives += ("-drive", f"if=pflash,unit=1,format=raw,file={_value(wiring.variables)}")
            if any(added):
                words = f"io.systemd.stub.kernel-cmdline-extra={' '.join(filter(None, added))}"
                drives += ("-smbios", f"type=11,value={words.replace(',', ',,')}")
            return drives
        case Firmware.DIRECT:
            if guest.kernel is None:
                msg = "A direct boot needs a kernel."
                raise ValueError(msg)
            words = " ".join(filter(None, (guest.kernel.command_line, *added)))
            initrd = () if guest.kernel.initrd is None else ("-initrd", str(guest.kernel.initrd))
            return ("-kernel", str(guest.kernel.linux), *initrd, "-append", words)


def _disk(guest: Guest) -> tuple[str, ...]:
    if guest.disk is None:
        return ()
    drive = f"if=none,id=disk,format=raw,cache=unsafe,discard=unmap,file={_value(guest.disk)}"
    device = {
        Bus.USB: "usb-storage,bus=usb.0,drive=disk,removable=on",
        Bus.VIRTIO: "virtio-blk-pci,drive=disk",
        Bus.NVME: "nvme,drive=disk,serial=hearth",
    }[guest.bus]
    # In a direct boot the kernel itself has the first place.
    first = "" if guest.firmware is Firmware.DIRECT else ",bootindex=0"
    return ("-drive", drive, "-device", device + first)


def _network(guest: Guest) -> tuple[str, ...]:
    forwards = "".join(
        f",hostfwd=tcp:127.0.0.1:{forward.host_port}-:{forward.guest_port}" for forward in guest.forwards
    )
    # No boot ROM: a PC that starts from its stick never asks the network for a system.
    network = ("-netdev", f"user,id=net,restrict=on{forwards}", "-device", "virtio-net-pci,netdev=net,romfile=")
    if guest.packet_dump is None:
        return network
    return (*network, "-object", f"filter-dump,id=dump,netdev=net,file={_value(guest.packet_dump)}")


def _cable(cable: Cable | None) -> tuple[str, ...]:
    if cable is None:
        return ()
    ends = f"local.type=unix,local.path={_value(cable.end)},remote.type=unix,remote.path={_value(cable.other_end)}"
    card = f"virtio-net-pci,netdev=cable,mac={cable.card},romfile="
    return ("-netdev", f"dgram,id=cable,{ends}", "-device", card)


def _value(path: Path) -> str:
    """The path as one value of a QEMU option, where a comma is written twice."""
    return str(path).replace(",", ",,")
