"""Where a request runs: who cannot is left out with the reason; of the others the one that is done first is taken."""

from dataclasses import replace

import pytest

from mesh.ledger import Lease, Ledger, Speed, measured
from mesh.report import ModelOffer, NodeReport, Vitals
from mesh.roster import Role
from mesh.scheduler import Candidate, Need, Prediction, aged, offers, picked, predicted, reason, reason_beside, unfit

MODEL = ModelOffer(
    name="model",
    digest="d",
    is_loaded=True,
    size_bytes=600_000_000,
    context_tokens=4096,
    prefill_rate=100,
    decode_rate=10,
)
NEED = Need(digest="d", prompt_tokens=100, output_tokens=50)


def node(name: str, *, model: ModelOffer = MODEL, role: Role = "worker", **given: object) -> Candidate:
    """A node that is well; `given` changes the report."""
    report = NodeReport(
        node_id=name.ljust(26, "a"), version="1", clock=0, port=1, engine="ready", models=(model,), turn_seconds=4
    )
    report = replace(report, **given)  # type: ignore[arg-type]
    return Candidate(report=report, name=name, role=role, is_here=name == "here")


def chosen(
    *candidates: Candidate,
    need: Need = NEED,
    reserved: dict[str, int] | None = None,
    cached: dict[str, int] | None = None,
    without: frozenset[str] = frozenset(),
) -> str | None:
    """The name of the node that is picked."""
    able = offers(candidates, need.digest).able
    found = picked(able, need, reserved=reserved or {}, cached_tokens=cached or {}, without=without)
    return found.name if found else None


def test_the_faster_node_is_taken_and_this_one_wins_a_tie() -> None:
    fast = node("beta", model=replace(MODEL, decode_rate=40))

    assert chosen(node("here"), fast) == "beta"
    assert chosen(node("beta"), node("here")) == "here"


def test_who_waits_waits_for_the_work_that_is_before_it_and_half_of_what_runs() -> None:
    (told,) = offers([node("here", running=1, waiting=2, turn_seconds=4)], NEED.digest).able
    (silent,) = offers([node("here", running=1, waiting=2, turn_seconds=0)], NEED.digest).able

    known, taken_alike = (predicted(one, NEED, reserved={}, cached_tokens={}) for one in (told, silent))

    assert known.waiting == 2.5 * 4
    assert taken_alike.waiting == 2.5 * (taken_alike.prompt + taken_alike.output)
    assert picked([silent], NEED, reserved={}, cached_tokens={}) == taken_alike


def test_a_model_works_on_as_many_at_a_time_as_its_memory_allows_and_not_as_its_node_would() -> None:
    small = node("here", model=replace(MODEL, slots=2), slots=8, running=3)
    (offer,) = offers([small], NEED.digest).able

    assert predicted(offer, NEED, reserved={}, cached_tokens={}).waiting == 1.5 * 4 / 2


def test_a_turn_lasts_no_less_than_what_runs_has_lasted_already() -> None:
    able = offers([node("here", slots=2, turn_seconds=4), node("beta", turn_seconds=4)], NEED.digest).able

    (here, beta) = aged(able, {able[0].node_id: [9.0, 7.0, 1.0]})

    assert (here.turn_seconds, beta.turn_seconds) == (8, 4)


def test_what_waits_and_what_was_just_sent_counts() -> None:
    fast = node("beta", model=replace(MODEL, decode_rate=12))

    assert chosen(node("here"), fast) == "beta"
    assert chosen(node("here"), node("beta", model=fast.report.models[0], running=1)) == "here"
    assert chosen(node("here"), fast, reserved={fast.report.node_id: 1}) == "here"


def test_a_model_that_has_to_be_loaded_and_a_far_node_cost_time() -> None:
    unloaded = node("beta", model=replace(MODEL, decode_rate=13, is_loaded=False))
    far = replace(node("beta", model=replace(MODEL, decode_rate=13)), round_trip_seconds=1.0)

    assert chosen(node("here"), unloaded) == "here"
    assert chosen(node("here"), far) == "here"


def test_a_node_that_has_read_the_beginning_of_the_conversation_is_preferred() -> None:
    long = replace(NEED, prompt_tokens=2000)
    beta, gamma = node("beta"), node("gamma")

    assert chosen(beta, gamma, need=long, cached={gamma.report.node_id: 1900}) == "gamma"


def test_a_prompt_that_is_shorter_than_what_was_read_before_binds_nothing_to_that_node() -> None:
    slow, fast = node("beta", model=replace(MODEL, decode_rate=2)), node("gamma", model=replace(MODEL, decode_rate=40))

    assert chosen(slow, fast, cached={slow.report.node_id: 4000}) == "gamma"


def test_what_must_stay_here_stays_here() -> None:
    fast = node("beta", model=replace(MODEL, decode_rate=1000))

    assert chosen(node("here"), fast, need=replace(NEED, stays_here=True)) == "here"
    assert chosen(fast, need=replace(NEED, stays_here=True)) is None


def test_a_prompt_that_does_not_fit_goes_where_it_does() -> None:
    small = node("here", model=replace(MODEL, context_tokens=100))

    assert chosen(small, node("beta")) == "beta"


def test_a_node_that_has_failed_is_not_asked_again() -> None:
    beta = node("beta", model=replace(MODEL, decode_rate=1000))

    assert chosen(node("here"), beta, without=frozenset({beta.report.node_id})) == "here"


@pytest.mark.parametrize(
    ("candidate", "words"),
    [
        (replace(node("beta"), problem="does not answer"), "does not answer"),
        (node("beta", role="client"), "computes for nobody else"),
        (node("beta", role="storage"), "computes for nobody else"),
        (node("beta", engine="down"), "no language model running"),
        (node("beta", model=replace(MODEL, digest="e")), "does not have this model"),
        (node("beta", vitals=Vitals(on_battery=True, battery_share=0.2)), "battery below 30%"),
        (node("beta", vitals=Vitals(temperature_celsius=97)), "97 °C"),
    ],
)
def test_who_cannot_is_left_out_with_the_reason(candidate: Candidate, words: str) -> None:
    found = offers([candidate], "d")

    assert found.able == ()
    assert words in found.unable[candidate.report.node_id]


def test_the_box_that_was_asked_may_always_answer_itself() -> None:
    assert unfit(node("here", role="client", vitals=Vitals(on_battery=True, battery_share=0.01)), "d") == ""


def test_warm_nodes_and_batteries_are_spared_where_another_one_is_not_much_slower() -> None:
    quick = replace(MODEL, decode_rate=14)
    warm = node("beta", model=quick, vitals=Vitals(temperature_celsius=85))
    on_battery = node("beta", model=quick, vitals=Vitals(on_battery=True, battery_share=0.9))

    assert chosen(node("here"), node("beta", model=quick)) == "beta"
    assert chosen(node("here"), warm) == "here"
    assert chosen(node("here"), on_battery) == "here"


def prediction(name: str, total: float) -> Prediction:
    return Prediction(
        node_id=name, name=name, is_here=name == "here", waiting=0, fixed=0, prompt=0, output=total, total=total
    )


def test_the_reason_compares_with_this_box() -> None:
    assert reason(prediction("here", 5), prediction("here", 5), stays_here=True) == (
        "Computed here: words of a shelf that stays on this box are in it."
    )
    assert reason(prediction("beta", 2), prediction("here", 5)) == (
        "Computed on beta: about 2.0 s were predicted there, and 5.0 s on this box."
    )


def test_only_what_a_cold_node_takes_to_its_first_word_can_be_overdue() -> None:
    cold = offers([node("beta", model=replace(MODEL, is_loaded=False))], "d").able[0]
    warm = offers([node("beta")], "d").able[0]

    late, never = (predicted(one, NEED, reserved={}, cached_tokens={}) for one in (cold, warm))

    assert late.overdue_seconds == 1.5 * (2.0 + 1.0)
    assert never.overdue_seconds == 0
    assert reason_beside(replace(never, is_here=True), late) == (
        "Computed here, since beta was still loading the model when a first word was overdue."
    )


def test_a_place_is_free_again_once_the_request_is_over_however_it_ended() -> None:
    ledger = Ledger()
    for number, (ok, is_whole) in enumerate([(True, True), (False, False), (True, False)]):
        lease = Lease(
            lease_id=str(number),
            need=replace(NEED, conversation="c"),
            choice=prediction("beta", 2),
            begun_at=0,
            reason="",
        )
        ledger.open(lease)
        assert ledger.reserved == {"beta": 1}
        ledger.close(str(number), now=4, ok=ok, is_whole=is_whole, prompt_tokens=70)

    assert not ledger.reserved
    assert [one.ok for one in ledger.outcomes] == [True, False]
    assert ledger.outcomes[0].error == 0.5
    assert ledger.cached_tokens("c") == {"beta": 70}


def test_what_nobody_ever_closed_is_closed_in_the_end() -> None:
    ledger = Ledger()
    ledger.open(Lease(lease_id="1", need=NEED, choice=prediction("beta", 2), begun_at=0, reason=""))

    ledger.forget_stale(now=4000)

    assert not ledger.reserved
    assert not ledger.outcomes[0].ok


def test_a_speed_follows_what_is_measured_and_ignores_what_says_too_little() -> None:
    speed = measured(Speed(), read_tokens=100, read_seconds=1, written_tokens=20, written_seconds=2)

    assert (speed.prefill_rate, speed.decode_rate) == (100, 10)
    assert measured(speed, read_tokens=1, read_seconds=1, written_tokens=20, written_seconds=1).decode_rate == 13
