"""The real module on a graphics card that the processor plays: same words, seen in the process, and nothing without it.

The product never takes such a card (Debian's `lavapipe`); here the environment permits it by name.
"""

import json
import os
import socket
import subprocess
import time
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from assistant.engine.command import EngineOptions, command
from assistant.engine.measuring import bench_command, measured
from firmware.probe import probe
from firmware.profile import ALL_LAYERS, profile
from tests.journeys.test_a_node_survives import engine_ids
from tests.journeys.test_graphics_fail import status
from tests.person import Person
from tests.product import ROOT, running

pytestmark = [pytest.mark.graphics, pytest.mark.timeout(3000)]

PROMPT = "<|im_start|>user\nSay hello.<|im_end|>\n<|im_start|>assistant\n"
ICDS = Path("/usr/share/vulkan/icd.d")
NONE = {"VK_DRIVER_FILES": "/nonexistent.json", "VK_ICD_FILENAMES": "/nonexistent.json"}


def places() -> dict[str, Path]:
    noted = tomllib.loads((ROOT / "build" / "places.toml").read_text())["places"]
    return {name: Path(path) for name, path in noted.items()}


def module() -> dict[str, str]:
    """What tells a process of the module."""
    return {"GGML_BACKEND_PATH": str(places()["graphics"] / "libggml-vulkan.so")}


def played() -> dict[str, str]:
    """What makes the processor's card the only one, and permits it."""
    (driver,) = ICDS.glob("lvp_icd*.json")
    only = {"VK_DRIVER_FILES": str(driver), "VK_ICD_FILENAMES": str(driver)}
    # One thread, so that the node beside it gets its turn.
    return {**only, "GGML_VK_VISIBLE_DEVICES": "0", "LP_NUM_THREADS": "1"}


def listed(environment: Mapping[str, str]) -> str:
    """The devices that the real engine lists with the real module."""
    return subprocess.run(
        [str(places()["engine"] / "llama-server"), "--list-devices"],
        env={**module(), **environment},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def opened_libraries(pid: int) -> str:
    """What a process has mapped."""
    return Path(f"/proc/{pid}/maps").read_text()


@contextmanager
def serving(folder: Path, environment: Mapping[str, str], *, device: str = "") -> Iterator[tuple[int, httpx.Client]]:
    """The real engine with the product's command line, and a way to it; it is as slow as it likes."""
    key = folder / "key"
    key.write_text("a key")
    options = EngineOptions(
        program=places()["engine"] / "llama-server",
        model=places()["models"] / "chat.gguf",
        socket=folder / "llama.sock",
        key_file=key,
        threads=1,
        batch_threads=1,
        batch=128,
        context_tokens=512,
        slots=1,
        prompt_cache_mib=0,
        gpu_layers=ALL_LAYERS if device else 0,
        device=device,
    )
    process = subprocess.Popen(command(options), env={**os.environ, **environment}, stderr=subprocess.DEVNULL)
    transport = httpx.HTTPTransport(uds=str(options.socket))
    headers = {"Authorization": "Bearer a key"}
    try:
        with httpx.Client(transport=transport, base_url="http://engine", headers=headers, timeout=3000) as client:
            until_it_serves(process, options.socket, client)
            yield process.pid, client
    finally:
        process.terminate()
        process.wait()


def until_it_serves(process: "subprocess.Popen[bytes]", listening: Path, client: httpx.Client) -> None:
    while process.poll() is None:
        if is_listening(listening) and client.get("/health").is_success:
            return
        time.sleep(0.1)
    raise AssertionError("the engine ended before it served")


def is_listening(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0


def said(client: httpx.Client) -> str:
    """The model's words, the likeliest each."""
    asked = {"prompt": PROMPT, "temperature": 0, "n_predict": 12, "cache_prompt": False}
    return str(client.post("/completion", json=asked).raise_for_status().json()["content"])


def written(setting: str, folder: Path) -> Path:
    file = folder / f"graphics-{setting}.toml"
    file.write_text(f'[engine]\ngraphics = "{setting}"\nquiet_seconds = 10000.0\ngraphics_seconds = 2000.0\n')
    return file


def test_a_card_that_the_processor_plays_is_there_and_is_not_taken() -> None:
    permitted = played()
    assert "llvmpipe" in listed(permitted)

    del permitted["GGML_VK_VISIBLE_DEVICES"]

    assert "llvmpipe" not in listed(permitted)
    assert "(none)" in listed(permitted)


def test_the_same_words_come_from_the_card_and_from_the_processor(tmp_path: Path) -> None:
    for name in ("card", "processor"):
        (tmp_path / name).mkdir()
    with serving(tmp_path / "card", {**played(), **module()}, device="Vulkan0") as (pid, client):
        from_card = said(client)
        assert "libggml-vulkan.so" in opened_libraries(pid)
    with serving(tmp_path / "processor", {}) as (pid, client):
        from_processor = said(client)
        assert "vulkan" not in opened_libraries(pid)

    assert len(from_card) > 20
    assert from_card == from_processor


def test_a_node_says_that_its_card_computes_and_its_engine_opened_the_driver(tmp_path: Path) -> None:
    with running(config=[written("on", tmp_path)], environment=played()) as product:
        person = Person(product.url)
        person.claim(product.setup_code).raise_for_status()
        told = person.client.get("/api/models").raise_for_status().json()
        (pid,) = engine_ids(product)

        assert told["computes"].startswith("The graphics card computes: llvmpipe")
        assert told["models"][0]["fit"]["place"] == "graphics"
        assert "libggml-vulkan.so" in opened_libraries(pid)
        assert "libvulkan.so" in opened_libraries(pid)


def test_a_node_without_a_driver_says_so_and_opens_no_library_for_one(tmp_path: Path) -> None:
    with running(config=[written("on", tmp_path)], environment=NONE) as product:
        (pid,) = engine_ids(product)

        assert status(product)["computes"] == "The processor computes. No driver of a graphics card was found."
        assert "vulkan" not in opened_libraries(pid)


def test_the_speed_is_measured_where_it_will_serve() -> None:
    """The node's own run, but of few tokens: it may take what time it needs."""
    engine, model = places()["engine"], places()["models"] / "chat.gguf"
    words = bench_command(engine / "llama-bench", model, (1,), device="Vulkan0")
    few = {"--n-prompt": "8", "--n-gen": "2", "--ubatch-size": "128"}
    for option, value in few.items():
        words[words.index(option) + 1] = value

    output = subprocess.run(words, env={**module(), **played()}, capture_output=True, text=True, check=True).stdout

    assert all("Vulkan" in run["backends"] and "llvmpipe" in run["gpu_info"] for run in json.loads(output))
    assert measured("a pc", output, on_graphics=True).writing_bytes_per_second > 0


def test_a_pc_without_a_graphics_card_opens_no_library_for_one(tmp_path: Path) -> None:
    """With the module beside it, and the only driver permitted."""
    setting = "off" if profile(probe()).gpu_layers else "auto"
    with running(config=[written(setting, tmp_path)], environment=played()) as product:
        (pid,) = engine_ids(product)

        assert "vulkan" not in opened_libraries(pid)
        assert status(product)["computes"].startswith("The processor computes. ")
