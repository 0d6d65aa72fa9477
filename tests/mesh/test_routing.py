"""The router remembers what others could do only as long as it is true."""

import random
from dataclasses import replace
from pathlib import Path

import pytest

from mesh.link import GONE_AFTER_SECONDS, MISSES
from mesh.scheduler import Need, Offers, offers
from mesh.standing_offers import StandingOffers
from tests.mesh.crowd import Crowd
from tests.mesh.simulation.requests import candidate

NEED = Need(digest="d", prompt_tokens=100, output_tokens=50)


@pytest.fixture
def crowd(tmp_path: Path) -> Crowd:
    random_ = random.Random(3)
    return Crowd(tmp_path, (candidate(number, random_, is_here=not number) for number in range(40)))


def chosen(crowd: Crowd, need: Need = NEED) -> str:
    """The node that gets the next request; the request is over at once."""
    lease = crowd.router.route(need)
    assert lease is not None
    crowd.router.close(lease.lease_id, ok=True, is_whole=False)
    return lease.choice.node_id


def test_whatever_changes_is_seen_by_the_next_request(crowd: Crowd) -> None:
    assert chosen(crowd) != crowd.own.node_id
    for change in range(7):
        link = crowd.links[chosen(crowd)]
        assert link.report is not None
        match change:
            case 0:
                link.failure = "did not answer a request"
            case 1:
                crowd.tells(link, replace(link.report, running=50))
            case 2:
                link.round_trip_seconds = 100.0
            case 3:
                link.member = replace(link.member, role="client")
            case 4:
                link.strange = "speaks another version of the mesh"
            case 5:
                link.misses = MISSES
            case 6:
                del crowd.links[link.member.node_id]
        assert chosen(crowd) != link.member.node_id

    crowd.time.passed += GONE_AFTER_SECONDS + 0.1

    assert chosen(crowd) == crowd.own.node_id


def test_a_hundred_changes_later_the_choice_is_that_of_somebody_who_looks_at_all_anew(crowd: Crowd) -> None:
    random_, standing = random.Random(4), StandingOffers(crowd.own.node_id)
    for _ in range(100):
        link = random_.choice(list(crowd.links.values()))
        assert link.report is not None
        other = candidate(1, random_).report
        crowd.tells(link, replace(other, node_id=link.report.node_id), random_.uniform(0, 0.1))
        anew: Offers = offers(crowd.router.candidates(), "d")

        known = standing.able(crowd.links, "d", crowd.time.passed)

        assert sorted(one.node_id for one in known) == sorted(one.node_id for one in anew.able if not one.is_here)
        assert {one.node_id: one for one in known}.items() <= {one.node_id: one for one in anew.able}.items()


def test_what_a_node_does_for_us_is_not_counted_twice(crowd: Crowd) -> None:
    node_id = chosen(crowd)
    link = crowd.links[node_id]
    assert link.report is not None

    crowd.tells(link, replace(link.report, running=link.report.running + 9, served={crowd.own.node_id: 9}))

    assert chosen(crowd) == node_id
