"""The routes of what was restored: which models the old box had that this one has not."""

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from assistant.api.callers import OwnerHere
from assistant.api.errors import documented
from assistant.backup.restored import Restored, missing
from assistant.models.catalogue import catalogue
from assistant.models.house import HouseModels


class MissingModelAnswer(BaseModel):
    """A model that the old box had."""

    model_config = ConfigDict(frozen=True)

    name: str
    in_catalogue: bool = Field(description="Whether `POST /api/models/downloads` fetches it by this name.")


class RestoredFromAnswer(BaseModel):
    """The backup that this box was restored from."""

    model_config = ConfigDict(frozen=True)

    made_at: str
    missing: list[MissingModelAnswer]


class LastRestoreAnswer(BaseModel):
    """It, as long as it is remembered."""

    model_config = ConfigDict(frozen=True)

    restored: RestoredFromAnswer | None


def router(restored: Restored, models: HouseModels) -> APIRouter:
    """Seen and dismissed by the owner."""
    routes = APIRouter(tags=["backups"])

    @routes.get("/api/restored", summary="What was restored", responses=documented(401, 403, 409))
    async def last_restore(_owner: OwnerHere) -> LastRestoreAnswer:
        """The backup that this box was restored from, with the models that are not here, until it is forgotten."""
        told = restored.told()
        if told is None:
            return LastRestoreAnswer(restored=None)
        known = {entry.name for entry in catalogue()}
        names = missing(told.models, [card.name for card in models.cards() if not card.is_foreign])
        return LastRestoreAnswer(
            restored=RestoredFromAnswer(
                made_at=told.made_at,
                missing=[MissingModelAnswer(name=name, in_catalogue=name in known) for name in names],
            )
        )

    @routes.delete("/api/restored", status_code=204, summary="Forget what was restored", responses=documented(401, 403))
    async def forget_restore(_owner: OwnerHere) -> None:
        """The owner needs to be told of the missing models no more."""
        restored.forget()

    return routes
