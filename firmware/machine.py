"""Owns reading what the PC says about itself: maker and model, how it boots, its battery, and whether it is virtual."""

from firmware.hardware import Battery, Machine
from firmware.tree import Tree

DMI = "sys/class/dmi/id"
POWER = "sys/class/power_supply"
SECURE_BOOT = "sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"

PLACEHOLDERS = frozenset(
    [
        *("", "default string", "none", "not applicable", "not specified", "o.e.m.", "undefined"),
        *("system manufacturer", "system product name", "to be filled by o.e.m."),
    ]
)
PORTABLE_CHASSIS = frozenset([8, 9, 10, 11, 14, 30, 31, 32])  # SMBIOS 7.4.1: portable, laptop, notebook, … detachable
HYPERVISORS = {  # what a DMI vendor or product begins with
    "QEMU": "QEMU",
    "KVM": "KVM",
    "Standard PC (": "QEMU",
    "VMware": "VMware",
    "innotek": "VirtualBox",
    "VirtualBox": "VirtualBox",
    "Microsoft Corporation Virtual Machine": "Hyper-V",
    "Xen": "Xen",
    "Amazon EC2": "Amazon EC2",
    "Google Compute Engine": "Google Compute Engine",
    "Parallels": "Parallels",
    "BHYVE": "bhyve",
}


def read_machine(tree: Tree) -> Machine:
    """The PC's own words; placeholders that a maker forgot to fill in count as nothing."""
    vendor, model = _dmi(tree, "sys_vendor"), _dmi(tree, "product_name")
    uefi = tree.exists("sys/firmware/efi")
    return Machine(
        vendor=vendor,
        model=model,
        firmware_version=_dmi(tree, "bios_version"),
        portable=tree.number(f"{DMI}/chassis_type") in PORTABLE_CHASSIS,
        hypervisor=_hypervisor(tree, vendor or "", model or ""),
        boot_mode="uefi" if uefi else "bios",
        secure_boot=_secure_boot(tree) if uefi else None,
    )


def read_battery(tree: Tree) -> Battery | None:
    """The battery of the PC itself; those of mice and headsets have a scope of their own."""
    supplies = tree.names(POWER)
    mains = [
        online == 1
        for name in supplies
        if tree.text(f"{POWER}/{name}/type") == "Mains"
        and (online := tree.number(f"{POWER}/{name}/online")) is not None
    ]
    for name in supplies:
        folder = f"{POWER}/{name}"
        of_the_pc = tree.text(f"{folder}/type") == "Battery" and tree.text(f"{folder}/scope") != "Device"
        if of_the_pc and tree.number(f"{folder}/present") != 0:
            return Battery(
                percent=tree.number(f"{folder}/capacity"),
                charging=tree.text(f"{folder}/status") == "Charging",
                on_mains=any(mains) if mains else None,
            )
    return None


def _dmi(tree: Tree, name: str) -> str | None:
    text = tree.text(f"{DMI}/{name}")
    return None if text is None or text.lower() in PLACEHOLDERS else text


def _hypervisor(tree: Tree, vendor: str, model: str) -> str | None:
    for words in (vendor, model, f"{vendor} {model}"):
        for beginning, name in HYPERVISORS.items():
            if words.startswith(beginning):
                return name
    if tree.text("sys/hypervisor/type") == "xen":
        return "Xen"
    flags = next((line for line in (tree.text("proc/cpuinfo") or "").splitlines() if line.startswith("flags")), "")
    return "unknown" if "hypervisor" in flags.split() else None


def _secure_boot(tree: Tree) -> bool | None:
    """Source: UEFI 2.10, 3.3: one byte; Linux puts four bytes of attributes before it."""
    content = tree.content(SECURE_BOOT)
    return content[4] == 1 if content is not None and len(content) == 5 else None
