"""What the backup that this box was restored from said of itself: kept until its owner needs it no more."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ValidationError

from assistant.backup.restoring import TOLD


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoredFrom:
    """A backup as it is remembered after its restore."""

    made_at: str
    models: tuple[str, ...]
    """The models that the old box had; their files are in no backup."""


class _Kept(BaseModel):
    made_at: str
    models: tuple[str, ...] = ()


class Restored:
    """Remembers the backup that was restored last."""

    def __init__(self, state: Path) -> None:
        self._path = state / TOLD

    def told(self) -> RestoredFrom | None:
        """The backup, or nothing where none was restored, or it was forgotten. Blocking, for a small file."""
        try:
            kept = _Kept.model_validate(json.loads(self._path.read_text(encoding="utf-8")))
        except (OSError, ValueError, ValidationError):
            return None
        return RestoredFrom(made_at=kept.made_at, models=kept.models)

    def forget(self) -> None:
        """Its owner needs it no more."""
        self._path.unlink(missing_ok=True)


def missing(models: Collection[str], here: Collection[str]) -> list[str]:
    """Those of a backup's models that this box has not."""
    known = {name.casefold() for name in here}
    return [name for name in models if name.casefold() not in known]
