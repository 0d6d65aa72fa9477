"""The routes of the house's models: seen by everybody who lives here, changed by the owner alone."""

import asyncio
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request

from assistant.api.callers import Caller, CurrentCaller, owner_here
from assistant.api.errors import documented
from assistant.api.gone import unless_gone
from assistant.api.model_wire import (
    CatalogueAnswer,
    DownloadAnswer,
    DownloadRequest,
    ElsewhereAnswer,
    ElsewhereModelsAnswer,
    EntryAnswer,
    FitAnswer,
    ForeignModelAnswer,
    HouseModelAnswer,
    HouseModelsAnswer,
    NamedModelRequest,
)
from assistant.api.models import Identifier
from assistant.engine.errors import EngineError
from assistant.engine.keeper import Kept
from assistant.generation.models import ModelCard, named
from assistant.generation.writer import spoken
from assistant.models.catalogue import catalogue, entry_named
from assistant.models.facts import ModelFacts
from assistant.models.household import Household
from assistant.models.parts import free_bytes
from assistant.room import KEPT_FREE_BYTES

OWNER_ALONE: Final = [Depends(owner_here)]
Name = Annotated[str, Query(min_length=1, max_length=200)]
_RAW_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "description": "The GGUF file's bytes, as they are.",
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


def router(house: Household) -> APIRouter:
    """What is here, what there is to have, downloads, and what the owner does with them."""
    routes = APIRouter(tags=["models"])
    routes.include_router(_shown(house))
    routes.include_router(_downloads(house))
    routes.include_router(_changed(house))
    return routes


def _shown(house: Household) -> APIRouter:
    routes = APIRouter()

    @routes.get("/api/models", summary="List the models", responses=documented(401))
    async def list_models(caller: CurrentCaller) -> HouseModelsAnswer:
        """Every model that is here or on its way, what is in memory, and how much room there is."""
        told = await house.models.told()
        kept = {one.name: one for one in told.kept} if told else {}

        def answer(card: ModelCard, facts: ModelFacts, source: str) -> HouseModelAnswer:
            return _model(
                card,
                kept.get(card.file.name),
                fit=FitAnswer.model_validate(house.fit(facts, told)),
                source=source,
                chosen=house.models.chosen.name == card.name,
                shipped=card.name == house.models.shipped.name,
            )

        shelf = house.models.shelf
        cards = {card.name: card for card in house.models.cards() if card.kind == "chat"}
        models = [answer(cards[known.owned.name], known.facts, known.owned.source) for known in shelf.all()]
        return HouseModelsAnswer(
            models=[answer(house.models.shipped, house.shipped_facts, "came with Hearth"), *models],
            downloads=_told(house),
            on_other_engines=[
                ForeignModelAnswer(name=card.name, engines=list(card.engines))
                for card in house.models.cards()
                if card.is_foreign
            ],
            memory_bytes=house.room.memory_bytes,
            computes=told.graphics.sentence if told and told.graphics else "",
            used_bytes=sum(one.used_bytes for one in kept.values()),
            disk_free_bytes=max(0, await asyncio.to_thread(free_bytes, shelf.folder) - KEPT_FREE_BYTES),
            measured=house.speed(told) is not None,
            may_change=_may_change(caller),
        )

    @routes.get("/api/models/catalogue", summary="What there is to have", responses=documented(401))
    async def list_catalogue(caller: CurrentCaller) -> CatalogueAnswer:
        """Models from small to large, each with its fit on this box before anything is fetched."""
        told = await house.models.told()
        here = {known.owned.name for known in house.models.shelf.all()}
        near = await house.others.all() if _may_change(caller) else ()
        return CatalogueAnswer(
            models=[
                EntryAnswer(
                    name=entry.name,
                    title=entry.title,
                    purpose=entry.purpose,
                    licence=entry.licence,
                    repository=entry.repository,
                    file=entry.file,
                    parameters=entry.parameters,
                    size_bytes=entry.size_bytes,
                    here=entry.name in here,
                    on_nodes=[one.node_name for one in near if one.name.casefold() == entry.name.casefold()],
                    fit=FitAnswer.model_validate(house.fit(entry.facts, told)),
                )
                for entry in catalogue()
            ]
        )

    return routes


def _downloads(house: Household) -> APIRouter:
    routes = APIRouter()
    refusals = documented(400, 401, 403, 404, 409, 413, 422)

    @routes.post(
        "/api/models/downloads", status_code=202, summary="Fetch a model", responses=refusals, dependencies=OWNER_ALONE
    )
    async def start_download(given: DownloadRequest) -> DownloadAnswer:
        """Begin to fetch; what broke off before goes on. Nothing is ever fetched without this wish."""
        by_name = not (given.repository and given.file)
        if given.source == "node":
            found = await house.others.find_or_refuse(given.name, given.node)
            return DownloadAnswer.model_validate(house.downloads.copy(found, given.name))
        if given.source == "any" and by_name and (near := await house.others.find(given.name, given.node)):
            return DownloadAnswer.model_validate(house.downloads.copy(near, given.name))
        if given.repository and given.file:
            licence, repository, file = "", given.repository, given.file
        else:
            entry = entry_named(given.name)
            licence, repository, file = entry.licence, entry.repository, entry.file
        started = house.downloads.start(name=given.name, repository=repository, file=file, licence=licence)
        return DownloadAnswer.model_validate(started)

    @routes.get(
        "/api/models/elsewhere",
        summary="What other boxes have",
        responses=documented(401, 403),
        dependencies=OWNER_ALONE,
    )
    async def list_elsewhere() -> ElsewhereModelsAnswer:
        """Models on other boxes of the mesh that this one has not, to be copied."""
        return ElsewhereModelsAnswer(models=[ElsewhereAnswer.model_validate(one) for one in await house.others.all()])

    @routes.get("/api/models/downloads", summary="What is on its way", responses=documented(401))
    async def list_downloads() -> list[DownloadAnswer]:
        """Every download, newest first."""
        return _told(house)

    @routes.post(
        "/api/models/downloads/{download_id}/resume",
        status_code=202,
        summary="Go on fetching",
        responses=refusals,
        dependencies=OWNER_ALONE,
    )
    async def resume_download(download_id: Identifier) -> DownloadAnswer:
        """Go on with a download that stopped or failed."""
        return DownloadAnswer.model_validate(house.downloads.resume(download_id))

    @routes.post(
        "/api/models/downloads/{download_id}/stop",
        status_code=202,
        summary="Stop fetching",
        responses=refusals,
        dependencies=OWNER_ALONE,
    )
    async def stop_download(download_id: Identifier) -> DownloadAnswer:
        """Stop; what has come is kept, to go on from."""
        return DownloadAnswer.model_validate(house.downloads.stop(download_id))

    @routes.delete(
        "/api/models/downloads/{download_id}",
        status_code=204,
        summary="Forget a download",
        responses=refusals,
        dependencies=OWNER_ALONE,
    )
    async def forget_download(download_id: Identifier) -> None:
        """Stop, and throw away what has come."""
        house.downloads.forget(download_id)

    return routes


def _changed(house: Household) -> APIRouter:
    routes = APIRouter()
    refusals = documented(400, 401, 403, 404, 409, 413, 422, 503)

    @routes.put(
        "/api/models",
        status_code=201,
        summary="Import a model",
        openapi_extra=_RAW_BODY,
        responses=documented(401, 403, 409, 413, 422, 503, 507),
        dependencies=OWNER_ALONE,
    )
    async def import_model(request: Request, name: Name) -> NamedModelRequest:
        """Take in a GGUF file, which is checked before anything opens it."""
        known = await house.imports.take(name, request.stream(), declared_length(request))
        return NamedModelRequest(name=known.owned.name)

    @routes.delete(
        "/api/models", status_code=204, summary="Delete a model", responses=refusals, dependencies=OWNER_ALONE
    )
    async def delete_model(name: Name) -> None:
        """Delete a model that the owner brought; what came with the product stays."""
        try:
            await house.delete(named(house.models, name, "chat"))
        except EngineError as error:
            raise spoken(error) from error

    @routes.post("/api/models/load", status_code=204, summary="Load a model", responses=refusals)
    async def load_model(request: Request, given: NamedModelRequest) -> None:
        """Bring a model into memory; others that nobody uses make room."""
        card = named(house.models, given.name, "chat")
        try:
            await unless_gone(request, house.models.load(card))
        except EngineError as error:
            raise spoken(error) from error

    @routes.post(
        "/api/models/unload", status_code=204, summary="Unload a model", responses=refusals, dependencies=OWNER_ALONE
    )
    async def unload_model(given: NamedModelRequest) -> None:
        """Let a model leave memory; the next question brings it back."""
        try:
            await house.models.unload(named(house.models, given.name, "chat"))
        except EngineError as error:
            raise spoken(error) from error

    @routes.put(
        "/api/models/choice",
        status_code=204,
        summary="Choose who answers",
        responses=refusals,
        dependencies=OWNER_ALONE,
    )
    async def choose_model(given: NamedModelRequest) -> None:
        """Let this model answer from the files, for everybody in the house."""
        await house.choice.choose(named(house.models, given.name, "chat"))

    return routes


def declared_length(request: Request) -> int:
    """What the sender says that the body has; 0 where it says nothing."""
    text = request.headers.get("content-length", "0")
    return int(text) if text.isdigit() else 0


def _told(house: Household) -> list[DownloadAnswer]:
    return [DownloadAnswer.model_validate(one) for one in house.downloads.all()]


def _may_change(caller: Caller) -> bool:
    return caller.key is None and caller.person is not None and caller.person.role == "owner"


def _model(
    card: ModelCard, kept: Kept | None, *, fit: FitAnswer, source: str, chosen: bool, shipped: bool
) -> HouseModelAnswer:
    return HouseModelAnswer(
        name=card.name,
        size_bytes=card.size_bytes,
        licence=card.license,
        source=source,
        added_at=card.changed_at,
        comes_with_hearth=shipped,
        chosen=chosen,
        state="away" if kept is None else "ready" if kept.ready else "loading",
        used_bytes=kept.used_bytes if kept else 0,
        serving=kept.holders if kept else 0,
        fit=fit,
    )
