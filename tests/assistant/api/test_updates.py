"""Updates over the API: brought, installed and used by the owner, with a sentence for everything that goes wrong."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests import updates as files
from tests.assistant.api.box import LOCAL_KEY, Box, refusal

NEW = files.written("1.3.0")


@pytest.fixture
async def works(box: Box) -> AsyncIterator[None]:
    """What runs in the background beside the API."""
    running = [asyncio.create_task(work()) for work in (box.updates.run, box.stick_updates.run)]
    yield
    for one in running:
        one.cancel()
    await asyncio.gather(*running, return_exceptions=True)


async def until(ada: httpx.AsyncClient, name: str) -> dict[str, object]:
    """The state once this of it is there."""
    while True:
        state: dict[str, object] = (await ada.get("/api/updates")).json()
        if state[name]:
            return state
        await asyncio.sleep(0.01)


async def test_an_update_is_brought_installed_and_started(box: Box, works: None) -> None:
    ada = await box.claimed()

    fresh = (await ada.get("/api/updates")).json()
    brought = await ada.put("/api/updates", content=NEW)
    begun = await ada.post("/api/updates/install")
    state = await until(ada, "waiting")
    restarted = await ada.post("/api/updates/restart")

    assert fresh == {
        "running": "1.2.3",
        "waiting": None,
        "failed": None,
        "kept": None,
        "going": None,
        "problem": "",
        "can_install": True,
        "takes_updates": True,
    }
    kept = {"version": "1.3.0", "digest": files.digest_of(NEW), "size_bytes": len(NEW)}
    assert (brought.status_code, brought.json()) == (201, kept)
    assert (begun.status_code, begun.json()["going"]) == (202, {"what": "installing", "share": 0.0})
    assert (state["waiting"], state["kept"], state["going"]) == ("1.3.0", kept, None)
    assert (restarted.status_code, box.system.restarts) == (204, 1)


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"a letter", 422, "not_an_update"),
        (b"", 422, "not_an_update"),
        (files.written("1.3.0", key=files.STRANGER), 422, "untrusted"),
        (NEW[:-1], 422, "damaged"),
        (files.written("1.2.3"), 422, "unfit"),
    ],
)
async def test_a_wrong_file_is_refused_with_a_sentence(box: Box, content: bytes, status: int, code: str) -> None:
    ada = await box.claimed()

    answer = await ada.put("/api/updates", content=content)

    assert refusal(answer) == (status, code)
    assert answer.json()["error"]["message"].endswith(".")


async def test_what_cannot_be_done_now_is_refused(box: Box, works: None) -> None:
    ada = await box.claimed()

    assert refusal(await ada.post("/api/updates/install")) == (409, "no_update")
    assert refusal(await ada.post("/api/updates/restart")) == (409, "nothing_waiting")
    await ada.put("/api/updates", content=NEW)
    assert (await ada.delete("/api/updates")).status_code == 204
    assert refusal(await ada.post("/api/updates/install")) == (409, "no_update")


async def test_a_system_that_does_not_answer_is_told(tmp_path: Path) -> None:
    box = Box(tmp_path)
    box.system.is_away = True
    ada = await box.claimed()

    assert "does not answer" in (await ada.get("/api/updates")).json()["problem"]
    assert refusal(await ada.post("/api/updates/restart")) == (503, "system_away")


async def test_an_update_on_a_stick_is_seen_and_taken(box: Box, works: None, tmp_path: Path) -> None:
    (tmp_path / "disks" / "HOLIDAY").mkdir(parents=True)
    (tmp_path / "disks" / "HOLIDAY" / "hearth_1.3.0.update").write_bytes(NEW)
    ada = await box.claimed()

    (one,) = (await ada.get("/api/updates/sticks")).json()["updates"]
    wish = {"disk_id": one["disk_id"], "path": one["path"]}
    taken = await ada.post("/api/updates/sticks", json=wish)
    state = await until(ada, "kept")

    assert (one["disk"], one["path"], one["version"], one["problem"]) == (
        "HOLIDAY",
        "hearth_1.3.0.update",
        "1.3.0",
        "",
    )
    assert taken.status_code == 202
    assert state["problem"] == ""
    assert (await ada.post("/api/updates/sticks", json={**wish, "disk_id": "other"})).status_code == 404


async def test_this_very_box_may_be_updated_from_its_command_line_and_by_no_programs_key(box: Box) -> None:
    ada = await box.claimed()
    key = (await ada.post("/api/keys", json={"name": "editor"})).json()["secret"]

    assert (await box.caller(LOCAL_KEY).get("/api/updates")).status_code == 200
    assert refusal(await box.caller(key).put("/api/updates", content=NEW)) == (403, "not_the_owner")
    assert refusal(await box.caller().get("/api/updates"))[0] == 401
