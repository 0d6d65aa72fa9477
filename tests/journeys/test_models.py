"""The models of a box: seen with their fit, fetched, imported, loaded, evicted, refused and deleted, for real."""

import json
import os
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests import gguf, hub
from tests.journeys.test_a_node_survives import process_ids, until
from tests.person import Person, refusal
from tests.product import Product, running

pytestmark = [pytest.mark.journey, pytest.mark.timeout(600)]

BUDGET = 1_600_000_000
"""Room for the model that comes with the product, and for one more."""
SHIPPED = "smollm2-135m-instruct"


def renamed(number: int) -> bytes:
    """The real model as another file: one byte of a text in its head is different."""
    content = bytearray(gguf.real_model().read_bytes())
    at = content.index(b"general.name")
    content[at + len(b"general.name") + 12] = ord("A") + number
    return bytes(content)


def huge() -> bytes:
    """A model whose head is true but which needs more memory than this box gives: many layers, long conversations."""
    metadata = {"llama.block_count": 900, "llama.embedding_length": 16384, "llama.attention.head_count_kv": 128}
    return gguf.written({**metadata, "llama.attention.head_count": 128})


@pytest.fixture(scope="module")
def internet() -> Iterator[hub.Hub]:
    with hub.running() as started:
        started.files["ada/tiny/tiny.gguf"] = renamed(1)
        yield started


@pytest.fixture(scope="module")
def box(internet: hub.Hub, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    config = tmp_path_factory.mktemp("config") / "models.toml"
    config.write_text(f'[engine]\nhub = "{internet.url}"\nmemory_bytes = {BUDGET}\nidle_seconds = 8.0\n')
    with running(config=[config]) as product:
        yield product


@pytest.fixture(scope="module")
def owner(box: Product) -> Person:
    person = Person(box.url)
    person.claim(box.setup_code).raise_for_status()
    return person


def models(person: Person) -> dict[str, dict[str, Any]]:
    listed = person.client.get("/api/models").raise_for_status().json()
    return {one["name"]: one for one in listed["models"]}


def fetched(person: Person, name: str, file: str = "tiny.gguf", repository: str = "ada/tiny") -> dict[str, Any]:
    """The download once nothing more happens by itself."""
    body = {"name": name, "repository": repository, "file": file}
    begun = person.client.post("/api/models/downloads", json=body)
    assert begun.status_code == 202, begun.text
    return over(person, begun.json()["id"])


def over(person: Person, download_id: str) -> dict[str, Any]:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        listed = person.client.get("/api/models/downloads").raise_for_status().json()
        (one,) = [one for one in listed if one["id"] == download_id]
        if one["state"] in {"done", "stopped", "failed"}:
            found: dict[str, Any] = one
            return found
        time.sleep(0.1)
    raise AssertionError(one)


def said(person: Person, model: str) -> httpx.Response:
    body = {"model": model, "messages": [{"role": "user", "content": "Say hello."}], "max_tokens": 4}
    return person.client.post("/v1/chat/completions", json=body)


def test_the_catalogue_tells_of_each_model_whether_it_fits_before_it_is_fetched(
    owner: Person, internet: hub.Hub
) -> None:
    listed = owner.client.get("/api/models/catalogue").raise_for_status().json()["models"]
    fits = {one["name"]: one["fit"] for one in listed}

    assert fits["smollm2-360m"]["place"] == "memory"
    assert fits["llama-3.3-70b"]["place"] == "none"
    assert fits["llama-3.3-70b"]["need_bytes"] > 40e9
    assert fits["llama-3.3-70b"]["room_bytes"] == BUDGET
    assert not internet.asked  # nothing is asked of the hub before somebody wishes for a model


def test_a_model_is_fetched_checked_and_answers(owner: Person, internet: hub.Hub) -> None:
    done = fetched(owner, "tiny")
    answer = said(owner, "tiny")

    assert done["state"] == "done", done["reason"]
    assert done["fetched_bytes"] == done["size_bytes"] == len(internet.files["ada/tiny/tiny.gguf"])
    assert answer.status_code == 200, answer.text
    assert models(owner)["tiny"]["state"] == "ready"
    assert models(owner)["tiny"]["used_bytes"] > 50e6
    assert "tiny" in [one["id"] for one in owner.client.get("/v1/models").json()["data"]]


def test_a_download_that_is_cut_goes_on_where_it_stopped(owner: Person, internet: hub.Hub) -> None:
    internet.files["ada/cut/cut.gguf"] = renamed(2)
    internet.cut_after[:] = [5_000_000, 7_000_000]
    internet.asked.clear()

    done = fetched(owner, "cut", "cut.gguf", "ada/cut")

    assert done["state"] == "done", done["reason"]
    begins = [int(one.removeprefix("bytes=").rstrip("-") or 0) for one in internet.ranges()]
    assert begins[0] == 0
    assert 3_500_000 < begins[1] <= 5_000_000
    assert begins[1] + 5_500_000 < begins[2] <= begins[1] + 7_000_000


def test_a_download_that_was_stopped_goes_on_when_it_is_wished_for(owner: Person, internet: hub.Hub) -> None:
    internet.files["ada/slow/slow.gguf"] = renamed(3)
    internet.slow_seconds = 0.05
    body = {"name": "slow", "repository": "ada/slow", "file": "slow.gguf"}
    begun = owner.client.post("/api/models/downloads", json=body).json()

    def has_come() -> bool:
        one = owner.client.get("/api/models/downloads").json()[0]
        return bool(one["fetched_bytes"] > 3_000_000)

    until("nothing came", has_come)
    owner.client.post(f"/api/models/downloads/{begun['id']}/stop").raise_for_status()
    stopped = over(owner, begun["id"])
    internet.slow_seconds = 0.0
    internet.asked.clear()
    owner.client.post(f"/api/models/downloads/{begun['id']}/resume").raise_for_status()
    done = over(owner, begun["id"])

    assert stopped["state"] == "stopped"
    assert done["state"] == "done", done["reason"]
    assert int(internet.ranges()[0].removeprefix("bytes=").rstrip("-")) >= 3_000_000


def test_a_file_with_a_wrong_checksum_is_thrown_away(owner: Person, internet: hub.Hub, box: Product) -> None:
    internet.files["ada/forged/forged.gguf"] = renamed(4)
    internet.announced_sha256["ada/forged/forged.gguf"] = "ab" * 32

    failed = fetched(owner, "forged", "forged.gguf", "ada/forged")

    assert failed["state"] == "failed"
    assert "checksum is wrong" in failed["reason"]
    assert "forged" not in models(owner)
    assert not list((box.data / "models").rglob("abab*"))


def test_a_model_that_the_disk_cannot_hold_is_refused_with_the_numbers(owner: Person, internet: hub.Hub) -> None:
    internet.files["ada/vast/vast.gguf"] = b"GGUF"
    internet.announced_size["ada/vast/vast.gguf"] = 40_000_000_000_000

    failed = fetched(owner, "vast", "vast.gguf", "ada/vast")

    assert failed["state"] == "failed"
    assert "This needs 40000.0 GB, and the disk has" in failed["reason"]


@pytest.mark.parametrize(
    ("repository", "file", "says"),
    [
        ("ada/tiny", "gone.gguf", "has no file"),
        ("no/body", "x.gguf", "has no file"),
        ("ada/gated", "x.gguf", "licence"),
    ],
)
def test_what_the_hub_does_not_give_is_told(
    owner: Person, internet: hub.Hub, repository: str, file: str, says: str
) -> None:
    internet.gated.add("ada/gated")

    failed = fetched(owner, "wished", file, repository)

    assert failed["state"] == "failed"
    assert says in failed["reason"]
    owner.client.delete(f"/api/models/downloads/{failed['id']}").raise_for_status()


def test_nothing_that_tells_on_the_person_goes_to_the_hub(owner: Person, internet: hub.Hub) -> None:
    internet.asked.clear()
    fetched(owner, "quiet", "tiny.gguf", "ada/tiny")

    for _, path, headers in internet.asked:
        assert "authorization" not in headers
        assert "cookie" not in headers
        assert "telemetry" not in path
    owner.client.delete("/api/models", params={"name": "quiet"}).raise_for_status()


def test_a_model_is_imported_from_a_file_loaded_chosen_and_deleted(owner: Person) -> None:
    made = owner.client.put("/api/models", params={"name": "Brought"}, content=renamed(5))
    load = owner.client.post("/api/models/load", json={"name": "brought"})
    loaded = models(owner)["brought"]
    owner.client.put("/api/models/choice", json={"name": "brought"}).raise_for_status()
    answer = owner.ask("What pressure should the boiler show when the radiators are cold?")
    chosen = models(owner)["brought"]["chosen"]
    owner.client.post("/api/models/unload", json={"name": "brought"}).raise_for_status()
    unloaded = models(owner)["brought"]
    owner.client.delete("/api/models", params={"name": "brought"}).raise_for_status()

    assert made.status_code == 201, made.text
    assert load.status_code == 204, load.text
    assert loaded["state"] == "ready"
    assert chosen
    assert "1.5" in answer["answer"] or answer["citations"]
    assert unloaded["state"] == "away"
    assert "brought" not in models(owner)
    assert models(owner)[SHIPPED]["chosen"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"MZ this is a program", "not a GGUF file"),
        (gguf.written()[:-900], "cut off"),
        (gguf.written(tensor_count=2**60), "made to do harm"),
        (gguf.written({"x": gguf.Raw(struct.pack("<IQ", gguf.STRING, 2**60))}), "made to do harm"),
        (gguf.written({"general.architecture": "bert"}), "makes vectors"),
    ],
)
def test_a_broken_or_hostile_file_is_refused_and_leaves_nothing(
    owner: Person, box: Product, content: bytes, says: str
) -> None:
    refused = owner.client.put("/api/models", params={"name": "bad"}, content=content)

    assert refused.status_code == 422
    assert says in refusal(refused)[2]
    assert "bad" not in models(owner)
    assert [path.suffix for path in (box.data / "models" / "incoming").iterdir()] in ([], [".part"])


def test_a_model_whose_weights_are_nonsense_costs_nobody_anything(owner: Person) -> None:
    """Its head is true, so it is taken in; the engine cannot run it, says so, and serves the others."""
    owner.client.put("/api/models", params={"name": "nonsense"}, content=gguf.written()).raise_for_status()

    refused = said(owner, "nonsense")

    assert refused.status_code == 422 or refused.status_code == 400, refused.text
    assert "could not load this model" in refused.text
    assert said(owner, SHIPPED).status_code == 200
    owner.client.delete("/api/models", params={"name": "nonsense"}).raise_for_status()


def test_a_model_larger_than_memory_is_refused_with_the_numbers(owner: Person) -> None:
    owner.client.put("/api/models", params={"name": "huge"}, content=huge()).raise_for_status()

    refused = said(owner, "huge")

    assert refused.status_code == 503
    assert "this box has 1.6 GB for models" in refused.json()["error"]["message"]
    assert models(owner)["huge"]["fit"]["place"] == "none"
    assert said(owner, SHIPPED).status_code == 200
    owner.client.delete("/api/models", params={"name": "huge"}).raise_for_status()


def test_a_model_that_nobody_uses_makes_room_for_another(owner: Person) -> None:
    owner.client.put("/api/models", params={"name": "third"}, content=renamed(6)).raise_for_status()
    said(owner, SHIPPED).raise_for_status()
    said(owner, "tiny").raise_for_status()

    said(owner, "third").raise_for_status()

    ready = {name for name, one in models(owner).items() if one["state"] == "ready"}
    assert "third" in ready
    assert len(ready) < 3
    listed = owner.client.get("/api/models").json()
    assert listed["used_bytes"] <= listed["memory_bytes"]


def test_what_nobody_uses_leaves_memory_and_comes_back_with_the_next_question(owner: Person) -> None:
    until("a model stayed", lambda: all(one["state"] == "away" for one in models(owner).values()))

    assert owner.client.get("/api/health").json()["engine"] == "ready"
    assert said(owner, SHIPPED).status_code == 200


def test_the_models_are_still_there_after_the_assistant_was_killed(owner: Person, box: Product) -> None:
    for pid in process_ids(box, "services.run_assistant"):
        os.kill(pid, signal.SIGKILL)

    def is_back() -> bool:
        return owner.client.get("/api/models").status_code == 200

    until("the assistant did not come back", is_back)
    assert {"tiny", "cut", "slow"} <= set(models(owner))
    assert json.loads((box.data / "models" / "models.json").read_text())["chosen"] == ""


def test_a_key_may_use_the_models_and_change_nothing(owner: Person, box: Product) -> None:
    secret = owner.client.post("/api/keys", json={"name": "program"}).json()["secret"]
    stranger = Person(box.url)
    program = stranger.client
    program.headers["x-api-key"] = secret

    refused = [
        program.post("/api/models/downloads", json={"name": "qwen3-4b"}),
        program.put("/api/models", params={"name": "mine"}, content=b"GGUF"),
        program.delete("/api/models", params={"name": "tiny"}),
        program.put("/api/models/choice", json={"name": "tiny"}),
    ]
    listed = program.get("/api/models").json()

    assert [answer.status_code for answer in refused] == [403] * 4
    assert refusal(refused[0])[1] == "not_the_owner"
    assert not listed["may_change"]


def test_the_command_line_adds_lists_and_removes(owner: Person, box: Product, tmp_path: Path) -> None:
    file = tmp_path / "From a stick.gguf"
    file.write_bytes(renamed(7))

    def hearth(*words: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "services.command", "model", *words, "--data", str(box.data)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    added = hearth("add", str(file))
    listed = hearth("list")
    removed = hearth("remove", "from-a-stick")

    assert added.returncode == 0, added.stderr
    assert "from-a-stick" in listed.stdout
    assert "came with Hearth" in listed.stdout
    assert removed.returncode == 0, removed.stderr
    assert "from-a-stick" not in models(owner)
