"""Questions that are handed over: answered with nobody there, seen and cancelled by their person alone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from assistant.engine.errors import EngineUnavailableError
from assistant.identifiers import DocumentId
from assistant.jobs.records import MOST_WAITING
from assistant.jobs.rows import Kind
from tests.assistant.api.box import Box, put, refusal

QUESTION = "what colour is the door"


@asynccontextmanager
async def at_work(box: Box) -> AsyncIterator[None]:
    work = asyncio.create_task(box.runner.run())
    try:
        yield
    finally:
        work.cancel()
        await asyncio.wait([work])


async def lay(box: Box, person: httpx.AsyncClient, text: str, name: str) -> None:
    """A file in the fake library, which has its row in the database too: the steps of jobs refer to it."""
    await put(person, text, name=name)


def row(box: Box, document: str) -> None:
    with box.database.transaction() as connection:
        connection.execute(
            "INSERT INTO documents (id, shelf_id, name, media_type, size_bytes, sha256, status, added_at) "
            "VALUES (?, 'household', ?, 'text/plain', 1, ?, 'ready', '2027-01-01')",
            (document, document, document),
        )


async def handed_over(person: httpx.AsyncClient, text: str = QUESTION) -> dict[str, Any]:
    response = await person.post("/api/jobs", json={"text": text})
    assert response.status_code == 201, response.text
    job: dict[str, Any] = response.json()
    return job


async def job_of(person: httpx.AsyncClient, job_id: str) -> dict[str, Any]:
    jobs = (await person.get("/api/jobs")).json()["jobs"]
    return next(job for job in jobs if job["id"] == job_id)


async def once(person: httpx.AsyncClient, job_id: str, standing: str) -> dict[str, Any]:
    async with asyncio.timeout(60):
        while (job := await job_of(person, job_id))["standing"] != standing:
            await asyncio.sleep(0.01)
    return job


async def exchange(person: httpx.AsyncClient, job: dict[str, Any]) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = (await person.get(f"/api/chats/{job['chat_id']}")).json()["messages"]
    return messages


async def test_a_question_is_answered_from_every_file_while_nobody_waits(box: Box) -> None:
    ada = await box.claimed()
    await lay(box, ada, "The colour of the door is blue.", name="house.txt")
    await lay(box, ada, "The door of the shed has the colour blue.", name="shed.txt")
    await lay(box, ada, "Bread is baked at night.", name="bread.txt")
    box.engine.pieces = ("The colour of the door ", "is blue.")

    job = await handed_over(ada)
    assert (job["standing"], job["total"], job["done"]) == ("waiting", 0, 0)
    async with at_work(box):
        job = await once(ada, job["id"], "done")

    assert job["done"] == job["total"] >= 2
    question, answer = await exchange(ada, job)
    assert (question["text"], answer["interrupted"]) == (QUESTION, False)
    assert "## house.txt" in answer["text"]
    assert "## shed.txt" in answer["text"]
    assert [one["marker"] for one in answer["citations"]] == list(range(1, len(answer["citations"]) + 1))
    assert {one["file"] for one in answer["citations"]} == {"house.txt", "shed.txt"}
    chats = (await ada.get("/api/chats")).json()["chats"]
    assert [chat["title"] for chat in chats] == [QUESTION]


async def test_what_no_file_answers_is_said_so(box: Box) -> None:
    ada = await box.claimed()
    job = await handed_over(ada)

    async with at_work(box):
        job = await once(ada, job["id"], "done")

    _, answer = await exchange(ada, job)
    assert answer["text"].startswith("Nothing in your files answers this")
    assert not answer["sources"]["found"]
    assert box.engine.asked == []


async def test_nobody_sees_or_cancels_what_another_asked(box: Box) -> None:
    ada, bob = await box.claimed(), box.other_person()
    job = await handed_over(bob, "a secret of bob")

    assert (await ada.get("/api/jobs")).json() == {"jobs": [], "house": {"waiting": 1, "running": 0}}
    assert refusal(await ada.post(f"/api/jobs/{job['id']}/cancel")) == (404, "job_not_found")
    mine = (await bob.get("/api/jobs")).json()
    assert [one["question"] for one in mine["jobs"]] == ["a secret of bob"]
    assert mine["house"] is None
    assert refusal(await box.caller().get("/api/jobs"))[0] == 401


async def test_a_file_of_another_person_is_never_gone_through(box: Box) -> None:
    ada, bob = await box.claimed(), box.other_person()
    await lay(box, ada, "The colour of the door is blue.", name="house.txt")
    job = await handed_over(bob)

    async with at_work(box):
        job = await once(bob, job["id"], "done")

    assert "house.txt" not in str(await exchange(bob, job))


async def test_a_job_that_waits_is_cancelled_at_once_and_says_so_in_its_chat(box: Box) -> None:
    ada = await box.claimed()
    job = await handed_over(ada)

    cancelled = (await ada.post(f"/api/jobs/{job['id']}/cancel")).json()

    assert cancelled["standing"] == "cancelled"
    _, answer = await exchange(ada, job)
    assert answer["interrupted"]
    assert answer["text"] == "This answer ended before any file had been gone through."
    assert (await ada.post(f"/api/jobs/{job['id']}/cancel")).json()["standing"] == "cancelled"
    assert len(await exchange(ada, job)) == 2


async def test_a_job_that_runs_ends_after_its_step_and_keeps_what_it_found(box: Box) -> None:
    ada = await box.claimed()
    for name in ("one.txt", "two.txt", "three.txt"):
        await lay(box, ada, f"The colour of the door is blue, says {name}.", name=name)
    box.engine.pieces = ("The colour of the door is blue.",)
    steps = 0

    async def cancel_in_the_second_step() -> None:
        nonlocal steps
        steps += 1
        if steps == 3:  # the first one plans
            await ada.post(f"/api/jobs/{job['id']}/cancel")

    box.runner._calm = cancel_in_the_second_step
    job = await handed_over(ada)
    async with at_work(box):
        job = await once(ada, job["id"], "cancelled")

    _, answer = await exchange(ada, job)
    assert answer["interrupted"]
    assert "2 of 3 files had been gone through" in answer["text"]


async def test_an_engine_that_stays_away_ends_a_job_with_the_reason_after_three_attempts(box: Box) -> None:
    ada = await box.claimed()
    await lay(box, ada, "The colour of the door is blue.", name="house.txt")
    box.engine.pieces, box.engine.error = (), EngineUnavailableError("The language model is away. Try again.")
    job = await handed_over(ada)

    async with at_work(box):
        async with asyncio.timeout(60):
            while (seen := await job_of(ada, job["id"]))["standing"] != "failed":
                box.clock.advance(minutes=1)
                box.runner.wake()
                await asyncio.sleep(0.01)

    assert seen["reason"] == "The language model is away. Try again."
    assert (await exchange(ada, job))[1]["interrupted"]


async def test_a_box_that_died_goes_on_where_it_was_and_doubles_nothing(box: Box) -> None:
    ada = await box.claimed()
    for name in ("one.txt", "two.txt"):
        await lay(box, ada, f"The colour of the door is blue, says {name}.", name=name)
    box.engine.pieces = ("The colour of the door is blue.",)
    job = await handed_over(ada)
    lease = box.jobs.claim(Kind.ANSWER, worker="this box")
    assert lease is not None
    assert await box.runner._work.step(lease)
    assert await box.runner._work.step(lease)
    asked = len(box.engine.asked)

    assert box.jobs.recover() == 1
    async with at_work(box):
        job = await once(ada, job["id"], "done")

    assert len(box.engine.asked) == asked + 1
    assert len(await exchange(ada, job)) == 2


async def test_what_rests_on_a_deleted_file_is_in_no_answer(box: Box) -> None:
    ada = await box.claimed()
    job = await handed_over(ada)
    lease = box.jobs.claim(Kind.ANSWER, worker="this box")
    assert lease is not None
    row(box, "kept")
    row(box, "deleted")
    box.jobs.plan(lease, [DocumentId("kept"), DocumentId("deleted")])
    for step, word in enumerate(("oak", "elm")):
        result = {"found": True, "file": word, "answer": word, "citations": [], "passages": []}
        box.jobs.keep(lease, step, {**result, "fitted": 0, "dropped": 0, "computed_on": None})

    with box.database.transaction() as connection:
        connection.execute("DELETE FROM documents WHERE id = 'deleted'")
    box.jobs.finish(lease)

    text = (await exchange(ada, job))[1]["text"]
    assert "oak" in text
    assert "elm" not in text


async def test_a_chat_that_is_deleted_takes_its_job_along(box: Box) -> None:
    ada = await box.claimed()
    job = await handed_over(ada)

    await ada.delete(f"/api/chats/{job['chat_id']}")

    assert (await ada.get("/api/jobs")).json()["jobs"] == []
    assert refusal(await ada.post(f"/api/jobs/{job['id']}/cancel")) == (404, "job_not_found")


async def test_one_person_has_a_bounded_number_of_questions_under_way(box: Box) -> None:
    ada = await box.claimed()
    for number in range(MOST_WAITING):
        await handed_over(ada, f"question {number}")

    refused = await ada.post("/api/jobs", json={"text": "one more"})

    assert refusal(refused) == (409, "too_many_jobs")
    assert len((await ada.get("/api/chats")).json()["chats"]) == MOST_WAITING
