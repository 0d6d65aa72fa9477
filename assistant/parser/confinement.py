"""A process shuts itself in before it touches a file: memory, time, no files, no network, no new privileges."""

import ctypes
import logging
import os
import resource
import signal
from typing import Final

from assistant.parser.protocol import Limits

log = logging.getLogger(__name__)

_NEW_USER: Final = 0x10000000
_NEW_NETWORK: Final = 0x40000000
_PR_SET_NO_NEW_PRIVS: Final = 38
_PR_SET_DUMPABLE: Final = 4
_OPEN_FILES: Final = 64


def confine(limits: Limits) -> None:
    """Limit this process for good. What the kernel does not permit here the systemd unit has already done."""
    for kind, most in (
        (resource.RLIMIT_AS, limits.memory_bytes),
        (resource.RLIMIT_CPU, limits.processor_seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, _OPEN_FILES),
    ):
        _limit(kind, most)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(limits.wall_seconds)
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    _leave_network(libc)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def _limit(kind: int, most: int) -> None:
    _soft, hard = resource.getrlimit(kind)
    allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
    try:
        resource.setrlimit(kind, (allowed, allowed))
    except (ValueError, OSError) as error:
        log.info("limit %d was set by the unit alone: %s", kind, error)


def _leave_network(libc: ctypes.CDLL) -> None:
    """Move into a network of our own with nothing in it: as root directly, else through a user namespace."""
    for flags in (_NEW_NETWORK, _NEW_USER | _NEW_NETWORK):
        if libc.unshare(flags) == 0:
            return
    log.info("no network namespace of our own: %s", os.strerror(ctypes.get_errno()))
