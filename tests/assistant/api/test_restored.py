"""After a restore the owner is told which models the old box had and this one has not."""

import json
from pathlib import Path

from assistant.backup.restored import Restored, missing
from assistant.models.catalogue import catalogue
from tests.assistant.api.box import Box, refusal

OFFERED = catalogue()[0].name


def restored_from(folder: Path, *models: str) -> None:
    """What a restore leaves; see `Restoring.finish`."""
    about = {"format": 1, "made_at": "2026-11-22T12:00:00+00:00", "models": list(models), "people": 2}
    (folder / "restored-from.json").write_text(json.dumps(about))


async def test_the_models_that_are_missing_are_told_with_a_way_to_have_them(tmp_path: Path) -> None:
    box = Box(tmp_path)
    ada = await box.claimed()
    assert (await ada.get("/api/restored")).json() == {"restored": None}

    restored_from(tmp_path, "hearth", "tiny", OFFERED, "grandmas-own")
    told = (await ada.get("/api/restored")).json()["restored"]

    assert told["made_at"] == "2026-11-22T12:00:00+00:00"
    assert told["missing"] == [
        {"name": OFFERED, "in_catalogue": True},
        {"name": "grandmas-own", "in_catalogue": False},
    ]
    assert (await ada.delete("/api/restored")).status_code == 204
    assert (await ada.get("/api/restored")).json() == {"restored": None}
    assert refusal(await box.other_person().get("/api/restored")) == (403, "not_allowed")


def test_what_cannot_be_read_of_a_restore_is_no_restore(tmp_path: Path) -> None:
    (tmp_path / "restored-from.json").write_text("[1, 2")

    assert Restored(tmp_path).told() is None


def test_a_models_name_is_compared_whatever_its_case() -> None:
    assert missing(["Qwen3:4B", "other"], ["qwen3:4b"]) == ["other"]
