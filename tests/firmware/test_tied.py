"""A tied program is the one that was asked for, and it does not outlive its parent."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from firmware import tied


def test_the_program_runs_with_its_arguments_and_its_exit_status() -> None:
    done = subprocess.run(
        tied.command(signal.SIGKILL, ["/bin/sh", "-c", "echo $0; exit 3", "hello"]),
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.stdout, done.returncode) == ("hello\n", 3)


def test_a_program_that_is_not_there_is_named() -> None:
    done = subprocess.run(
        tied.command(signal.SIGKILL, ["/no/such/program"]), capture_output=True, text=True, check=False
    )

    assert done.returncode == 127
    assert "/no/such/program can't be started" in done.stderr


@pytest.mark.timeout(30)
def test_the_program_ends_with_its_parent(tmp_path: Path) -> None:
    parent = (
        "import signal, subprocess, sys, time\n"
        "from firmware import tied\n"
        "child = subprocess.Popen(tied.command(signal.SIGKILL, ['/bin/sleep', '300']))\n"
        f"open({str(tmp_path / 'pid')!r}, 'w').write(str(child.pid))\n"
        "time.sleep(300)\n"
    )
    with subprocess.Popen([sys.executable, "-c", parent]) as process:
        while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
            time.sleep(0.05)
        child = int((tmp_path / "pid").read_text())
        while b"sleep" not in Path(f"/proc/{child}/cmdline").read_bytes():
            time.sleep(0.05)

        process.kill()

    while Path(f"/proc/{child}").exists():
        time.sleep(0.05)
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)
