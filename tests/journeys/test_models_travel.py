"""A model that one box has comes to another over the mesh: offered first, shown on its way, and usable."""

import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest

from tests import gguf
from tests.journeys.test_two_boxes import are_together, until
from tests.person import Person, refusal
from tests.product import Product, running

pytestmark = [pytest.mark.journey, pytest.mark.timeout(900)]

NAME = "qwen2.5-0.5b"


def other_model() -> bytes:
    """The real model as another file: one byte of a text in its head is different."""
    content = bytearray(gguf.real_model().read_bytes())
    at = content.index(b"general.name")
    content[at + len(b"general.name") + 12] = ord("Z")
    return bytes(content)


def command(product: Product, *words: str) -> "subprocess.CompletedProcess[str]":
    line = [sys.executable, "-m", "services.command", *words, "--data", str(product.data)]
    return subprocess.run(line, capture_output=True, text=True, check=False, timeout=300)


@pytest.fixture(scope="module")
def guest(product: Product) -> Iterator[Product]:
    """A second box in the mesh of the first, which has a model of its own."""
    home = Person(product.url)
    home.claim(product.setup_code).raise_for_status()
    home.client.put("/api/models", params={"name": NAME}, content=other_model()).raise_for_status()
    with running() as other:
        door = home.client.post("/api/nodes/door").raise_for_status().json()
        place = f"127.0.0.1:{door['port']}"
        joining = subprocess.Popen(
            [
                *(sys.executable, "-m", "services.command", "mesh", "join", place, door["window"]["code"]),
                *("--data", str(other.data)),
            ],
            stdout=subprocess.DEVNULL,
        )
        (request,) = until(home, lambda seen: seen["requests"])["requests"]
        assert command(product, "mesh", "approve", *request["words"]).returncode == 0
        assert joining.wait(120) == 0
        until(home, are_together)
        yield other


def listed(guest: Product, *words: str, holds: Callable[[str], bool]) -> str:
    deadline = time.monotonic() + 120
    while not holds(told := command(guest, "model", "list", *words).stdout):
        assert time.monotonic() < deadline, told
        time.sleep(0.5)
    return told


def test_a_model_of_another_box_is_offered_first_copied_and_answers(product: Product, guest: Product) -> None:
    names = {
        one["name"] for one in json.loads(command(guest, "model", "list", "--catalogue", "--json").stdout)["models"]
    }
    assert NAME in names, "the test wants a name of the catalogue"
    visitor = Person(guest.url)
    visitor.claim(guest.setup_code).raise_for_status()
    told = listed(guest, "--elsewhere", holds=lambda told: NAME in told)
    assert "GB  on " in told
    offered = json.loads(command(guest, "model", "list", "--catalogue", "--json").stdout)["models"]
    assert next(one for one in offered if one["name"] == NAME)["on_nodes"]

    fetched = command(guest, "model", "fetch", NAME)

    assert fetched.returncode == 0, fetched.stderr
    assert "Copied from “" in fetched.stderr
    assert f"✓ {NAME} is here." in fetched.stdout
    digest = hashlib.sha256(other_model()).hexdigest()
    assert hashlib.sha256((guest.data / "models" / f"{digest}.gguf").read_bytes()).hexdigest() == digest
    model = next(one for one in visitor.client.get("/api/models").json()["models"] if one["name"] == NAME)
    assert model["source"].startswith("copied from ")
    asked = {"model": NAME, "messages": [{"role": "user", "content": "Say hello."}], "max_tokens": 4}
    answer = visitor.client.post("/v1/chat/completions", json=asked)
    assert answer.json()["choices"][0]["message"]["content"]
    assert NAME not in command(guest, "model", "list", "--elsewhere").stdout, "what is here is no longer elsewhere"


def test_a_model_that_nobody_has_is_said_so(guest: Product) -> None:
    refused = command(guest, "model", "copy", "no-such-model")

    assert refused.returncode == 1
    assert "No other box of this mesh" in refused.stderr


def test_only_the_owner_copies(guest: Product) -> None:
    stranger = Person(guest.url)
    wish = {"name": NAME, "source": "node"}

    assert refusal(stranger.client.post("/api/models/downloads", json=wish))[0] == 401
    assert refusal(stranger.client.get("/api/models/elsewhere"))[0] == 401
