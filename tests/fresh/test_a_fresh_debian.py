"""Somebody with a minimal Debian follows the README: everything that Hearth needs, it asks for itself."""

import contextlib
import json
import os
import re
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fresh import snapshot
from tests.fresh.debian import FreshDebian, installed
from tests.person import Person
from tests.product import ROOT, free_port

# The longest is the first time: two cores compile the engine, and other work may go on beside it.
pytestmark = [pytest.mark.fresh, pytest.mark.timeout(3600)]

_STOP_SECONDS = 60
_SAMPLE = json.loads((ROOT / "tests" / "samples.json").read_text())[0]


@pytest.fixture(params=["bookworm", "trixie"])
def debian(request: pytest.FixtureRequest) -> Iterator[FreshDebian]:
    if os.geteuid() != 0:
        pytest.fail("make test-fresh installs Debian into a folder, so it has to be run as root.")
    with tempfile.TemporaryDirectory(prefix=f"hearth-{request.param}-") as folder:
        debian = installed(request.param, Path(folder) / "tree")
        snapshot.push_to(debian.tree / "srv" / "hearth.git")
        yield debian
        for process in debian.processes():
            os.kill(process, signal.SIGKILL)


def test_the_readme_leads_from_a_minimal_debian_to_an_answer(debian: FreshDebian, tmp_path: Path) -> None:
    """Two commands; a page over HTTPS; an answer that says where it stands; Ctrl-C; and no work twice."""
    debian.run(
        "apt-get update && apt-get install --yes --no-install-recommends git make && git clone /srv/hearth.git hearth",
        tmp_path / "clone.txt",
    )

    first = _run_once(debian, tmp_path / "first.txt", asks=True)
    second = _run_once(debian, tmp_path / "second.txt", asks=False)

    assert "•" in first.printed, "the first start installs and builds"
    assert "•" not in second.printed, f"the second start has nothing to make:\n{second.printed}"
    assert not debian.processes(), "Ctrl-C left something running"


class _Started:
    """`make run` under somebody's eyes."""

    def __init__(self, process: "subprocess.Popen[str]", console: Path, port: int) -> None:
        self.process = process
        self.console = console
        self.port = port

    @property
    def printed(self) -> str:
        return self.console.read_text()

    def wait_for(self, words: str) -> None:
        while words not in self.printed:
            assert self.process.poll() is None, f"make run ended:\n{self.printed[-6000:]}"
            time.sleep(0.5)

    def interrupt(self) -> None:
        """Ctrl-C: the terminal sends it to everything in the foreground."""
        os.killpg(self.process.pid, signal.SIGINT)
        self.process.wait(_STOP_SECONDS)


def _run_once(debian: FreshDebian, console: Path, *, asks: bool) -> _Started:
    port, plain_port = free_port(), free_port()
    arguments = f"--https-port {port} --http-port {plain_port}"
    with console.open("w") as output:
        process = debian.start(f"cd hearth && exec make run ARGUMENTS='{arguments}'", output)
    started = _Started(process, console, port)
    started.wait_for("Ctrl-C stops everything")
    assert debian.processes(), "what runs inside is not seen from outside, so its end would not be seen either"
    if asks:
        _asks_about_a_sample(started)
    started.interrupt()
    return started


def _asks_about_a_sample(started: _Started) -> None:
    code = re.search(r"Set-up code:\s+(\S+)", started.printed)
    assert code, started.printed
    person = Person(f"https://localhost:{started.port}")
    with contextlib.closing(person.client):
        person.claim(code[1]).raise_for_status()
        for document in person.documents():
            person.wait_for(document["id"])

        answer = person.ask(_SAMPLE["question"])

    assert answer["found"]
    cited = [(citation["file"], citation["page"]) for citation in answer["citations"]]
    assert (_SAMPLE["file"], _SAMPLE["page"]) in cited
