"""Texts on their way to an assistant that is idle: taken once, brought back once, and never waited for without end."""

import asyncio
from typing import Any

import pytest
from pydantic import ValidationError

from mesh.agent_help import helper
from mesh.errors import HelpRefusedError
from mesh.helping import BATCH_SECONDS, FRESH_SECONDS, MOST_TEXTS, HelpAnswer, Helping, HelpQuestion
from mesh.link import Link
from mesh.report import NodeReport, Vitals
from mesh.roster import Member

QUESTION = HelpQuestion(model="m", texts=["one", "two"])
ANSWER = HelpAnswer(vectors="AAAA")


class Time:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def helping(time: Time) -> Helping:
    return Helping(may_help=lambda: True, monotonic=time)


async def asking(helping: Helping) -> "asyncio.Task[Any]":
    """An assistant that is idle and has asked for work."""
    task = asyncio.create_task(helping.next("m"))
    await asyncio.sleep(0)
    return task


async def whole(helping: Helping) -> bytes:
    return b"".join([piece async for piece in helping.begin(QUESTION)])


async def test_a_batch_goes_to_the_assistant_that_asks_and_its_answer_back(helping: Helping) -> None:
    poll = await asking(helping)
    coming = asyncio.create_task(whole(helping))

    batch = await poll
    assert batch.texts == ["one", "two"]
    assert helping.answer(batch.number, ANSWER)

    assert HelpAnswer.model_validate_json((await coming).strip()) == ANSWER
    assert not helping.answer(batch.number, ANSWER)


async def test_a_box_whose_assistant_never_asked_or_has_another_model_refuses(helping: Helping) -> None:
    with pytest.raises(HelpRefusedError):
        helping.begin(QUESTION)
    poll = await asking(helping)
    with pytest.raises(HelpRefusedError):
        helping.begin(HelpQuestion(model="other", texts=["one"]))
    poll.cancel()


async def test_an_assistant_that_has_not_asked_for_a_while_is_busy(helping: Helping, time: Time) -> None:
    poll = await asking(helping)
    assert helping.model == "m"

    time.now += FRESH_SECONDS + 1

    assert helping.model == ""
    poll.cancel()


async def test_a_node_that_serves_nobody_helps_nobody(time: Time) -> None:
    helping = Helping(may_help=lambda: False, monotonic=time)

    with pytest.raises(HelpRefusedError):
        await helping.next("m")
    with pytest.raises(HelpRefusedError):
        helping.begin(QUESTION)

    assert helping.model == ""


async def test_one_batch_is_under_way_at_a_time(helping: Helping) -> None:
    poll = await asking(helping)
    first = helping.begin(QUESTION)

    with pytest.raises(HelpRefusedError):
        helping.begin(QUESTION)

    await first.aclose()
    poll.cancel()


async def test_an_assistant_that_was_started_again_has_lost_what_it_had(helping: Helping) -> None:
    poll = await asking(helping)
    coming = asyncio.create_task(whole(helping))
    lost = await poll

    again = await asking(helping)

    assert (await coming).strip() == b""
    assert not helping.answer(lost.number, ANSWER)
    again.cancel()


async def test_a_batch_that_takes_too_long_is_given_up_and_what_comes_late_is_refused(
    helping: Helping, time: Time
) -> None:
    poll = await asking(helping)
    told = helping.begin(QUESTION)
    assert await anext(told) == b" "
    batch = await poll

    time.now += BATCH_SECONDS + 1

    assert [piece async for piece in told] == []
    assert not helping.answer(batch.number, ANSWER)


async def test_whoever_wanted_the_vectors_may_leave(helping: Helping) -> None:
    poll = await asking(helping)
    told = helping.begin(QUESTION)
    await anext(told)

    await told.aclose()

    poll.cancel()
    again = await asking(helping)
    coming = asyncio.create_task(whole(helping))
    batch = await again
    helping.answer(batch.number, ANSWER)
    assert (await coming).strip()


def test_nobody_sends_more_texts_than_there_may_be() -> None:
    with pytest.raises(ValidationError):
        HelpQuestion(model="m", texts=["a"] * (MOST_TEXTS + 1))


class FakeLinks:
    def __init__(self, *links: Link) -> None:
        self.links = {link.member.node_id: link for link in links}


def link(name: str, *, role: Any = "worker", embeds: str = "m", away: float = 0.01, **vitals: Any) -> Link:
    node_id = name * 26
    report = NodeReport(node_id=node_id, version="1", clock=0, port=1, embeds=embeds, vitals=Vitals(**vitals))
    member = Member(node_id=node_id, fingerprint="f" * 64, name=name, role=role, standing="member")
    return Link(member, report=report, heard_at=0.0, round_trip_seconds=away, place=("127.0.0.1", 1))


def asked(*links: Link, without: frozenset[str] = frozenset()) -> str:
    found = helper(FakeLinks(*links), "m", without=without, now=1.0)  # type: ignore[arg-type]
    return "" if found is None else found.member.name


def test_the_nearest_idle_node_with_the_same_model_helps() -> None:
    assert asked(link("a", away=0.2), link("b", away=0.1), link("c", away=0.3)) == "b"
    assert asked(link("a", embeds=""), link("b", embeds="other")) == ""
    assert asked(link("a"), without=frozenset({"a" * 26})) == ""


def test_a_client_a_hot_one_and_one_with_an_empty_battery_do_not_help() -> None:
    assert asked(link("a", role="client"), link("b", role="storage")) == ""
    assert asked(link("a", temperature_celsius=99.0)) == ""
    assert asked(link("a", on_battery=True, battery_share=0.1)) == ""
