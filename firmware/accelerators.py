"""Owns reading the graphics cards and neural processors on the PCI bus."""

from firmware.hardware import Gpu, Npu
from firmware.tree import Tree

DEVICES = "sys/bus/pci/devices"

AMD, AMD_PROCESSOR, ASPEED, INTEL, MATROX, NVIDIA = 0x1002, 0x1022, 0x1A03, 0x8086, 0x102B, 0x10DE
VENDORS = {
    AMD: "AMD",
    AMD_PROCESSOR: "AMD",
    ASPEED: "ASPEED",
    INTEL: "Intel",
    MATROX: "Matrox",
    NVIDIA: "NVIDIA",
    0x1013: "Cirrus (virtual)",
    0x1234: "Bochs (virtual)",
    0x1414: "Microsoft (virtual)",
    0x15AD: "VMware (virtual)",
    0x1AF4: "virtio (virtual)",
    0x1B36: "QXL (virtual)",
    0x80EE: "VirtualBox (virtual)",
}

DISPLAY_CLASS, ACCELERATOR_CLASS = 0x03, 0x12

# Source: amdgpu's PCI id table, the entries with AMD_IS_APU, and pci.ids for the newer ones.
AMD_INTEGRATED = frozenset(
    [
        *(0x9874, 0x98E4, 0x15DD, 0x15D8, 0x1636, 0x1638, 0x164C, 0x163F, 0x1435, 0x1506, 0x164D, 0x1681),
        *(0x164E, 0x13C0, 0x15BF, 0x15C8, 0x1900, 0x1901, 0x150E, 0x1586, 0x1114),
    ]
)
INTEL_DISCRETE_FAMILIES = frozenset([0x49, 0x56, 0xE2])  # DG1, Arc Alchemist, Arc Battlemage: the id's upper byte

# Source: the id tables of the kernel's ivpu and amdxdna drivers.
NPUS = {
    (INTEL, 0x7D1D): "Intel NPU (Meteor Lake)",
    (INTEL, 0xAD1D): "Intel NPU (Arrow Lake)",
    (INTEL, 0x643E): "Intel NPU (Lunar Lake)",
    (INTEL, 0xB03E): "Intel NPU (Panther Lake)",
    (AMD_PROCESSOR, 0x1502): "AMD XDNA NPU",
    (AMD_PROCESSOR, 0x17F0): "AMD XDNA 2 NPU",
}


def read_gpus(tree: Tree) -> tuple[Gpu, ...]:
    """Everything that can drive a screen, in the order of the PCI bus."""
    return tuple(_gpu(tree, address) for address in tree.names(DEVICES) if _class(tree, address) == DISPLAY_CLASS)


def gpus_in_waiting(tree: Tree) -> tuple[str, ...]:
    """Addresses of graphics that could compute and have no node to do so, since their driver takes seconds to come.

    Not NVIDIA's, whose driver is not on the stick, nor what is part of an Intel processor: they are not computed on.
    """
    return tuple(
        gpu.address
        for gpu in read_gpus(tree)
        if (gpu.vendor_id == AMD or (gpu.vendor_id == INTEL and not gpu.integrated))
        and not any(name.startswith("renderD") for name in tree.names(f"{DEVICES}/{gpu.address}/drm"))
    )


def read_npus(tree: Tree) -> tuple[Npu, ...]:
    """The neural processors: known ones, and whatever else calls itself an accelerator."""
    return tuple(
        Npu(
            address=address,
            name=NPUS.get(_ids(tree, address), f"{VENDORS.get(_ids(tree, address)[0], 'Unknown')} accelerator"),
            driver=_driver(tree, address),
        )
        for address in tree.names(DEVICES)
        if _ids(tree, address) in NPUS or _class(tree, address) == ACCELERATOR_CLASS
    )


def _gpu(tree: Tree, address: str) -> Gpu:
    vendor_id, device_id = _ids(tree, address)
    folder = f"{DEVICES}/{address}"
    amd_bytes = tree.number(f"{folder}/mem_info_vram_total")
    intel_bytes = tree.number(f"{folder}/tile0/physical_vram_size_bytes", base=0)
    return Gpu(
        address=address,
        vendor=VENDORS.get(vendor_id, f"{vendor_id:04x}"),
        vendor_id=vendor_id,
        device_id=device_id,
        driver=_driver(tree, address),
        memory_bytes=amd_bytes if amd_bytes is not None else intel_bytes,
        shared_memory_bytes=tree.number(f"{folder}/mem_info_gtt_total"),
        integrated=_integrated(vendor_id, device_id),
    )


def _integrated(vendor_id: int, device_id: int) -> bool:
    if vendor_id == INTEL:
        return device_id >> 8 not in INTEL_DISCRETE_FAMILIES
    return vendor_id == AMD and device_id in AMD_INTEGRATED


def _ids(tree: Tree, address: str) -> tuple[int, int]:
    folder = f"{DEVICES}/{address}"
    return tree.number(f"{folder}/vendor", base=0) or 0, tree.number(f"{folder}/device", base=0) or 0


def _class(tree: Tree, address: str) -> int:
    return (tree.number(f"{DEVICES}/{address}/class", base=0) or 0) >> 16


def _driver(tree: Tree, address: str) -> str | None:
    target = tree.target(f"{DEVICES}/{address}/driver")
    return target.rsplit("/", 1)[-1] if target else None
