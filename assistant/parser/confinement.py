"""A process shuts itself in before it touches a file: memory, time, no files, no network, no new privileges."""

import ctypes
import logging
import resource
import signal
from typing import Final

from assistant.parser.no_sockets import give_up_sockets
from assistant.parser.protocol import Limits

log = logging.getLogger(__name__)

_NEW_USER: Final = 0x10000000
_NEW_NETWORK: Final = 0x40000000
_PR_SET_NO_NEW_PRIVS: Final = 38
_PR_SET_DUMPABLE: Final = 4
_OPEN_FILES: Final = 64


class NotConfinedError(Exception):
    """The kernel lets this process neither leave the network nor give up sockets: it must not touch a file."""


def confine(limits: Limits) -> None:
    """Limit this process for good. What the kernel does not permit here the systemd unit has already done.

    Raises `NotConfinedError` where it would still reach the network.
    """
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
    has_left = _leave_network(libc)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if not give_up_sockets(libc) and not has_left:
        raise NotConfinedError


def _limit(kind: int, most: int) -> None:
    _soft, hard = resource.getrlimit(kind)
    allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
    try:
        resource.setrlimit(kind, (allowed, allowed))
    except (ValueError, OSError) as error:
        log.info("limit %d was set by the unit alone: %s", kind, error)


def _leave_network(libc: ctypes.CDLL) -> bool:
    """Whether we could move into an empty network of our own: as root directly, else through a user namespace."""
    return any(libc.unshare(flags) == 0 for flags in (_NEW_NETWORK, _NEW_USER | _NEW_NETWORK))
