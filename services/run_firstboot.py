"""`hearth-firstboot`: at every start, makes what this device must have and looks at the PC that it woke up in."""

import argparse
import logging
import socket
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from firmware.accelerators import gpus_in_waiting
from firmware.tree import Tree
from services import notify
from services.errors import ServicesError
from services.firstboot import prepare
from services.settings import LOCAL_FILE, VENDOR_FILE, load

log = logging.getLogger(__name__)


def main(argv: Sequence[str] | None = None) -> int:
    """0 where the device is whole, also on a PC that is too old; 1 where something must be mended first."""
    notify.configure_logging("hearth-firstboot")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", action="append", type=Path, metavar="FILE", help="a TOML settings file")
    parser.add_argument("--appliance", action="store_true", help="give the whole system the device's host name")
    given = parser.parse_args(argv)
    try:
        if given.appliance and (without := wait_for_graphics()):
            log.info("No driver came for the graphics at %s", ", ".join(without))
        outcome = prepare(load(given.config or (VENDOR_FILE, LOCAL_FILE)).places)
        if given.appliance:
            set_host_name(outcome.device.name)
    except ServicesError as error:
        log.error("%s", error)
        return 1
    except OSError as error:
        log.error("The device can't be prepared (%s). Check that %s is writable.", error.strerror, error.filename)
        return 1
    return 0


def wait_for_graphics(
    root: Path = Path("/"), *, tries: int = 40, pause: Callable[[float], None] = time.sleep
) -> tuple[str, ...]:
    """Wait, at most 10 seconds, for the drivers of graphics cards; returns the addresses that have none even then.

    They come while the system starts, and a profile made before that would leave the card idle until the next start.
    """
    tree = Tree(root)
    for _ in range(tries):
        if not gpus_in_waiting(tree):
            break
        pause(0.25)
    return gpus_in_waiting(tree)


def set_host_name(name: str) -> None:
    """Give the running system its name; Avahi, which starts later, announces it as `<name>.local`."""
    socket.sethostname(name)


if __name__ == "__main__":
    sys.exit(main())
