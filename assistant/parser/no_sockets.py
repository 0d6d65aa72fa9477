"""Takes the making of sockets from this process for good, with a filter of system calls: seccomp(2), classic BPF.

A network namespace needs a right that some hosts give to nobody but root; this needs none, and holds for all that the
process starts. Reaching into other processes, which may have sockets, goes too.
"""

import ctypes
import errno
import platform
import struct
from typing import Final

_SET_FILTER: Final = 1
_ALL_THREADS: Final = 1
# BPF instructions, linux/bpf_common.h and linux/filter.h
_LOAD: Final = 0x20
_IF_EQUAL: Final = 0x15
_IF_AT_LEAST: Final = 0x35
_RETURN: Final = 0x06
_KILL: Final = 0x80000000
_REFUSE: Final = 0x00050000 | errno.EACCES
_ALLOW: Final = 0x7FFF0000
_NUMBER_AT: Final = 0
_MACHINE_AT: Final = 4
_X32: Final = 0x40000000
"""From here on lies a second set of the same calls, on x86-64."""
_MACHINES: Final = {
    # AUDIT_ARCH_*; seccomp itself; socket, io_uring_setup, ptrace, process_vm_writev, pidfd_getfd
    "x86_64": (0xC000003E, 317, (41, 425, 101, 311, 438)),
    "aarch64": (0xC00000B7, 277, (198, 425, 117, 271, 438)),
}


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def give_up_sockets(libc: ctypes.CDLL) -> bool:
    """Whether it worked. The process must have given up new privileges before."""
    if platform.machine() not in _MACHINES:
        return False
    _machine, call, _calls = _MACHINES[platform.machine()]
    instructions = filter_for(platform.machine())
    program = _Program(len(instructions) // 8, instructions)
    return int(libc.syscall(call, _SET_FILTER, _ALL_THREADS, ctypes.byref(program))) == 0


def filter_for(machine: str) -> bytes:
    """The filter: calls in another machine's language end the process, the listed ones are refused, all others pass."""
    audited, _call, refused = _MACHINES[machine]
    lines = [
        (_LOAD, 0, 0, _MACHINE_AT),
        (_IF_EQUAL, 1, 0, audited),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER_AT),
        (_IF_AT_LEAST, 0, 1, _X32),
        (_RETURN, 0, 0, _KILL),
        # Each jumps over those after it, and over what lets pass.
        *((_IF_EQUAL, len(refused) - place, 0, number) for place, number in enumerate(refused)),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _REFUSE),
    ]
    return b"".join(struct.pack("<HBBI", *line) for line in lines)
