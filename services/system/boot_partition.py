"""Owns the files on the EFI system partition: kernels that systemd-boot counts, and the same for a legacy BIOS's grub.

FAT has no journal: a file gets its name only once its bytes are on the disk, and what must not change at the wrong
moment is one block that is written in place.
"""

import os
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from firmware.durable import sync_folder, write_durably
from firmware.unified_kernel import kernel_parts
from firmware.updates.system import SystemState
from firmware.updates.versions import Version, order
from services.system.menu import Entry, Tries, block, heading, menu, tries_in
from services.system.slots import KernelFile, is_on_trial, kernel_files, state_of

KERNELS: Final = Path("EFI/Linux")
_MENU: Final = Path("grub/grub.cfg")
_BLOCK: Final = Path("grub/grubenv")
_FOLDER: Final = "hearth"
"""Where grub finds kernels and initrds, a folder a version."""
_MODE: Final = 0o600
_FULL: Final = 3
"""Tries of a version that was just installed, as in `image/mkosi.extra/etc/kernel/tries`."""


class BootPartition:
    """The partition, mounted at `root`, while the version `running` runs. Blocking; raises OSError."""

    def __init__(self, root: Path, running: Version) -> None:
        self._root = root
        self._running = running

    @property
    def kernels(self) -> list[KernelFile]:
        """The kernels that are there, newest first, with what either boot loader found out about them."""
        said = self._said()
        return [
            replace(kernel, tries_left=0) if self._is_given_up(kernel, said) else kernel for kernel in self._files()
        ]

    def state(self) -> SystemState:
        """Which versions there are."""
        return state_of(self.kernels, self._running)

    def is_on_trial(self) -> bool:
        """Whether the running version was not yet seen to work, with another one to go back to."""
        return is_on_trial(self.kernels, self._running)

    def bless(self) -> None:
        """The running version works: say so to both boot loaders, and tell each what the other one found out."""
        said = self._said()
        for kernel in self._files():
            if kernel.version == self._running and kernel.tries_left is not None:
                self._rename(kernel, kernel.proven())
            elif self._is_given_up(kernel, said):
                self._rename(kernel, kernel.given_up())
        self.write_menu()

    def write_menu(self) -> None:
        """Make grub's menu that of the kernels that are there; a partition that never had an update keeps its first."""
        kernels = self.kernels
        if len(kernels) < 2:
            return
        said = self._said()
        tries = {kernel.version: self._tries(kernel, said) for kernel in kernels}
        # The block first: it has words for old and new versions, and the menu decides which of them are read.
        if any(tries_in(said, version) != left for version, left in tries.items()):
            self._write_block(block(tries))
        if not (self._root / _MENU).read_text().startswith(heading(list(tries)) + "\n"):
            entries = [self._entry(kernel) for kernel in kernels]
            write_durably(self._root / _MENU, menu(entries).encode(), _MODE)
            self._clear(entries)

    def try_again(self, version: Version) -> None:
        """Give a version that failed its tries anew: three power cuts in the midst of a start look like a failure."""
        tries: dict[Version, Tries] = {kernel.version: "good" for kernel in self._files()}
        self._write_block(block({**tries, version: "3"}))
        for kernel in self._files():
            if kernel.version == version:
                self._rename(kernel, kernel.fresh())
        self.write_menu()

    def forget_all_but_running(self) -> None:
        """Take the files of the version that is about to be replaced out of grub's menu, so that there is room.

        Its kernel stays until systemd-sysupdate takes it: a PC that is switched off now starts as ever.
        """
        kernels = [kernel for kernel in self.kernels if kernel.version == self._running]
        if not kernels or len(self.kernels) < 2:
            return
        entry = self._entry(kernels[0])
        write_durably(self._root / _MENU, menu([entry]).encode(), _MODE)
        self._clear([entry])

    def _files(self) -> list[KernelFile]:
        found = kernel_files(path.name for path in (self._root / KERNELS).glob("*.efi"))
        return sorted(found, key=lambda kernel: order(kernel.version), reverse=True)

    def _is_given_up(self, kernel: KernelFile, said: bytes) -> bool:
        """Whether grub has used up the tries of a version that systemd-boot would still try."""
        return bool(kernel.tries_left) and kernel.version != self._running and tries_in(said, kernel.version) == "0"

    def _tries(self, kernel: KernelFile, said: bytes) -> Tries:
        if kernel.tries_left is None:
            return "good"
        if kernel.tries_left == 0:
            return "0"
        return tries_in(said, kernel.version) or _word(kernel.tries_left)

    def _entry(self, kernel: KernelFile) -> Entry:
        """The version as grub starts it: what its unified kernel image holds, as files of their own."""
        folder = self._root / _FOLDER / kernel.version
        parts = kernel_parts((self._root / KERNELS / kernel.name).read_bytes())
        if parts is None:
            message = f"{kernel.name} is not a unified kernel image"
            raise OSError(message)
        folder.mkdir(parents=True, exist_ok=True)
        write_durably(folder / "linux", parts.linux, _MODE)
        write_durably(folder / "initrd", parts.initrd, _MODE)
        return Entry(version=kernel.version, folder=f"/{_FOLDER}/{kernel.version}", command_line=parts.command_line)

    def _clear(self, entries: Sequence[Entry]) -> None:
        """Remove what no menu names any more, the first one's files included."""
        named = {entry.folder.rpartition("/")[2] for entry in entries}
        for path in (self._root / _FOLDER).iterdir():
            if path.name not in named:
                shutil.rmtree(path) if path.is_dir() else path.unlink()

    def _said(self) -> bytes:
        try:
            return (self._root / _BLOCK).read_bytes()
        except FileNotFoundError:
            return b""

    def _write_block(self, content: bytes) -> None:
        """In place where it can be: one sector is written whole or not at all."""
        file = self._root / _BLOCK
        if not file.is_file() or file.stat().st_size != len(content):
            write_durably(file, content, _MODE)
            return
        with file.open("r+b") as opened:
            opened.write(content)
            opened.flush()
            os.fsync(opened.fileno())

    def _rename(self, kernel: KernelFile, name: str) -> None:
        (self._root / KERNELS / kernel.name).rename(self._root / KERNELS / name)
        sync_folder(self._root / KERNELS)


def _word(tries: int) -> Tries:
    return "3" if tries >= _FULL else "2" if tries == 2 else "1"
