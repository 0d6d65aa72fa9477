"""`hearth-update@`: the one process that writes systems. It installs one update, or restarts the box, and ends.

`--bless` tells both boot loaders that the running version works; `--fall-back` restarts the box where it does not, and
another version is there.
"""

import argparse
import logging
import os
import platform
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from firmware.tree import Tree
from firmware.updates.errors import UnfitUpdateError, UpdateError, UpdateRefusedError
from firmware.updates.keys import keys_in
from firmware.updates.system import Deed, SystemState, Told, serve
from firmware.updates.versions import Version, version_in
from services import notify
from services.arguments import settings_from
from services.settings import Places
from services.system.boot_partition import BootPartition
from services.system.disk import SystemDisk, mounted, system_disk
from services.system.installing import clear_unfinished, install
from services.system.turn import alone

log = logging.getLogger(__name__)

WORK: Final = Path("/var/lib/hearth-update")
MOUNT: Final = Path("/run/hearth/update")
_BLESSING_SECONDS: Final = 60.0
"""So long an installation waits for what is told to the boot loaders, which writes two kernels onto a slow stick."""
_NO_SYSTEM: Final = UnfitUpdateError(
    "This box was not started from a stick or disk of Hearth's own, so nothing can be installed on it."
)


def main(argv: Sequence[str] | None = None) -> int:
    """Serve the connection that systemd gave us as file descriptor 0, or do what the one flag says."""
    flags = argparse.ArgumentParser(prog="hearth-update", description=__doc__, add_help=False)
    flags.add_argument("--bless", action="store_true")
    flags.add_argument("--fall-back", action="store_true")
    asked, rest = flags.parse_known_args(argv)
    notify.configure_logging("hearth-update")
    places = settings_from(rest, __doc__ or "").places
    if asked.bless:
        return _bless()
    if asked.fall_back:
        return _fall_back()
    with socket.socket(fileno=os.dup(0)) as connection:
        serve(connection, lambda deed, file, told: _done(places, deed, file, told))
    return 0


def _done(places: Places, deed: Deed, file: BinaryIO | None, told: Told) -> SystemState:
    try:
        with _boot_partition() as (boot, disk):
            if deed == "install" and file is not None:
                with alone(WORK, _BLESSING_SECONDS):
                    keys = keys_in(places.update_keys)
                    return install(file, keys, boot=boot, esp=MOUNT, disk=disk.disk, work=WORK, told=told)
            state = boot.state()
    except OSError as error:
        log.exception("The disk that this box runs from could not be written")
        raise UpdateRefusedError(
            "disk",
            f"The disk or stick that this box runs from could not be written ({error.strerror or 'unknown reason'}). "
            "The version that runs now was not touched. Try again; if that fails too, the stick may be wearing out.",
        ) from error
    if deed == "restart":
        _restart()
    return state


def _bless() -> int:
    try:
        with alone(WORK), _boot_partition() as (boot, _):
            boot.bless()
            clear_unfinished(WORK)
    except UpdateError as error:
        log.info("Nothing was told to the boot loaders: %s", error)
    return 0


def _fall_back() -> int:
    with _boot_partition() as (boot, _):
        if not boot.is_on_trial():
            log.warning("This version does not work, and there is no other one to go back to")
            return 0
    log.error("This version does not work here: restarting, so that the one before can come back")
    _restart()
    return 0


def _restart() -> None:
    subprocess.run(["systemctl", "--no-block", "reboot"], check=True)


@contextmanager
def _boot_partition() -> Iterator[tuple[BootPartition, SystemDisk]]:
    """The partition that this PC starts from, mounted for this process; raises `UpdateError` where there is none."""
    running, disk = _running_version(), system_disk(Tree(Path("/")))
    if running is None or disk is None:
        raise _NO_SYSTEM
    with mounted(disk.esp, MOUNT):
        yield BootPartition(MOUNT, running), disk


def _running_version() -> Version | None:
    return version_in(platform.freedesktop_os_release().get("IMAGE_VERSION", ""))


if __name__ == "__main__":
    sys.exit(main())
