"""The official Ollama SDK in the owner's hands: pull, create from a file, copy, delete, against the real product."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import ollama
import pytest

from tests import gguf, hub
from tests.journeys.dialects.conftest import CHAT_MODEL, House, moved_in
from tests.journeys.test_models import renamed
from tests.product import running

pytestmark = [pytest.mark.journey, pytest.mark.timeout(400)]

PULLED = "hf.co/ada/tiny/tiny-q4_0.gguf"
HELLO: Any = [{"role": "user", "content": "Say hello."}]


@pytest.fixture(scope="module")
def internet() -> Iterator[hub.Hub]:
    with hub.running() as started:
        started.files["ada/tiny/tiny-q4_0.gguf"] = renamed(1)
        started.files["ada/forged/forged.gguf"] = renamed(2)
        started.files["ada/other/README.md"] = b"# Other"
        started.files["ada/other/other-Q8_0.gguf"] = b"another one"
        started.files["ada/other/other-Q4_0.gguf"] = renamed(3)
        started.announced_sha256["ada/forged/forged.gguf"] = "cd" * 32
        yield started


@pytest.fixture(scope="module")
def owned(internet: hub.Hub, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    config = tmp_path_factory.mktemp("config") / "hub.toml"
    config.write_text(f'[engine]\nhub = "{internet.url}"\n')
    with running(config=[config]) as product:
        yield moved_in(product)


@pytest.fixture(scope="module")
def client(owned: House) -> Iterator[Any]:
    """A program that was given the owner's session, not a key."""
    headers = {"Authorization": owned.owner.client.headers["Authorization"]}
    with ollama.Client(host=owned.url, headers=headers, verify=owned.trust(), timeout=240) as made:
        yield made


def names(client: Any) -> set[str]:
    return {model.model for model in client.list().models}


def test_a_model_is_pulled_with_progress_shown_and_used(client: Any, internet: hub.Hub) -> None:
    internet.slow_seconds = 0.02
    lines = list(client.pull(PULLED, stream=True))
    internet.slow_seconds = 0.0

    statuses = [line.status for line in lines]
    completed = [line.completed for line in lines if line.total]
    assert statuses[0] == "pulling manifest"
    assert statuses[-1] == "success"
    assert len(completed) > 2
    assert completed == sorted(completed)
    assert f"{PULLED}:latest" in names(client)
    shown = client.show(PULLED)
    assert shown.details.quantization_level == "Q4_0"
    assert shown.modelinfo["llama.block_count"] == 30
    assert client.chat(model=PULLED, messages=HELLO, options={"num_predict": 4}).message.content
    assert f"{PULLED}:latest" in {model.model for model in client.ps().models}


def test_a_model_is_pulled_by_its_quantization_alone(client: Any) -> None:
    assert client.pull("hf.co/ada/other:Q4_0").status == "success"
    assert client.pull("hf.co/ada/other").status == "success"

    assert {"hf.co/ada/other:q4_0", "hf.co/ada/other:latest"} <= names(client)
    assert client.chat(model="hf.co/ada/other:Q4_0", messages=HELLO, options={"num_predict": 4}).message.content


def test_what_cannot_be_pulled_is_told(client: Any) -> None:
    with pytest.raises(ollama.ResponseError, match="catalogue has no model"):
        client.pull("llama9")
    with pytest.raises(ollama.ResponseError, match="Name a repository"):
        client.pull("hf.co/ada")
    with pytest.raises(ollama.ResponseError, match=r"no whole model “Q9_9”.*tiny-q4_0\.gguf"):
        client.pull("hf.co/ada/tiny:Q9_9")
    with pytest.raises(ollama.ResponseError, match="has no file"):
        client.pull("hf.co/ada/tiny/gone.gguf")
    with pytest.raises(ollama.ResponseError, match="checksum is wrong"):
        list(client.pull("hf.co/ada/forged/forged.gguf", stream=True))


def test_a_model_is_made_of_a_file_copied_and_deleted(client: Any, tmp_path: Path) -> None:
    file = tmp_path / "mine.gguf"
    file.write_bytes(renamed(3))

    digest = client.create_blob(file)
    again = client.create_blob(file)
    made = client.create(model="mine", files={"mine.gguf": digest})
    client.copy("mine", "yours")
    both = names(client)
    client.delete("mine")
    answer = client.chat(model="yours", messages=HELLO, options={"num_predict": 4})
    client.delete("yours")

    assert digest == again
    assert made.status == "success"
    assert {"mine:latest", "yours:latest"} <= both
    assert answer.message.content
    assert not {"mine:latest", "yours:latest"} & names(client)


def test_a_broken_file_makes_no_model(client: Any, tmp_path: Path) -> None:
    file = tmp_path / "broken.gguf"
    file.write_bytes(gguf.written()[:-500])
    digest = client.create_blob(file)

    with pytest.raises(ollama.ResponseError, match="cut off"):
        client.create(model="broken", files={"broken.gguf": digest})
    with pytest.raises(ollama.ResponseError, match="not handed over yet"):
        client.create(model="broken", files={"broken.gguf": "sha256:" + "ef" * 32})
    with pytest.raises(ollama.ResponseError, match="Leave out `system`"):
        client.create(model="broken", from_=PULLED, system="You are a pirate.")

    assert "broken:latest" not in names(client)


def test_the_product_s_own_model_stays(client: Any) -> None:
    with pytest.raises(ollama.ResponseError, match="came with Hearth and stays"):
        client.delete(CHAT_MODEL)
    with pytest.raises(ollama.ResponseError) as unknown:
        client.delete("llama9")

    assert unknown.value.status_code == 404


def test_the_product_s_own_model_answers_under_a_name_that_a_program_insists_on(client: Any) -> None:
    client.copy(CHAT_MODEL, "gpt-4o-mini")
    client.create(model="llama3.2", from_=CHAT_MODEL)
    both = names(client)
    with pytest.raises(ollama.ResponseError, match="already"):
        client.copy(CHAT_MODEL, "llama3.2")
    client.delete("gpt-4o-mini")
    answer = client.chat(model="llama3.2", messages=HELLO, options={"num_predict": 4})
    client.delete("llama3.2")

    assert {"gpt-4o-mini:latest", "llama3.2:latest"} <= both
    assert answer.message.content
    assert CHAT_MODEL + ":latest" in names(client)


def let_go(client: Any) -> Any:
    """Ask until nobody uses the model: the box itself measures with it when nobody has asked for a while."""
    for _ in range(60):
        try:
            return client.generate(model=CHAT_MODEL, keep_alive=0)
        except ollama.ResponseError as refused:
            if "is answering somebody" not in str(refused):
                raise
            time.sleep(1)
    raise AssertionError


def test_a_model_is_loaded_by_a_request_without_a_question_and_leaves_with_keep_alive_0(client: Any) -> None:
    def running() -> dict[str, Any]:
        return {model.model: model for model in client.ps().models}

    loaded = client.generate(model=CHAT_MODEL)
    (there,) = (model for name, model in running().items() if name == f"{CHAT_MODEL}:latest")
    left = let_go(client)

    assert (loaded.done_reason, left.done_reason) == ("load", "unload")
    seconds = (there.expires_at - datetime.now(UTC)).total_seconds()
    assert 0 < seconds <= 900
    assert there.size > 0
    assert f"{CHAT_MODEL}:latest" not in running()
