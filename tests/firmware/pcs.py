"""PCs to test with: a short description of each, and the files that its kernel would show in /proc and /sys."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

V1 = "fpu vme de pse tsc msr pae cx8 apic sep mtrr pge cmov pat pse36 clflush mmx fxsr sse sse2 ht syscall nx lm pni"
CORE2 = f"{V1} monitor ds_cpl vmx est tm2 ssse3 cx16 xtpr pdcm lahf_lm dtherm"
V2 = f"{CORE2} sse4_1 sse4_2 popcnt aes"
V3 = f"{V2} avx avx2 bmi1 bmi2 f16c fma abm movbe xsave rdtscp"
V4 = f"{V3} avx512f avx512bw avx512cd avx512dq avx512vl avx512_vnni"
GIB = 1 << 30
DISPLAY, DISPLAY_3D, BRIDGE, PROCESSING = 0x030000, 0x030200, 0x060000, 0x118000


@dataclass(frozen=True, kw_only=True)
class Pci:
    """One device on the PCI bus."""

    address: str
    ids: tuple[int, int]
    kind: int = DISPLAY
    driver: str | None = None
    files: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Block:
    """One disk; `below` is where its device lies in /sys/devices."""

    name: str
    below: str
    size_bytes: int
    model: str = ""
    removable: bool = False
    rotational: bool = False
    partitions: int = 0


@dataclass(frozen=True, kw_only=True)
class Pc:
    """One PC, described as its owner's manual would."""

    cpu: tuple[str, str]
    flags: str
    memory_bytes: int
    sockets: int = 1
    cores: int = 1
    threads_a_core: int = 1
    single_thread_cores: int = 0
    """Efficiency cores of a hybrid processor, numbered after the others."""
    numa_nodes: int = 1
    allowed: str | None = None
    dmi: dict[str, str] = field(default_factory=dict)
    pci: Sequence[Pci] = ()
    disks: Sequence[Block] = ()
    root_from: str = "/dev/sda1"
    root_number: str = "8:1"
    root_device: str | None = "sda1"
    """The kernel's name of `root_number`; None where the root has a made-up number, as on btrfs."""
    uefi: bool = True
    secure_boot: bool | None = None
    battery: dict[str, str] | None = None
    mains_online: bool = True
    files: dict[str, str] = field(default_factory=dict)


def write(pc: Pc, root: Path) -> Path:
    """Lay out `pc` under `root` and return it."""
    _write_processor(pc, root)
    for name, text in pc.dmi.items():
        _put(root, f"sys/class/dmi/id/{name}", text)
    for device in pc.pci:
        _write_pci(device, root)
    for disk in pc.disks:
        _write_disk(disk, root)
    _put(root, "proc/meminfo", f"MemTotal:       {pc.memory_bytes // 1024} kB\nMemFree:        1000 kB")
    _put(
        root,
        "proc/self/mountinfo",
        f"22 1 {pc.root_number} / / ro,relatime - erofs {pc.root_from} ro\n23 22 0:21 / /proc rw,nosuid - proc proc rw",
    )
    if pc.root_device:
        (root / "sys/dev/block").mkdir(parents=True)
        (root / "sys/dev/block" / pc.root_number).symlink_to(f"../../devices/somewhere/block/{pc.root_device}")
    if pc.uefi:
        (root / "sys/firmware/efi/efivars").mkdir(parents=True)
    if pc.secure_boot is not None:
        variable = root / "sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
        variable.write_bytes(b"\x06\0\0\0" + bytes([pc.secure_boot]))
    if pc.battery is not None:
        supply = {"type": "Battery", "present": "1", **pc.battery}
        for name, text in supply.items():
            _put(root, f"sys/class/power_supply/BAT0/{name}", text)
        _put(root, "sys/class/power_supply/AC/type", "Mains")
        _put(root, "sys/class/power_supply/AC/online", str(int(pc.mains_online)))
        _put(root, "sys/class/power_supply/hidpp_battery_0/type", "Battery")
        _put(root, "sys/class/power_supply/hidpp_battery_0/scope", "Device")
    for name, text in pc.files.items():
        _put(root, name, text)
    return root


def _write_processor(pc: Pc, root: Path) -> None:
    blocks, cpu = [], 0
    per_node: dict[int, list[int]] = {}
    core_sizes = [pc.threads_a_core] * pc.cores + [1] * pc.single_thread_cores
    for socket in range(pc.sockets):
        for core, size in enumerate(core_sizes):
            siblings = f"{cpu}-{cpu + size - 1}" if size > 1 else str(cpu)
            for _ in range(size):
                blocks.append(_cpuinfo(pc, cpu, socket, core, len(core_sizes)))
                topology = f"sys/devices/system/cpu/cpu{cpu}/topology"
                _put(root, f"{topology}/physical_package_id", str(socket))
                _put(root, f"{topology}/core_id", str(core))
                _put(root, f"{topology}/thread_siblings_list", siblings)
                per_node.setdefault(socket % pc.numa_nodes, []).append(cpu)
                cpu += 1
    _put(root, "proc/cpuinfo", "\n\n".join(blocks) + "\n\n")
    _put(root, "sys/devices/system/cpu/online", f"0-{cpu - 1}" if cpu > 1 else "0")
    _put(root, "proc/self/status", f"Name:\tpython3\nCpus_allowed_list:\t{pc.allowed or f'0-{cpu - 1}'}")
    for node, cpus in per_node.items():
        _put(root, f"sys/devices/system/node/node{node}/cpulist", f"{cpus[0]}-{cpus[-1]}")
    _put(root, "sys/devices/system/node/online", f"0-{pc.numa_nodes - 1}")
    if pc.single_thread_cores:
        fast = pc.cores * pc.threads_a_core
        _put(root, "sys/devices/cpu_core/cpus", f"0-{fast - 1}")
        _put(root, "sys/devices/cpu_atom/cpus", f"{fast}-{cpu - 1}")


def _cpuinfo(pc: Pc, cpu: int, socket: int, core: int, cores: int) -> str:
    vendor, model = pc.cpu
    return (
        f"processor\t: {cpu}\nvendor_id\t: {vendor}\ncpu family\t: 6\nmodel name\t: {model}\nstepping\t: 5\n"
        f"physical id\t: {socket}\ncore id\t\t: {core}\ncpu cores\t: {cores}\nflags\t\t: {pc.flags}\nbogomips\t: 4800"
    )


def _write_pci(device: Pci, root: Path) -> None:
    folder = f"sys/bus/pci/devices/{device.address}"
    vendor, number = device.ids
    for name, text in {
        "vendor": f"0x{vendor:04x}",
        "device": f"0x{number:04x}",
        "class": f"0x{device.kind:06x}",
        **device.files,
    }.items():
        _put(root, f"{folder}/{name}", text)
    if device.driver:
        (root / folder / "driver").symlink_to(f"../../../../bus/pci/drivers/{device.driver}")


def _write_disk(disk: Block, root: Path) -> None:
    real = root / "sys/devices" / disk.below / "block" / disk.name
    for name, text in {
        "size": str(disk.size_bytes // 512),
        "removable": str(int(disk.removable)),
        "queue/rotational": str(int(disk.rotational)),
        **({"device/model": disk.model} if disk.model else {}),
    }.items():
        _put(real, name, text)
    for number in range(1, disk.partitions + 1):
        separator = "p" if disk.name[-1].isdigit() else ""
        _put(real, f"{disk.name}{separator}{number}/partition", str(number))
    (root / "sys/block").mkdir(parents=True, exist_ok=True)
    (root / "sys/block" / disk.name).symlink_to(f"../devices/{disk.below}/block/{disk.name}")


def _put(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text + "\n")


USB_STICK = Block(
    name="sda",
    below="pci0000:00/0000:00:14.0/usb2/2-1/2-1:1.0/host0/target0:0:0/0:0:0:0",
    size_bytes=32_000_000_000,
    model="SanDisk Ultra",
    removable=True,
    partitions=4,
)

CORE_2_DESKTOP = Pc(
    cpu=("GenuineIntel", "Intel(R) Core(TM)2 Duo CPU     E6600  @ 2.40GHz"),
    flags=CORE2,
    memory_bytes=2 * GIB - 60_000_000,
    cores=2,
    uefi=False,
    dmi={"sys_vendor": "System manufacturer", "product_name": "P5B", "chassis_type": "3", "bios_version": "1238"},
    disks=[USB_STICK],
)

OLD_LAPTOP = Pc(
    cpu=("GenuineIntel", "Intel(R) Core(TM) i5 CPU       M 520  @ 2.40GHz"),
    flags=V2,
    memory_bytes=4 * GIB - 250_000_000,
    cores=2,
    threads_a_core=2,
    uefi=False,
    dmi={"sys_vendor": "LENOVO", "product_name": "2537CTO", "chassis_type": "10", "bios_version": "6IET85WW (1.45 )"},
    pci=[Pci(address="0000:00:02.0", ids=(0x8086, 0x0046), driver="i915")],
    disks=[
        USB_STICK,
        Block(
            name="sdb",
            below="pci0000:00/0000:00:1f.2/ata1/host1/target1:0:0/1:0:0:0",
            size_bytes=320_000_000_000,
            model="HITACHI HTS72503",
            rotational=True,
            partitions=2,
        ),
    ],
    battery={"status": "Discharging", "capacity": "71"},
    mains_online=False,
)

MINI_PC = Pc(
    cpu=("GenuineIntel", "Intel(R) N100"),
    flags=f"{V3} avx_vnni",
    memory_bytes=16 * GIB - 400_000_000,
    cores=4,
    dmi={"sys_vendor": "Default string", "product_name": "Default string", "chassis_type": "35"},
    pci=[Pci(address="0000:00:02.0", ids=(0x8086, 0x46D1), driver="i915")],
    disks=[
        USB_STICK,
        Block(
            name="nvme0n1",
            below="pci0000:00/0000:00:1d.0/0000:01:00.0/nvme/nvme0",
            size_bytes=512_000_000_000,
            model="AirDisk 512GB SSD",
        ),
        Block(name="mmcblk0", below="pci0000:00/0000:00:1a.0/mmc_host/mmc0/mmc0:0001", size_bytes=64_000_000_000),
    ],
    secure_boot=False,
)

GAMING_PC = Pc(
    cpu=("AuthenticAMD", "AMD Ryzen 7 7800X3D 8-Core Processor"),
    flags=V4,
    memory_bytes=32 * GIB - 700_000_000,
    cores=8,
    threads_a_core=2,
    dmi={"sys_vendor": "ASUS", "product_name": "System Product Name", "chassis_type": "3", "bios_version": "3057"},
    pci=[
        Pci(address="0000:00:00.0", ids=(0x1022, 0x14D8), kind=BRIDGE),
        Pci(address="0000:01:00.0", ids=(0x10DE, 0x2704), driver="nouveau"),
        Pci(
            address="0000:0f:00.0",
            ids=(0x1002, 0x164E),
            driver="amdgpu",
            files={"mem_info_vram_total": str(GIB // 2), "mem_info_gtt_total": str(16 * GIB)},
        ),
    ],
    disks=[USB_STICK],
    secure_boot=True,
)

AI_MAX_PC = Pc(
    cpu=("AuthenticAMD", "AMD RYZEN AI MAX+ 395 w/ Radeon 8060S"),
    flags=V4,
    memory_bytes=128 * GIB - 3_000_000_000,
    cores=16,
    threads_a_core=2,
    dmi={"sys_vendor": "Framework", "product_name": "Desktop (AMD Ryzen AI Max 300 Series)", "chassis_type": "3"},
    pci=[
        Pci(
            address="0000:c1:00.0",
            ids=(0x1002, 0x1586),
            driver="amdgpu",
            files={"mem_info_vram_total": str(GIB // 2), "mem_info_gtt_total": str(62 * GIB)},
        ),
        Pci(address="0000:c2:00.1", ids=(0x1022, 0x17F0), kind=PROCESSING, driver="amdxdna"),
    ],
    # The appliance: a verity device over the second partition of the stick.
    root_from="/dev/mapper/root",
    root_number="254:0",
    root_device="dm-0",
    disks=[USB_STICK, Block(name="dm-0", below="virtual", size_bytes=900_000_000)],
    files={"sys/block/dm-0/slaves/sda2/partition": "2"},
)

SERVER = Pc(
    cpu=("GenuineIntel", "Intel(R) Xeon(R) Gold 6230 CPU @ 2.10GHz"),
    flags=V4,
    memory_bytes=192 * GIB,
    sockets=2,
    cores=20,
    threads_a_core=2,
    numa_nodes=2,
    dmi={"sys_vendor": "Dell Inc.", "product_name": "PowerEdge R640", "chassis_type": "23"},
    pci=[Pci(address="0000:03:00.0", ids=(0x102B, 0x0536), driver="mgag200")],
    disks=[USB_STICK],
)

QEMU_VM = Pc(
    cpu=("GenuineIntel", "Intel Core Processor (Haswell)"),
    flags=f"{V3} hypervisor",
    memory_bytes=4 * GIB - 100_000_000,
    sockets=4,
    dmi={"sys_vendor": "QEMU", "product_name": "Standard PC (Q35 + ICH9, 2009)", "chassis_type": "1"},
    pci=[Pci(address="0000:00:01.0", ids=(0x1AF4, 0x1050), driver="virtio-pci")],
    root_from="/dev/vda2",
    root_number="0:27",
    root_device=None,
    disks=[Block(name="vda", below="pci0000:00/0000:00:03.0/virtio1", size_bytes=8_000_000_000, partitions=3)],
)

HYBRID_LAPTOP = Pc(
    cpu=("GenuineIntel", "Intel(R) Core(TM) Ultra 7 155H"),
    flags=f"{V3} avx_vnni",
    memory_bytes=32 * GIB - 800_000_000,
    cores=6,
    threads_a_core=2,
    single_thread_cores=10,
    dmi={"sys_vendor": "LENOVO", "product_name": "21KC", "chassis_type": "10"},
    pci=[
        Pci(address="0000:00:02.0", ids=(0x8086, 0x7D55), driver="i915"),
        Pci(address="0000:00:0b.0", ids=(0x8086, 0x7D1D), kind=0x120000, driver="intel_vpu"),
    ],
    disks=[USB_STICK],
    battery={"status": "Charging", "capacity": "40"},
    secure_boot=True,
)

ALL = {
    "core 2 desktop": CORE_2_DESKTOP,
    "old laptop": OLD_LAPTOP,
    "mini PC": MINI_PC,
    "gaming PC": GAMING_PC,
    "AI Max PC": AI_MAX_PC,
    "server": SERVER,
    "QEMU VM": QEMU_VM,
    "hybrid laptop": HYBRID_LAPTOP,
}
