"""Programs and faults: who leaves frees the engine, a dead or hanging engine is told, a crowd is turned away."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.journeys.dialects.conftest import CHAT_MODEL, QUESTION, House, moved_in
from tests.journeys.test_a_node_survives import engine_ids, until
from tests.product import running

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]

ENDLESS = "Write a story that never ends."
DIALECTS: dict[str, tuple[str, dict[str, Any]]] = {
    "openai": (
        "/v1/chat/completions",
        # 2 is the token that ends an answer; without it the model writes on until its context is full.
        {"messages": [{"role": "user", "content": ENDLESS}], "stream": True, "logit_bias": {"2": -100}},
    ),
    "responses": ("/v1/responses", {"input": ENDLESS, "stream": True, "max_output_tokens": 4000, "temperature": 1.5}),
    "anthropic": (
        "/v1/messages",
        {"messages": [{"role": "user", "content": ENDLESS}], "stream": True, "max_tokens": 4000, "temperature": 1},
    ),
    "ollama": ("/api/generate", {"prompt": ENDLESS, "options": {"temperature": 1.5, "num_predict": 4000}}),
}
ASKED: dict[str, tuple[str, dict[str, Any]]] = {
    **DIALECTS,
    "hearth": (
        "/v1/chat/completions",
        {
            "model": "hearth",
            "messages": [{"role": "user", "content": QUESTION}],
            "logit_bias": {"2": -100},
            "max_tokens": 1000,
        },
    ),
}
STOPPING_SECONDS = 2.5
"""What an engine may still compute for a client that left: a batch of the prompt, and no answer."""


@pytest.fixture(scope="module")
def hasty() -> Iterator[House]:
    with running(config=[Path(__file__).with_name("hasty.toml")]) as product:
        house = moved_in(product)
        for document in house.owner.documents():
            house.owner.wait_for(document["id"])
        yield house


@pytest.fixture
def http(hasty: House) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {hasty.key}"}
    with httpx.Client(base_url=hasty.url, verify=hasty.trust(), headers=headers, timeout=120) as client:
        yield client


def brief(http: httpx.Client) -> httpx.Response:
    body = {"model": CHAT_MODEL, "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 2}
    return http.post("/v1/chat/completions", json=body)


def streamed(http: httpx.Client, dialect: str, *, after: int, then: Any) -> list[str]:
    """The lines of an endless answer; `then` is done once some have come."""
    path, body = DIALECTS[dialect]
    lines: list[str] = []
    with http.stream("POST", path, json={"model": CHAT_MODEL, **body}) as response:
        assert response.status_code == 200
        for line in response.iter_lines():
            lines.append(line)
            if len(lines) == after:
                then()
    return [line for line in lines if line]


def cpu_seconds(house: House) -> float:
    """What the engine has computed so far."""
    ticks = 0
    for pid in engine_ids(house.product):
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def leave(http: httpx.Client, dialect: str, *, streams: bool) -> None:
    """Ask, and hang up in the middle of the answer."""
    path, body = ASKED[dialect]
    asked = {"model": CHAT_MODEL, **body, "stream": streams}
    if streams:
        with http.stream("POST", path, json=asked) as response:
            for number, _ in enumerate(response.iter_lines()):
                if number == (2 if dialect == "hearth" else 10):  # the answer from files is short
                    return
    for _ in range(5):  # a small model may be done before
        try:
            http.post(path, json=asked, timeout=httpx.Timeout(60, read=0.3))
        except httpx.ReadTimeout:
            return
    pytest.fail("each answer was there at once")


@pytest.mark.parametrize("streams", [True, False])
@pytest.mark.parametrize("dialect", list(ASKED))
def test_a_client_that_leaves_stops_its_generation(
    hasty: House, http: httpx.Client, dialect: str, streams: bool
) -> None:
    leave(http, dialect, streams=streams)
    left = cpu_seconds(hasty)

    def is_idle() -> bool:
        before = cpu_seconds(hasty)
        time.sleep(0.5)
        return cpu_seconds(hasty) - before < 0.1

    until("the engine went on writing for nobody", is_idle)
    assert cpu_seconds(hasty) - left < STOPPING_SECONDS
    assert brief(http).status_code == 200


ERROR_LINES = {
    "openai": ('data: {"error": {"message":', "engine_interrupted"),
    "responses": ('data: {"type": "response.failed"', "server_error"),
    "anthropic": ('data: {"type": "error"', "api_error"),
    "ollama": ('{"error": ', "stopped in the middle"),
}


@pytest.mark.parametrize("dialect", list(DIALECTS))
def test_an_engine_killed_in_the_middle_is_told_in_the_dialect_and_the_next_request_works(
    hasty: House, http: httpx.Client, dialect: str
) -> None:
    def kill() -> None:
        for pid in engine_ids(hasty.product):
            os.kill(pid, signal.SIGKILL)

    lines = streamed(http, dialect, after=12, then=kill)

    begins, says = ERROR_LINES[dialect]
    assert lines[-1].startswith(begins), lines[-3:]
    assert says in lines[-1]
    assert json.loads(lines[-1].removeprefix("data: "))
    assert brief(http).status_code == 200


@pytest.mark.parametrize("dialect", list(DIALECTS))
def test_an_engine_that_hangs_in_the_middle_is_told_and_started_again(
    hasty: House, http: httpx.Client, dialect: str
) -> None:
    hanging = engine_ids(hasty.product)

    lines = streamed(http, dialect, after=12, then=lambda: stop(hanging))
    after = brief(http)

    assert lines[-1].startswith(ERROR_LINES[dialect][0]), lines[-3:]
    assert after.status_code == 200
    assert engine_ids(hasty.product)
    assert not engine_ids(hasty.product) & hanging


def test_an_engine_that_hangs_over_a_whole_answer_is_told_and_started_again(hasty: House, http: httpx.Client) -> None:
    path, body = ASKED["openai"]
    hanging, before = engine_ids(hasty.product), cpu_seconds(hasty)

    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(http.post, path, json={"model": CHAT_MODEL, **body, "stream": False})
        until("the engine did not begin", lambda: cpu_seconds(hasty) - before > 0.3 or asking.done())
        stop(hanging)
        answer = asking.result()

    assert answer.status_code == 503, answer.text
    assert answer.json()["error"]["code"] in {"engine_interrupted", "engine_unavailable"}
    assert brief(http).status_code == 200
    assert not engine_ids(hasty.product) & hanging


def stop(processes: set[int]) -> None:
    for pid in processes:
        os.kill(pid, signal.SIGSTOP)


# It says "asked" as soon as all of its requests are on the way; 2 is the token that would end an answer.
LEAVING = """
import asyncio, httpx, ssl, sys
url, key, certificate, model = sys.argv[1:]
sent = 0
async def count(event, info):
    global sent
    if event == "http11.send_request_body.complete":
        sent += 1
        if sent == 25:
            print("asked", flush=True)
async def main():
    trust = ssl.create_default_context(cafile=certificate)
    async with httpx.AsyncClient(base_url=url, verify=trust, headers={"x-api-key": key}, timeout=60) as client:
        body = {"model": model, "messages": [{"role": "user", "content": "Say it."}], "logit_bias": {"2": -100}}
        asking = {"json": body, "extensions": {"trace": count}}
        await asyncio.gather(*[client.post("/v1/chat/completions", **asking) for _ in range(25)])
asyncio.run(main())
"""


async def test_two_hundred_at_once_are_served_or_told_when_to_come_back(hasty: House) -> None:
    """175 stay; a program that asked 25 times, and so left places of the 30 free, is killed in the middle."""

    async def one(client: httpx.AsyncClient, number: int) -> int:
        body = {"model": CHAT_MODEL, "messages": [{"role": "user", "content": f"Say {number}"}], "max_tokens": 2}
        response = await client.post("/v1/chat/completions", json=body)
        if response.status_code == 429:
            assert int(response.headers["retry-after"]) >= 1
            assert response.json()["error"]["type"] == "rate_limit_error"
        return response.status_code

    leaving = await asyncio.create_subprocess_exec(
        sys.executable, "-c", LEAVING, hasty.url, hasty.key, hasty.certificate, CHAT_MODEL, stdout=subprocess.PIPE
    )
    assert leaving.stdout
    assert await leaving.stdout.readline() == b"asked\n"
    headers = {"Authorization": f"Bearer {hasty.key}"}
    limits = httpx.Limits(max_connections=175)
    async with httpx.AsyncClient(
        base_url=hasty.url, verify=hasty.trust(), headers=headers, limits=limits, timeout=100
    ) as client:
        asking = asyncio.gather(*[one(client, number) for number in range(175)])
        await asyncio.sleep(2)
        leaving.kill()
        statuses = Counter(await asking)
        await leaving.wait()
        last = await one(client, 201)

    assert set(statuses) <= {200, 429}, statuses
    assert statuses[200] >= 1
    assert statuses[429] >= 1
    assert last == 200
