"""Owns where a request runs: it gathers what is known of every node and lets the scheduler decide."""

import secrets
from collections.abc import Callable, Sequence, Set
from dataclasses import replace
from typing import Final

from mesh.belonging import Belonging
from mesh.foreign.engines import ForeignEngines
from mesh.ledger import Lease, Ledger
from mesh.links import Links
from mesh.report import NodeReport
from mesh.scheduler import Candidate, Need, Offers, aged, offers, picked, predicted, reason, reason_beside
from mesh.standing_offers import StandingOffers, candidate

DOUBLED: Final = "is two boxes with one identity"


class Router:
    """Decides, and remembers what it decided."""

    def __init__(
        self,
        *,
        belonging: Belonging,
        links: Links,
        ledger: Ledger,
        own_report: Callable[[], NodeReport | None],
        monotonic: Callable[[], float],
        foreign: ForeignEngines,
        bandwidth: Callable[[str], float] = lambda _node_id: 0.0,
        doubled: Callable[[], Set[str]] = frozenset,
    ) -> None:
        """`bandwidth` is what the link to a node carries, in bytes a second; `doubled` are those that are two boxes."""
        self.ledger = ledger
        self._foreign = foreign
        self._bandwidth = bandwidth
        self._doubled = doubled
        self._belonging = belonging
        self._links = links
        self._own_report = own_report
        self._monotonic = monotonic
        self._standing = StandingOffers(belonging.identity.node_id)

    @property
    def is_alone(self) -> bool:
        """Whether there is no other node that could do anything."""
        return not self._links.links and not self._foreign.all

    def candidates(self) -> Sequence[Candidate]:
        """Every node of the mesh, this one first."""
        now, node_id = self._monotonic(), self._belonging.identity.node_id
        others = [link for link in self._links.links.values() if link.report is not None]
        doubled = self._doubled()
        return [
            *self._here(),
            *(
                replace(
                    candidate(link, node_id, link.problem(now) or (DOUBLED if link.member.node_id in doubled else "")),
                    bytes_per_second=self._bandwidth(link.member.node_id),
                )
                for link in others
            ),
        ]

    def _here(self) -> Sequence[Candidate]:
        own = self._own_report()
        return () if own is None else (Candidate(report=own, name="this box", role="worker", is_here=True),)

    def offers(self, digest: str) -> Offers:
        """Who could do the work for this model, and why the others cannot."""
        return offers(self.candidates(), digest)

    def route(self, need: Need, *, without: Set[str] = frozenset(), beside: str = "") -> Lease | None:
        """Where the request runs, with a place reserved there; None where no node can.

        `beside` is the lease of the same request on a node that is late, which is one of those it goes `without`.
        """
        limit_tokens = need.output_tokens
        need = replace(need, output_tokens=max(1, round(limit_tokens * self.ledger.output_share)))
        now, without = self._monotonic(), without | self._doubled()
        near = offers([*self._here(), *self._foreign.candidates(need)], need.digest).able
        able = aged([*near, *self._standing.able(self._links.links, need.digest, now)], self.ledger.ages(now))
        reserved = dict(self.ledger.reserved)
        own = self._belonging.identity.node_id
        # What runs here by our own leases stands in our own report already.
        reserved.pop(own, None)
        cached = self.ledger.cached_tokens(need.conversation)
        choice = picked(able, need, reserved=reserved, cached_tokens=cached, without=without)
        if choice is None:
            return None
        own_offer = next((offer for offer in able[: len(near)] if offer.is_here), None)
        here = predicted(own_offer, need, reserved={}, cached_tokens=cached) if own_offer else None
        late = self.ledger.lease(beside)
        told = reason_beside(choice, late.choice) if late else reason(choice, here, stays_here=need.stays_here)
        overdue = choice.overdue_seconds
        if overdue and (
            late or not picked(able, need, reserved=reserved, cached_tokens=cached, without=without | {choice.node_id})
        ):
            overdue = 0.0  # nobody else could be asked, or this is the other one
        lease = Lease(
            lease_id=secrets.token_urlsafe(12),
            need=need,
            choice=choice,
            begun_at=now,
            reason=told,
            limit_tokens=limit_tokens,
            overdue_seconds=overdue,
        )
        self.ledger.open(lease)
        return lease

    def close(
        self, lease_id: str, *, ok: bool, is_whole: bool = True, prompt_tokens: int = 0, output_tokens: int = 0
    ) -> None:
        """The request ended."""
        self.ledger.close(
            lease_id,
            now=self._monotonic(),
            ok=ok,
            is_whole=is_whole,
            prompt_tokens=prompt_tokens,
            output_tokens=output_tokens,
        )
        self.ledger.forget_stale(self._monotonic())
