"""`GET /v1/models`, which OpenAI and Anthropic share: a header tells which of the two asks."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import JSONResponse

from assistant.api.errors import spoken_by
from assistant.api.openai.described import answers
from assistant.generation.models import ModelCard, Models, named

MODEL = Annotated[str, Path(max_length=200)]
AFTER = Annotated[str | None, Query(max_length=200)]


def router(models: Models) -> APIRouter:
    """The list, and one model of it."""
    routes = APIRouter(tags=["openai", "anthropic"])

    @routes.get("/v1/models", summary="List the models", responses=answers(400))
    async def list_models(
        request: Request,
        limit: Annotated[int, Query(ge=1, le=1000)] = 1000,
        after_id: AFTER = None,
        before_id: AFTER = None,
    ) -> Response:
        """Every model that can be named; `hearth` answers from the caller's files. The paging is Anthropic's."""
        cards = list(models.cards())
        if spoken_by(request) == "openai":
            return JSONResponse({"object": "list", "data": [openai_told(card) for card in cards]})
        return JSONResponse(anthropic_page(cards, limit=limit, after=after_id, before=before_id))

    @routes.get("/v1/models/{model:path}", summary="One model", responses=answers(400, 404))
    async def get_model(request: Request, model: MODEL) -> Response:
        """What is known of one model."""
        card = named(models, model, "chat", "files", "embedding")
        return JSONResponse(openai_told(card) if spoken_by(request) == "openai" else anthropic_told(card))

    return routes


def openai_told(card: ModelCard) -> dict[str, Any]:
    """A model as OpenAI tells it, with what room it has here."""
    return {
        "id": card.name,
        "object": "model",
        "created": int(card.changed_at.timestamp()),
        "owned_by": "hearth",
        "context_length": card.context_tokens,
    }


def anthropic_told(card: ModelCard) -> dict[str, Any]:
    """A model as Anthropic tells it."""
    return {
        "type": "model",
        "id": card.name,
        "display_name": card.name,
        "created_at": card.changed_at.isoformat().replace("+00:00", "Z"),
    }


def anthropic_page(cards: list[ModelCard], *, limit: int, after: str | None, before: str | None) -> dict[str, Any]:
    """A page of the list; a page that is asked for beside an unknown model is empty."""
    names = [card.name for card in cards]
    if after is not None:
        cards = cards[names.index(after) + 1 :] if after in names else []
    elif before is not None:
        cards = cards[: names.index(before)] if before in names else []
    page = cards[:limit] if after is not None or before is None else cards[-limit:]
    return {
        "data": [anthropic_told(card) for card in page],
        "has_more": len(cards) > len(page),
        "first_id": page[0].name if page else None,
        "last_id": page[-1].name if page else None,
    }
