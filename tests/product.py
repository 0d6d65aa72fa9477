"""Runs the real product, `hearth run`, for tests: fresh data, free loopback ports, stopped by its own process id."""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
START_SECONDS = 300
STOP_SECONDS = 60
KEPT_LOGS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A node that runs."""

    url: str
    """`https://localhost:PORT`; its certificate is its own."""
    http_url: str
    setup_code: str
    data: Path
    process: subprocess.Popen[str]
    console: Path
    """What `hearth run` printed."""


@contextlib.contextmanager
def running(
    data: Path | None = None, *, config: Sequence[Path] = (), environment: Mapping[str, str] | None = None
) -> Iterator[Product]:
    """A started node; `data` of an earlier one goes on with it (its set-up code may then be empty).

    `config` names further settings files, which win over those of every test; `environment` is added to our own.
    """
    with contextlib.ExitStack() as stack:
        if data is None:
            # Short on purpose: a Unix socket's path may be 107 bytes long.
            data = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hearth-", ignore_cleanup_errors=True)))
        https_port, http_port = free_port(), free_port()
        console = data / "console.txt"
        command = [
            *(sys.executable, "-m", "services.command", "run", "--data", str(data)),
            *("--config", str(ROOT / "build" / "places.toml"), "--config", str(ROOT / "tests" / "loopback.toml")),
            *(word for file in config for word in ("--config", str(file))),
            *("--https-port", str(https_port), "--http-port", str(http_port)),
        ]
        with console.open("w") as output:
            process = subprocess.Popen(
                command,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=ROOT,
                text=True,
                env={**os.environ, "COLUMNS": "100", **(environment or {})},
            )
        stack.callback(_keep_log, data / "hearth.log")
        stack.callback(stop, process)
        printed = _until_greeting(process, console, data)
        code = re.search(r"Set-up code:\s+(\S+)", printed)
        yield Product(
            url=f"https://localhost:{https_port}",
            http_url=f"http://localhost:{http_port}",
            setup_code=code.group(1) if code else "",
            data=data,
            process=process,
            console=console,
        )


def _keep_log(log: Path) -> None:
    """For a look at what a failed test met: what this node's daemons said stays in `build/log/products/`."""
    kept = ROOT / "build" / "log" / "products"
    kept.mkdir(parents=True, exist_ok=True)
    for old in sorted(kept.glob("*.log"), key=lambda path: path.stat().st_mtime)[:-KEPT_LOGS]:
        old.unlink(missing_ok=True)
    if log.exists():
        test = re.sub(r"[^\w.-]+", "-", os.environ.get("PYTEST_CURRENT_TEST", "").split("::")[0]).strip("-") or "node"
        shutil.copy(log, kept / f"{test}-{time.time_ns()}.log")


def free_port() -> int:
    """A TCP port on the loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def stop(process: "subprocess.Popen[str]") -> int:
    """Ctrl-C, as a person would, and its exit status."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
    try:
        return process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait(STOP_SECONDS)


def _until_greeting(process: "subprocess.Popen[str]", console: Path, data: Path) -> str:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        printed = console.read_text()
        if "Ctrl-C stops everything" in printed:
            return printed
        if process.poll() is not None:
            break
        time.sleep(0.1)
    log = data / "hearth.log"
    tail = log.read_text(errors="replace")[-6000:] if log.exists() else "(no log)"
    raise AssertionError(f"hearth run did not come up:\n{console.read_text()}\n--- {log}\n{tail}")
