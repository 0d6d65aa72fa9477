"""The one question that a stranger may ask: is the box well."""

from fastapi import APIRouter

from assistant.api.models import HealthAnswer
from assistant.engine.client import Engine
from assistant.people import People


def router(*, people: People, engine: Engine, version: str) -> APIRouter:
    """The health route."""
    routes = APIRouter(tags=["health"])

    @routes.get("/api/health", summary="Whether the box is well")
    async def health() -> HealthAnswer:
        """Whether somebody has claimed the box, and whether its language model can answer now."""
        state = await engine.state()
        return HealthAnswer(status="ok", claimed=people.is_claimed(), engine=state, version=version)

    return routes
