"""What the page of nodes says about nodes, clocks and predictions."""

import pytest

from webui.mesh_messages import Mesh, ModelOffer, Node, Outcome, Report, Seen, Split, Vitals
from webui.mesh_wording import (
    bringing,
    clock,
    left,
    left_out,
    links,
    load,
    machine,
    may_be_brought,
    models,
    outcome,
    prediction,
    predictions,
    split,
    standing,
    twins,
    unused,
)


def node(**given: object) -> Node:
    told: dict[str, object] = {
        "node_id": "a" * 26,
        "name": "Attic",
        "role": "worker",
        "standing": "member",
        "is_here": False,
        "is_reached": True,
    }
    return Node.model_validate(told | given)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"round_trip_ms": 2.6, "address": "192.168.1.7"}, "Worker · 3 ms away · 192.168.1.7"),
        ({"is_here": True, "role": "home"}, "Home node · this box"),
        ({"is_reached": False, "problem": "does not answer"}, "Worker · does not answer"),
    ],
)
def test_a_node_says_what_it_is_and_how_it_is_reached(given: dict[str, object], words: str) -> None:
    assert standing(node(**given)) == words


def test_load_models_and_machine_are_told_as_far_as_they_are_known() -> None:
    report = Report(
        version="1",
        engine="ready",
        slots=2,
        running=2,
        waiting=1,
        models=(
            ModelOffer(name="small", is_loaded=True, decode_rate=12.4, prefill_rate=99.6),
            ModelOffer(name="large"),
        ),
    )

    assert load(report) == "2 of 2 places busy, 1 waiting"
    assert models(report) == "small in memory · writes 12, reads 100 tokens/s; large on its disk · not measured yet"
    assert machine(Vitals(memory_bytes=8_000_000_000, memory_free_bytes=2_000_000_000, temperature_celsius=71.6)) == (
        "2.0 GB of 8.0 GB memory free · 0 bytes disk free · 72 °C"
    )
    card = Vitals(graphics="Radeon RX 7600", graphics_bytes=7_500_000_000, graphics_free_bytes=2_500_000_000)
    assert " · 2.5 GB of 7.5 GB free on Radeon RX 7600 · " in machine(card)
    assert " · Iris Xe computes in that memory · " in machine(Vitals(graphics="Iris Xe"))


@pytest.mark.parametrize(
    ("vitals", "ending"),
    [
        (Vitals(on_battery=True, battery_share=0.5), " · battery 50%, runs on it"),
        (Vitals(on_battery=False, battery_share=0.5, is_charging=True), " · battery 50%, charging"),
        (Vitals(on_battery=False, battery_share=1.0, is_charging=False), " · battery 100%, plugged in"),
        (Vitals(on_battery=False, battery_share=0.8), " · battery 80%, plugged in"),
        (Vitals(on_battery=True), " · runs on its battery"),
        (Vitals(is_throttled=True), " · held back to cool down"),
        (Vitals(is_throttled=True, temperature_celsius=91.2), " · 91 °C · held back to cool down"),
        (Vitals(), " disk free"),
    ],
)
def test_heat_and_battery_are_told_each_by_itself(vitals: Vitals, ending: str) -> None:
    assert machine(vitals).endswith(ending)


def test_why_a_box_is_not_asked_is_said_with_what_can_be_done() -> None:
    report = {"version": "1", "engine": "ready", "slots": 1, "running": 0, "waiting": 0}
    lacking = node(unused_because="does not have this model", lacks_model=True, report=report)
    hot = node(unused_because="is at 97 °C", report=report)
    going = node(lacks_model=True, report={**report, "bringing": [{"digest": "d", "name": "small", "share": 0.4}]})
    failed = {"digest": "d", "name": "small", "problem": "The disk is full."}
    stuck = node(lacks_model=True, report={**report, "bringing": [failed]})

    assert unused(lacking, "small") == "Not asked with “small” now: it does not have this model."
    assert unused(hot, "small") == "Not asked with “small” now: it is at 97 °C."
    assert unused(node(), "small") == unused(node(unused_because="x", is_here=True), "small") == ""
    assert [may_be_brought(one) for one in (lacking, hot, going, stuck)] == [True, False, False, True]
    assert not may_be_brought(node(lacks_model=True, role="client", report=report))
    assert going.report is not None
    assert stuck.report is not None
    assert bringing(going.report) == ["“small” is being copied there: 40%"]
    assert bringing(stuck.report) == ["“small” could not be copied there. The disk is full."]


def test_who_computes_no_part_of_a_split_model_is_named_with_the_reason() -> None:
    one = Split(name="m", state="ready", left_out={"Shed": "would make it slower", "Attic": "lends no memory now"})

    assert left_out(one) == "Not used for it: Attic lends no memory now; Shed would make it slower."
    assert left_out(Split(name="m", state="ready")) == ""


def test_each_link_is_told_with_what_it_carries_whoever_of_the_two_has_measured_it() -> None:
    def told(name: str, letter: str, **given: object) -> Node:
        report = {"version": "1", "engine": "ready", "slots": 1, "running": 0, "waiting": 0, **given}
        return node(name=name, node_id=letter * 26, report=report)

    study = told("Study", "a", lags={"b" * 26: 0.0031, "c" * 26: 0.012}, bandwidths={"b" * 26: 117.5e6})
    attic = told("Attic", "b", lags={"a" * 26: 0.0028, "c" * 26: 0.004, "z" * 26: 1.0}, bandwidths={"c" * 26: 350e6})
    shed = told("Shed", "c", lags={})
    members = (study, attic, shed)

    assert links(study, members) == "Links: Attic 3 ms, 940 Mbit/s; Shed 12 ms, not measured yet"
    assert links(attic, members) == "Links: Study 3 ms, 940 Mbit/s; Shed 4 ms, 2.8 Gbit/s"
    assert links(shed, members) == ""


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(86_400, "24 hours ahead of"), (-86_400, "24 hours behind"), (600, "10 minutes ahead of")],
)
def test_a_wrong_clock_is_told_in_words(seconds: float, words: str) -> None:
    assert clock(seconds) == f"Its clock is {words} this box's."


def test_how_good_predictions_were_is_told_from_those_that_came_true() -> None:
    good = Outcome(name="b", ok=True, predicted_seconds=3, seconds=2, reason="Computed on b.")
    failed = Outcome(name="b", ok=False, predicted_seconds=3, seconds=2, reason="Computed on b.")

    assert prediction([]) == "No request has been placed yet."
    assert prediction([good, failed]) == "Of the last 1 request, half were predicted to within 50%."
    assert outcome(failed) == "b: 3.0 s predicted, failed after 2.0 s. Computed on b."
    assert left(65) == "1:05"


def test_members_come_with_this_box_first_and_strangers_are_those_who_do_not_belong() -> None:
    seen = Seen(node_id="c" * 26, name="c", address="10.0.0.3", port=7377)
    mesh = Mesh(
        nodes=(node(), node(node_id="b" * 26, is_here=True), node(node_id="d" * 26, standing="revoked")),
        seen=(seen, Seen(node_id="a" * 26, name="Attic", address="10.0.0.2", port=7377)),
    )

    assert [one.is_here for one in mesh.members] == [True, False]
    assert mesh.strangers == (seen,)


def test_a_model_over_several_boxes_is_told_with_where_and_how_fast() -> None:
    layers = (("this box", 20), ("beta", 1))
    ready = Split(name="large", state="ready", where="this box and beta", tokens_per_second=3.21, layers=layers)

    assert split(ready) == "Runs over this box and beta, about 3.2 tokens/s: 20 layers on this box, 1 layer on beta."
    assert split(ready.model_copy(update={"state": "loading"})).startswith("Is being loaded over this box and beta")
    assert split(ready.model_copy(update={"state": "possible"})).startswith(
        "Would run over this box and beta, about 3.2"
    )
    assert split(Split(name="large", state="refused", refusal="It needs 9 GB.")).endswith("It needs 9 GB.")


def test_predictions_are_told_beside_what_came_for_each_node() -> None:
    def one(name: str, predicted: float, took: float, *, ok: bool = True) -> Outcome:
        return Outcome(name=name, ok=ok, predicted_seconds=predicted, seconds=took, reason=f"Computed on {name}.")

    told = predictions(
        [one("this box", 2, 4), one("beta", 1, 1), one("beta", 3, 2), one("beta", 2, 2), one("beta", 1, 9, ok=False)]
    )

    assert told == [
        "beta: 3 requests, 2.0 s predicted and 2.0 s taken in the middle, off by 0%, 1 failed",
        "this box: 1 request, 2.0 s predicted and 4.0 s taken in the middle, off by 50%",
    ]
    assert predictions([one("beta", 1, 9, ok=False)]) == ["beta: 1 request, all failed"]
    assert outcome(one("beta", 1.04, 2)) == "beta: 1.0 s predicted, took 2.0 s. Computed on beta."


def test_two_boxes_with_one_identity_are_named_by_where_they_are_with_what_to_do() -> None:
    told = twins(node(twins=["10.0.0.2", "10.0.0.3"]))

    assert "Two boxes show this one's identity, at 10.0.0.2 and 10.0.0.3" in told
    assert "write Hearth anew onto its stick" in told
    assert twins(node()) == ""
