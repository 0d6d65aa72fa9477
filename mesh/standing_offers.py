"""Owns what the other nodes could do for a model, boiled down again only where one of them told something new."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace
from typing import Final, NamedTuple

from mesh.link import GONE_AFTER_SECONDS, MISSES, Link
from mesh.report import NodeReport
from mesh.roster import Member
from mesh.scheduler import Candidate, Offer, offer_of

MODELS: Final = 16
"""Of so many models it is remembered; of one more, the one that was asked for longest ago is forgotten."""


class _Boiled(NamedTuple):
    """What one node could do, and of what that was made."""

    report: NodeReport
    member: Member
    lag_seconds: float
    offer: Offer | None


class StandingOffers:
    """See above; `own` is this node's id."""

    def __init__(self, own: str) -> None:
        self._own = own
        self._kept: OrderedDict[str, dict[str, _Boiled]] = OrderedDict()

    def able(self, links: Mapping[str, Link], digest: str, now: float) -> list[Offer]:
        """The nodes that could do the work for this model now."""
        kept = self._kept.setdefault(digest, {})
        self._kept.move_to_end(digest)
        if len(self._kept) > MODELS:
            self._kept.popitem(last=False)
        for gone in kept.keys() - links.keys() if len(kept) > len(links) else ():
            del kept[gone]
        alive_since = now - GONE_AFTER_SECONDS
        able = []
        for node_id, link in links.items():
            # As `Link.problem` says, in one look: this is done for every node and every request.
            report = link.report
            if report is None or link.heard_at < alive_since or link.failure or link.strange or link.place is None:
                continue
            if link.misses >= MISSES:
                continue
            one = kept.get(node_id)
            if (
                one is None
                or one.report is not report
                or one.member is not link.member
                or one.lag_seconds != link.lag_seconds
            ):
                offer = offer_of(candidate(link, self._own), digest)
                one = kept[node_id] = _Boiled(report, link.member, link.lag_seconds, offer)
            if one.offer is not None:
                able.append(one.offer)
        return able


def candidate(link: Link, own: str, problem: str = "") -> Candidate:
    """Another node as the scheduler sees it; only for one that has told of itself."""
    assert link.report is not None  # noqa: S101 - the caller looked
    return Candidate(
        report=_without_ours(link.report, own),
        name=link.member.name,
        role=link.member.role,
        round_trip_seconds=link.lag_seconds,
        problem=problem,
    )


def _without_ours(report: NodeReport, own: str) -> NodeReport:
    """The report without our own requests there: those stand in our ledger, which knows them sooner."""
    ours = report.served.get(own, 0)
    if not ours:
        return report
    waiting = max(0, report.waiting - ours)
    return replace(report, waiting=waiting, running=max(0, report.running - (ours - (report.waiting - waiting))))
