"""Owns the part of the agent's API about engines of other makes: seen, added, changed, removed; keys go in only."""

from fastapi import APIRouter
from pydantic import BaseModel, Field

from mesh.foreign.engine import name_digest
from mesh.foreign.engines import ForeignEngines
from mesh.foreign.watched import Watched
from mesh.ledger import Ledger, Speed


class ForeignModelAnswer(BaseModel):
    """A model on such an engine, and how fast it was measured there; 0 where it was not yet."""

    name: str
    digest: str
    prefill_rate: float
    decode_rate: float


class ForeignEngineAnswer(BaseModel):
    """An engine of another make, without its key."""

    engine_id: str
    name: str
    url: str
    has_key: bool
    has_own_certificate: bool
    may_be_away: bool
    may_read_files: bool
    problem: str
    message: str
    round_trip_ms: float
    first_token_ms: float
    running: int
    models: list[ForeignModelAnswer]


class ForeignEnginesAnswer(BaseModel):
    """All of them."""

    engines: list[ForeignEngineAnswer]


class AddQuestion(BaseModel):
    """An engine to be tried and taken."""

    address: str = Field(max_length=300)
    name: str = Field(default="", max_length=100)
    key: str = Field(default="", max_length=2000, repr=False)
    certificate: str = Field(default="", max_length=200)
    may_be_away: bool = False
    may_read_files: bool = False


class ForeignChangeQuestion(BaseModel):
    """What to change; an empty key takes the key away."""

    name: str | None = Field(default=None, max_length=100)
    key: str | None = Field(default=None, max_length=2000, repr=False)
    may_read_files: bool | None = None


def foreign_router(engines: ForeignEngines, ledger: Ledger) -> APIRouter:
    """The routes; the doors before the agent's socket ask who it is."""
    routes = APIRouter()

    def told() -> ForeignEnginesAnswer:
        return ForeignEnginesAnswer(
            engines=[_told(one, ledger.reserved.get(one.engine.engine_id, 0)) for one in engines.all.values()]
        )

    @routes.get("/engines")
    async def see() -> ForeignEnginesAnswer:
        return told()

    @routes.post("/engines")
    async def add(given: AddQuestion) -> ForeignEnginesAnswer:
        await engines.add(**given.model_dump())
        return told()

    @routes.post("/engines/{engine_id}")
    async def change(engine_id: str, given: ForeignChangeQuestion) -> ForeignEnginesAnswer:
        await engines.change(engine_id, name=given.name, key=given.key, may_read_files=given.may_read_files)
        return told()

    @routes.delete("/engines/{engine_id}")
    async def remove(engine_id: str) -> ForeignEnginesAnswer:
        engines.remove(engine_id)
        return told()

    return routes


def _told(watched: Watched, running: int) -> ForeignEngineAnswer:
    engine = watched.engine
    return ForeignEngineAnswer(
        engine_id=engine.engine_id,
        name=engine.name,
        url=engine.url,
        has_key=bool(engine.key),
        has_own_certificate=bool(engine.certificate),
        may_be_away=engine.may_be_away,
        may_read_files=engine.may_read_files,
        problem=watched.problem,
        message=str(watched.trouble or ""),
        round_trip_ms=watched.round_trip_seconds * 1000,
        first_token_ms=watched.first_token_seconds * 1000,
        running=running,
        models=[
            ForeignModelAnswer(
                name=name,
                digest=name_digest(name),
                prefill_rate=watched.speeds.get(name, Speed()).prefill_rate,
                decode_rate=watched.speeds.get(name, Speed()).decode_rate,
            )
            for name in watched.models
        ],
    )
