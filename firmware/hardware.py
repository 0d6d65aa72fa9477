"""Owns what Hearth knows about a PC, as plain values that firmware.probe fills and firmware.profile decides from."""

from dataclasses import dataclass
from typing import Literal

from firmware import record

BootMode = Literal["uefi", "bios"]
Transport = Literal["usb", "nvme", "sata", "sd", "virtio", "other"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Processor:
    """The processors of one PC, and how much of them this system may use."""

    vendor: str | None
    model: str | None
    features: tuple[str, ...]
    """Instruction sets that matter to the engine, sorted."""
    level: int | None
    """The x86-64 level: 1 to 4, 0 for a 32-bit processor, None where the processor does not tell (not an x86)."""
    packages: int
    numa_nodes: int
    physical_cores: int
    """Cores that this system may run on."""
    threads: int
    """Logical CPUs that this system may run on."""
    performance_cores: int | None
    """Of a hybrid processor; None where all cores are alike."""
    efficiency_cores: int | None
    quota_cores: float | None
    """CPU time that a control group allows, in cores; None without a limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Main memory in bytes."""

    total_bytes: int | None
    limit_bytes: int | None
    """What a control group allows; None without a limit."""

    @property
    def usable_bytes(self) -> int | None:
        """What this system may use."""
        known = [size for size in (self.total_bytes, self.limit_bytes) if size is not None]
        return min(known) if known else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gpu:
    """A graphics card or the graphics part of a processor."""

    address: str
    """PCI address, such as 0000:01:00.0."""
    vendor: str
    vendor_id: int
    device_id: int
    driver: str | None
    memory_bytes: int | None
    """Memory of its own; None where the kernel does not tell."""
    shared_memory_bytes: int | None
    """Main memory that it may use beside its own."""
    integrated: bool
    """Part of the processor, computing in main memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Npu:
    """A processor for neural networks beside the CPU."""

    address: str
    name: str
    driver: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Battery:
    """The battery that the whole PC runs on."""

    percent: int | None
    charging: bool
    on_mains: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """A disk, stick or card."""

    name: str
    model: str | None
    size_bytes: int
    removable: bool
    rotational: bool
    transport: Transport
    running_from: bool
    """Hearth was started from this one: it is never offered for installation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What the PC says about itself. Serial numbers are left out on purpose."""

    vendor: str | None
    model: str | None
    firmware_version: str | None
    portable: bool
    hypervisor: str | None
    """What runs this virtual machine; None on a real PC."""
    boot_mode: BootMode
    secure_boot: bool | None
    """None where the firmware cannot do Secure Boot or does not tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hardware:
    """One PC as it was seen at one start."""

    processor: Processor
    memory: Memory
    gpus: tuple[Gpu, ...]
    npus: tuple[Npu, ...]
    battery: Battery | None
    disks: tuple[Disk, ...]
    machine: Machine

    def to_json(self) -> str:
        """This PC as JSON."""
        return record.to_json(self)

    @classmethod
    def from_json(cls, text: str) -> "Hardware":
        """The PC that `to_json` described; raises RecordDamagedError."""
        return record.from_json(cls, text)
