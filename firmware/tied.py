"""Ties a program's life to that of its parent: `python -m firmware.tied SIGNAL PARENT PROGRAM ARGUMENT…`.

The kernel sends the signal when the parent dies, even by kill -9 (prctl(2), PR_SET_PDEATHSIG). util-linux's setpriv
does the same but first asks for capabilities, which our sandboxes do not give. There is no fork: the process stays.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Sequence

_PR_SET_PDEATHSIG = 1


def command(number: signal.Signals, program: Sequence[str]) -> list[str]:
    """What to start in place of `program`, from the thread that lives as long as the parent is meant to."""
    return [sys.executable, "-m", "firmware.tied", number.name, str(os.getpid()), *program]


def main(argv: Sequence[str]) -> None:
    """Tie this process, then become the program; exits 127 where that can't be found."""
    name, parent, *program = argv
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.Signals[name].value, 0, 0, 0)
    if os.getppid() != int(parent):
        sys.exit(1)  # it died before the tie was made
    try:
        os.execvp(program[0], program)  # noqa: S606 - the list comes from our own code, and there is no shell
    except OSError as error:
        sys.stderr.write(f"{program[0]} can't be started: {error.strerror}\n")
        sys.exit(127)


if __name__ == "__main__":
    main(sys.argv[1:])
