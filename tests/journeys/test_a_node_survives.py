"""A node comes back: after a stop, after kill -9 of any of its parts, and with everything that it was given."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests import pdf
from tests.person import Person
from tests.product import Product, running, stop

pytestmark = [pytest.mark.journey, pytest.mark.timeout(600)]

QUESTION = "What is the serial number of the heat pump?"
PAGES = ["Heat pump\nGeneral notes about the garden.", "The serial number of the heat pump is HX-20417.", "End."]


@pytest.fixture(scope="module")
def owner(product: Product) -> Person:
    person = Person(product.url)
    person.claim(product.setup_code).raise_for_status()
    document = person.upload("heat pump.pdf", pdf.written(PAGES)).json()
    person.wait_for(document["id"])
    return person


def process_ids(product: Product, module: str) -> set[int]:
    """The daemons of this node that run `module`, told apart from other nodes by their settings file."""
    found = set()
    for folder in Path("/proc").iterdir():
        try:
            line = (folder / "cmdline").read_bytes().decode().split("\0")
        except (OSError, NotADirectoryError):
            continue
        if module in line and any(str(product.data) in word for word in line):
            found.add(int(folder.name))
    return found


def engine_ids(product: Product) -> set[int]:
    socket = str(product.data / "run" / "engine" / "llama.sock")
    found = subprocess.run(["pgrep", "-f", f"llama-server.*{socket}"], capture_output=True, text=True, check=False)
    return {int(pid) for pid in found.stdout.split()}


def until(what: str, holds: object) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if callable(holds) and holds():
            return
        time.sleep(0.2)
    raise AssertionError(what)


def answers(person: Person) -> bool:
    try:
        return bool(person.ask(QUESTION)["citations"][0]["page"] == 2)
    except (httpx.HTTPError, KeyError, IndexError):
        return False


DAEMONS = ["services.run_engine", "services.run_assistant", "services.run_mesh", "services.run_web"]


@pytest.mark.parametrize("module", DAEMONS)
def test_a_killed_daemon_returns_alone_and_the_others_carry_on(product: Product, owner: Person, module: str) -> None:
    others = {name: process_ids(product, name) for name in DAEMONS if name != module}
    (killed,) = process_ids(product, module)

    os.kill(killed, signal.SIGKILL)

    until(f"{module} did not come back", lambda: process_ids(product, module) - {killed})
    until("the node did not answer again", lambda: answers(owner))
    assert {name: process_ids(product, name) for name in others} == others


def test_a_killed_engine_costs_one_answer_and_nothing_else(product: Product, owner: Person) -> None:
    supervisor = process_ids(product, "services.run_engine")
    (killed,) = engine_ids(product)

    os.kill(killed, signal.SIGKILL)

    until("the engine did not come back", lambda: engine_ids(product) - {killed})
    until("the node did not answer again", lambda: answers(owner))
    assert process_ids(product, "services.run_engine") == supervisor


def test_an_engine_killed_in_the_middle_of_an_answer_is_an_explicit_error(product: Product, owner: Person) -> None:
    chat_id = owner.client.post("/api/chats").json()["id"]
    kinds = []

    with owner.client.stream("POST", f"/api/chats/{chat_id}/messages", json={"text": QUESTION}) as response:
        for line in response.iter_lines():
            kinds.append(line)
            if '"token"' in line and len(kinds) < 4:
                for pid in engine_ids(product):
                    os.kill(pid, signal.SIGKILL)

    assert '"error"' in kinds[-1] or '"done"' in kinds[-1]  # a short answer may be whole before the signal arrives
    until("the node did not answer again", lambda: answers(owner))


@pytest.fixture
def stopped_and_started(product: Product, owner: Person) -> Iterator[Product]:
    assert stop(product.process) == 0
    with running(product.data) as again:
        yield again


def test_ctrl_c_stops_all_and_a_second_start_has_everything(stopped_and_started: Product, product: Product) -> None:
    again = Person(stopped_and_started.url)
    again.log_in().raise_for_status()

    assert "heat pump.pdf" in {document["name"] for document in again.documents()}
    assert answers(again)
    assert again.client.get("/api/chats").json()["chats"]
    assert stopped_and_started.setup_code == ""
    assert "Stopped." in product.console.read_text() or "Open" in stopped_and_started.console.read_text()
