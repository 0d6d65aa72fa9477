"""Owns the agent's doors for updates that are wished onto nodes: the owner's, and the wishing node's assistant's."""

from collections.abc import Callable

from fastapi import APIRouter
from pydantic import BaseModel

from mesh.belonging import Belonging
from mesh.report import Updating
from mesh.update_order import UpdateOrder
from mesh.update_wish import UpdateHowFar, UpdateWish


class WishAnswer(BaseModel):
    """What is wished of this node, and by whom."""

    wish: Updating | None
    size_bytes: int = 0
    home_id: str = ""
    home_name: str = ""
    works_for_others: bool = False
    """Whether other nodes have something computed here now."""


def updates_router(
    belonging: Belonging, order: UpdateOrder, wish: UpdateWish, *, works_for_others: Callable[[], bool]
) -> APIRouter:
    """The routes; the doors before the agent's socket ask who it is."""
    routes = APIRouter()

    @routes.post("/members/{node_id}/update", status_code=204)
    async def one(node_id: str) -> None:
        await order.wish(node_id)

    @routes.post("/updates/all", status_code=204)
    async def every() -> None:
        await order.wish_all()

    @routes.delete("/updates/all", status_code=204)
    async def stop() -> None:
        await order.stop()

    @routes.post("/updates/wish")
    async def wished(how_far: UpdateHowFar) -> WishAnswer:
        wish.heard(how_far)
        known, membership = wish.told(), belonging.membership
        if known is None or membership is None:
            return WishAnswer(wish=None)
        home = membership.roster.home
        return WishAnswer(
            wish=known,
            size_bytes=wish.size_bytes,
            home_id=home.node_id,
            home_name=home.name,
            works_for_others=works_for_others(),
        )

    return routes
