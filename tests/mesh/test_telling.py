"""What is left out between two nodes, and that both always know what they would know without that."""

import random
from collections.abc import Mapping
from dataclasses import replace

from mesh.report import EXCHANGE, Exchange, ModelOffer, NodeReport
from mesh.telling import SECONDS_FOR_EACH, Kept, Telling, completed
from tests.fakes import FakeClock

OTHERS = [f"{number:026d}".translate(str.maketrans("0123456789", "abcdefghij")) for number in range(50)]


def whole(lags: Mapping[str, float] | None = None, rate: float = 5.0) -> Exchange:
    """What a node has to say."""
    report = NodeReport(
        node_id="a" * 26,
        version="1",
        clock=1.0,
        port=7377,
        models=(ModelOffer(name="model", digest="d", decode_rate=rate),),
        lags=dict.fromkeys(OTHERS, 0.001) if lags is None else lags,
        bandwidths=dict.fromkeys(OTHERS[::2], 1e8),
    )
    places = {node_id: (f"192.0.2.{number}", 7377) for number, node_id in enumerate(OTHERS)}
    return Exchange(report=report, roster_version=1, places=places)


def test_what_the_other_one_keeps_is_not_told_again_and_not_missed() -> None:
    telling, said = Telling(FakeClock().monotonic), whole()

    first, kept = completed(telling.shortened(said, (), 50), Kept())
    second = telling.shortened(said, kept.names, 50)
    heard, still_kept = completed(second, kept)

    assert (first.report, first.places) == (heard.report, heard.places) == (said.report, said.places)
    assert still_kept == kept
    assert len(EXCHANGE.dump_json(second)) < 300 < 5000 < len(EXCHANGE.dump_json(said))


def test_a_model_that_changed_is_told_at_once_and_the_ways_as_often_as_the_number_of_nodes_allows() -> None:
    clock = FakeClock()
    telling, said = Telling(clock.monotonic), whole()
    _, kept = completed(telling.shortened(said, (), 50), Kept())
    changed = whole(lags=dict.fromkeys(OTHERS, 0.002), rate=9.0)

    soon, kept = completed(telling.shortened(changed, kept.names, 50), kept)

    assert soon.report == replace(changed.report, lags=said.report.lags)
    clock.advance(seconds=SECONDS_FOR_EACH * 50)
    later, kept = completed(telling.shortened(changed, kept.names, 50), kept)
    assert later.report == changed.report


def test_one_that_forgot_everything_is_told_everything_in_the_next_answer() -> None:
    telling, said = Telling(FakeClock().monotonic), whole()
    _, kept = completed(telling.shortened(said, (), 50), Kept())
    short = telling.shortened(said, kept.names, 50)

    begun_anew, keeps_nothing = completed(short, Kept())

    assert begun_anew.report.models == ()
    assert keeps_nothing.names == ()
    again, _ = completed(telling.shortened(said, keeps_nothing.names, 50), keeps_nothing)
    assert again.report == said.report


def test_an_older_node_that_names_nothing_is_believed_as_it_says() -> None:
    kept = Kept(stock="before", models=whole().report.models, way="before")

    heard, kept = completed(replace(whole(), report=replace(whole().report, models=())), kept)

    assert heard.report.models == ()
    assert kept.names == ()


def test_over_a_wire_that_loses_and_among_restarts_nobody_believes_anything_old() -> None:
    random_, clock = random.Random(5), FakeClock()
    telling, kept, keeps, rate = Telling(clock.monotonic), Kept(), tuple[str, ...](), 1.0
    for _ in range(2000):
        clock.advance(seconds=1)
        match random_.randrange(8):
            case 0:
                rate = float(random_.randrange(4))
            case 1:
                kept = Kept()  # the one that hears is started anew
            case 2:
                telling, keeps = Telling(clock.monotonic), ()  # the one that tells
            case 3:
                continue  # lost
        said = whole(rate=rate, lags={OTHERS[0]: float(random_.randrange(9))})
        heard, kept = completed(telling.shortened(said, keeps, 1), kept)
        assert heard.report.models in {(), said.report.models}
        assert heard.report.models or not kept.stock
        keeps = kept.names  # what comes back with the answer
        heard, kept = completed(telling.shortened(said, keeps, 1), kept)
        assert heard.report == said.report
