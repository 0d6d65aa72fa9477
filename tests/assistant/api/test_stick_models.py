"""Models on sticks over the API: for the owner alone, and not for a program's key."""

from pathlib import Path

from tests import gguf
from tests.assistant.api.box import Box, refusal


async def test_only_the_owner_sees_and_takes_models_from_sticks(box: Box, tmp_path: Path) -> None:
    (tmp_path / "disks" / "HOLIDAY").mkdir(parents=True)
    (tmp_path / "disks" / "HOLIDAY" / "tiny-one.gguf").write_bytes(gguf.written())
    ada = await box.claimed()
    bob = box.other_person()

    (model,) = (await ada.get("/api/models/sticks")).json()["models"]
    wish = {"disk_id": model["disk_id"], "path": model["path"]}
    refused = await bob.get("/api/models/sticks"), await bob.post("/api/models/sticks", json=wish)
    taken = await ada.post("/api/models/sticks", json=wish)

    assert (model["disk"], model["path"]) == ("HOLIDAY", "tiny-one.gguf")
    assert [refusal(one)[0] for one in refused] == [403, 403]
    assert (taken.status_code, taken.json()["name"]) == (202, "tiny-one")
    assert (await ada.get("/api/models/sticks")).json()["importing"][0]["is_running"]
    assert (await ada.post("/api/models/sticks", json={**wish, "disk_id": "other"})).status_code == 404
