"""The official npm SDKs, unmodified, against the real product. `make setup-test` installs them."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from image.build.node import FOLDER
from tests.journeys.dialects.conftest import CHAT_MODEL, EMBEDDING_MODEL, QUESTION, House

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]

SCRIPT = Path(__file__).parent / "npm" / "sdk.mjs"
MODELS = ["hearth", CHAT_MODEL, EMBEDDING_MODEL]


@pytest.fixture(scope="module")
def told(house: House) -> dict[str, Any]:
    """What the three SDKs were told."""
    # Node looks for packages beside the script, so the script goes to where setup put them.
    script = FOLDER / SCRIPT.name
    script.write_bytes(SCRIPT.read_bytes())
    done = subprocess.run(
        ["node", str(script)],
        env={
            "PATH": os.environ["PATH"],
            "NODE_EXTRA_CA_CERTS": house.certificate,
            "HEARTH_URL": house.url,
            "HEARTH_KEY": house.key,
            "CHAT_MODEL": CHAT_MODEL,
            "EMBEDDING_MODEL": EMBEDDING_MODEL,
            "QUESTION": QUESTION,
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_openais_sdk_is_served(told: dict[str, Any]) -> None:
    openai = told["openai"]

    assert openai["models"] == MODELS
    assert openai["model"] == CHAT_MODEL
    assert openai["whole"] == openai["streamed"] != ""
    assert 0 < openai["usage"] <= 8
    assert openai["call"]["city"] in {"Paris", "Rome"}
    assert openai["text"]
    assert openai["vector"] == 384
    assert openai["response"]
    assert openai["ending"] in {"response.completed", "response.incomplete"}
    assert "1.5 bar" in openai["hearth"]
    assert openai["next"]
    assert openai["refused"]["status"] == 400
    assert "tokens long" in openai["refused"]["text"]


def test_anthropics_sdk_is_served(told: dict[str, Any]) -> None:
    anthropic = told["anthropic"]

    assert anthropic["models"] == MODELS
    assert anthropic["whole"] == anthropic["streamed"] != ""
    assert anthropic["call"]["city"] in {"Paris", "Rome"}
    assert anthropic["counted"] > 0
    assert "1.5 bar" in anthropic["hearth"]
    assert anthropic["cited"][0] == "Boiler manual.pdf, page 5"
    assert anthropic["refused"]["status"] == 400


def test_ollamas_sdk_is_served(told: dict[str, Any]) -> None:
    ollama = told["ollama"]

    assert ollama["models"] == [f"{name}:latest" for name in MODELS]
    assert ollama["running"] == 1
    assert ollama["shown"] == "llama"
    assert ollama["version"].count(".") == 2
    assert ollama["whole"] == ollama["streamed"] != ""
    assert ollama["generated"]
    assert (ollama["vectors"], ollama["vector"]) == (2, 384)
    assert "1.5 bar" in ollama["hearth"]
    assert ollama["refused"]["status"] == 400
