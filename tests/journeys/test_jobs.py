"""Work in the background survives what people and power do to a box: nothing is lost, nothing is done twice."""

import os
import signal
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.journeys.test_a_node_survives import process_ids
from tests.person import Person
from tests.product import Product, running

pytestmark = [pytest.mark.journey, pytest.mark.timeout(900)]

QUESTION = "When is the filter of the boiler cleaned?"
ROOMS = ("attic", "cellar", "garage", "kitchen", "laundry", "workshop")


def handed_over(person: Person, question: str = QUESTION) -> str:
    return str(person.client.post("/api/jobs", json={"text": question}).raise_for_status().json()["id"])


def seen(person: Person, job_id: str) -> dict[str, Any]:
    jobs = person.client.get("/api/jobs").raise_for_status().json()["jobs"]
    return next(job for job in jobs if job["id"] == job_id)


def until(person: Person, job_id: str, holds: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    """The job once it is as wanted; a daemon that is being started again may refuse meanwhile."""
    deadline = time.monotonic() + 400
    job: dict[str, Any] = {}
    while time.monotonic() < deadline:
        try:
            job = seen(person, job_id)
        except httpx.HTTPError:
            time.sleep(0.2)
            continue
        if holds(job):
            return job
        time.sleep(0.05)
    raise AssertionError(job)


def messages(person: Person, job: dict[str, Any]) -> list[dict[str, Any]]:
    chat = person.client.get(f"/api/chats/{job['chat_id']}").raise_for_status().json()
    told: list[dict[str, Any]] = chat["messages"]
    return told


def is_half_way(job: dict[str, Any]) -> bool:
    assert job["standing"] in {"waiting", "running"}, job
    return bool(job["done"] >= 1)


def test_a_question_goes_on_through_kill_and_power_cut_and_is_answered_once(product: Product) -> None:
    owner = Person(product.url)
    owner.claim(product.setup_code).raise_for_status()
    for number, room in enumerate(ROOMS, start=1):
        words = f"The filter of the boiler in the {room} is cleaned on day {number} of each month."
        owner.wait_for(owner.upload(f"{room}.txt", words.encode()).json()["id"])

    job_id = handed_over(owner)
    job = until(owner, job_id, is_half_way)
    (assistant,) = process_ids(product, "services.run_assistant")
    os.kill(assistant, signal.SIGKILL)
    job = until(owner, job_id, lambda one: one["done"] > job["done"] or one["standing"] == "done")
    product.process.kill()  # what is started by it goes with it, as when the power goes
    product.process.wait(60)

    with running(product.data) as again:
        back = Person(again.url)
        back.log_in().raise_for_status()
        job = until(back, job_id, lambda one: one["standing"] == "done")

        question, answer = messages(back, job)
        assert question["text"] == QUESTION
        assert not answer["interrupted"]
        for room in ROOMS:
            assert answer["text"].count(f"## {room}.txt") == 1, answer["text"]
        assert {f"{room}.txt" for room in ROOMS} <= {one["file"] for one in answer["citations"]}

        second = handed_over(back)
        until(back, second, is_half_way)
        back.client.post(f"/api/jobs/{second}/cancel").raise_for_status()
        job = until(back, second, lambda one: one["standing"] == "cancelled")

        _, partial = messages(back, job)
        assert partial["interrupted"]
        assert 1 <= partial["text"].count(".txt\n") < job["total"]
