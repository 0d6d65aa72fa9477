"""Whether this host's KVM really runs a kernel: it is tried with a time limit, once per kernel, processor and QEMU."""

import hashlib
import json
import logging
import os
import platform
import subprocess
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

log = logging.getLogger(__name__)

KVM_DEVICE = Path("/dev/kvm")
TRIAL_SECONDS = 30.0
# What every Linux says when it came to its end without a disk: the processor, memory, timers and interrupts worked.
END_OF_TRIAL = "Kernel panic - not syncing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Accelerator:
    """How QEMU runs the guest's instructions, and why that way."""

    name: Literal["kvm", "tcg"]
    reason: str

    @property
    def option(self) -> str:
        """The value of QEMU's `-accel`."""
        return "kvm" if self.name == "kvm" else "tcg,thread=multi"

    @property
    def best_cpu(self) -> str:
        """The value of QEMU's `-cpu` that offers all that is of use."""
        # What QEMU 7.2 emulates slowly is left out. With ERMS and FSRM a kernel clears and copies pages by `rep stosb`
        # and `rep movsb`, byte by byte: half a minute for the pages that an initrd leaves behind. With FMA and F16C the
        # engine reads a prompt at 0.6 and writes at half of the speed that it has with AVX alone.
        return "host" if self.name == "kvm" else "max,erms=off,fsrm=off,fma=off,f16c=off"

    @property
    def kernel_words(self) -> str:
        """What the guest's kernel is told besides, where it can be told anything."""
        # The whole root is hashed as it is read. QEMU emulates the vector instructions of these routines so slowly that
        # plain C is twice as fast: 12 in place of 28 seconds from the initrd to the first word of the system.
        return "" if self.name == "kvm" else "module_blacklist=sha256_ssse3"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What a kernel without a disk did under KVM."""

    console: str
    exit_status: int | None  # None: it was still running at the limit
    complaint: str  # QEMU's own words


def choose(kernel: Path | None, *, device: Path = KVM_DEVICE, cache: Path | None = None) -> Accelerator:
    """KVM if `kernel`, or else this host's own, comes to its end under it; emulation otherwise."""
    if not device.exists():
        return Accelerator(name="tcg", reason=f"this host has no {device}")
    if not os.access(device, os.R_OK | os.W_OK):
        return Accelerator(
            name="tcg", reason=f"you may not use {device}; `sudo adduser $USER kvm` and a new login change that"
        )
    kernel = kernel or _own_kernel()
    if kernel is None:
        return Accelerator(name="tcg", reason="there is no kernel to try KVM with; `make image` makes one")
    cache = cache or Path.home() / ".cache" / "hearth" / "accelerator"
    remembered = cache / f"{_host()}.json"
    if remembered.exists():
        return Accelerator(**json.loads(remembered.read_text()))
    accelerator = verdict(_try_kvm(kernel))
    cache.mkdir(parents=True, exist_ok=True)
    remembered.write_text(json.dumps(asdict(accelerator)))
    return accelerator


def verdict(trial: Trial) -> Accelerator:
    """KVM only for a kernel that came to its own end; the reason says what it did instead."""
    if END_OF_TRIAL in trial.console and trial.exit_status == 0:
        return Accelerator(name="kvm", reason="a kernel came up under KVM")
    if trial.exit_status is None:
        return Accelerator(name="tcg", reason=f"a kernel under KVM hung for {TRIAL_SECONDS:.0f} seconds")
    words = trial.complaint.strip().splitlines()
    why = words[0] if words else "the kernel never came up"
    return Accelerator(name="tcg", reason=f"KVM does not run a kernel here ({why})")


def _try_kvm(kernel: Path) -> Trial:
    with tempfile.TemporaryDirectory(prefix="hearth-kvm-") as folder:
        console = Path(folder, "console")
        console.touch()
        command = [
            *("qemu-system-x86_64", "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"),
            *("-accel", "kvm", "-cpu", "host", "-m", "512M", "-serial", f"file:{console}"),
            *("-kernel", str(kernel), "-append", "console=ttyS0 panic=-1"),
        ]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=TRIAL_SECONDS, check=False)
        except subprocess.TimeoutExpired:
            return Trial(console=console.read_text(errors="replace"), exit_status=None, complaint="")
        return Trial(console=console.read_text(errors="replace"), exit_status=done.returncode, complaint=done.stderr)


def _own_kernel() -> Path | None:
    kernel = Path("/boot", f"vmlinuz-{platform.release()}")
    return kernel if os.access(kernel, os.R_OK) else None


def _host() -> str:
    """A name for what the verdict holds for: host kernel, processor and QEMU."""
    processor = next(
        (line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")), ""
    )
    version = subprocess.run(["qemu-system-x86_64", "--version"], capture_output=True, text=True, check=True).stdout
    return hashlib.sha256(f"{platform.release()}\n{processor}\n{version}".encode()).hexdigest()[:16]
