"""Owns the models that the home node's owner wishes this node to have; its assistant comes for them and fetches them.

Nobody can push a file into a node: it pulls what it was told of, by the travel of models, checked by the digest.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from pydantic import BaseModel, Field

from mesh.belonging import Belonging
from mesh.errors import ModelNotWantedError
from mesh.kept_wishes import KeptWishes
from mesh.report import Bringing

MOST_WISHES: Final = 8
BRING: Final = "/mesh/bring"
TAKING_ROLES: Final = frozenset({"worker", "storage"})
"""Who takes models at the home node's wish; a client keeps to itself what it has."""


class BringQuestion(BaseModel):
    """Which model: its digest says what has to come, and its name is for people."""

    digest: str = Field(pattern=r"^[0-9a-f]{64}$")
    name: str = Field(min_length=1, max_length=100)


class HowFar(BaseModel):
    """What the assistant tells of a wish."""

    share: float = Field(default=0.0, ge=0, le=1)
    problem: str = Field(default="", max_length=300)


class Wishes:
    """Wishes of now, and of before this daemon's start."""

    def __init__(self, belonging: Belonging, *, here: Callable[[], Sequence[str]], keep: KeptWishes) -> None:
        """`here` are the digests of the models that are here."""
        self._belonging = belonging
        self._here = here
        self._keep = keep
        self._wishes = {one.digest: one for one in keep.read()[-MOST_WISHES:]}

    def wished(self, caller: str, asked: BringQuestion) -> None:
        """The home node's owner wishes it; raises ModelNotWantedError for everybody else's wish."""
        membership = self._belonging.membership
        if membership is None or membership.roster.home.node_id != caller:
            raise ModelNotWantedError("Only the owner of the home node can have a model copied to another box.")
        if membership.role not in TAKING_ROLES:
            raise ModelNotWantedError(f"That box is a {membership.role}: what it has is its own owner's affair.")
        known = self._wishes.pop(asked.digest, None)
        going = known if known is not None and not known.problem else Bringing(digest=asked.digest, name=asked.name)
        self._wishes[asked.digest] = going
        while len(self._wishes) > MOST_WISHES:
            del self._wishes[next(iter(self._wishes))]
        self._keep.write(self._wishes.values())

    def heard(self, digest: str, how_far: HowFar) -> None:
        """The assistant tells how far it is."""
        if digest in self._wishes:
            self._wishes[digest] = replace(self._wishes[digest], share=how_far.share, problem=how_far.problem)
            self._keep.write(self._wishes.values())

    def told(self) -> tuple[Bringing, ...]:
        """What is being brought, or could not be; what is here by now is no wish any more."""
        membership = self._belonging.membership
        if membership is None or membership.role not in TAKING_ROLES:
            self._wishes.clear()
        here = frozenset(self._here()) if self._wishes else frozenset()
        self._wishes = {digest: one for digest, one in self._wishes.items() if digest not in here}
        self._keep.write(self._wishes.values())
        return tuple(self._wishes.values())
