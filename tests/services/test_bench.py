"""A bench chooses what it measures, takes medians, and is told in a table and in a picture."""

from typing import Any

import pytest
from lxml import etree

from services.bench import choice
from services.bench.picture import drawn
from services.bench.report import NodeResult, Report
from services.bench.rounds import NotMeasuredError, Wish, benched
from services.bench.table import short, told
from services.errors import ServicesError

SMALL, LARGE = "a" * 64, "b" * 64
MODELS = {SMALL: "small", LARGE: "large"}


def offer(digest: str, *, is_loaded: bool = False, need_bytes: int = 0) -> dict[str, Any]:
    size_bytes = 100 if digest == SMALL else 900
    return {
        "name": MODELS[digest],
        "digest": digest,
        "is_loaded": is_loaded,
        "need_bytes": need_bytes,
        "size_bytes": size_bytes,
    }


def node(name: str, *offers: dict[str, Any], **changed: Any) -> dict[str, Any]:
    report = {"engine": "ready", "models": list(offers), "room_bytes": 1000, "version": "1", "vitals": {}}
    return {
        "node_id": f"id-{name}",
        "name": name,
        "role": "worker",
        "standing": "member",
        "is_here": name == "alpha",
        "is_reached": True,
        "problem": "",
        "report": report,
        **changed,
    }


def mesh(*nodes: dict[str, Any]) -> dict[str, Any]:
    return {"nodes": list(nodes), "splits": []}


class House:
    """A mesh whose nodes answer at once; the second run of each is twice as slow."""

    def __init__(self, seen: dict[str, Any], refused: frozenset[str] = frozenset()) -> None:
        self.seen, self.refused = seen, refused
        self.asked: list[tuple[str, str, Any]] = []

    def __call__(self, method: str, path: str, question: dict[str, Any] | None) -> Any:
        self.asked.append((method, path, question))
        if path in self.refused:
            raise NotMeasuredError("The node did not answer.")
        if method == "DELETE":
            return None
        match path:
            case "/api/nodes":
                return self.seen
            case "/api/engines":
                return {"engines": [{"name": "attic", "models": [{"name": "big", "decode_rate": 21.0}]}]}
            case "/api/nodes/bench/link":
                return {"round_trips_ms": [1.0, 3.0], "up_bits_per_second": 1e8, "down_bits_per_second": 2e8}
            case "/api/nodes/bench/run" | "/api/nodes/bench/split":
                assert question is not None
                slower = question["seed"]
                return {
                    "prompt_tokens": 200,
                    "prompt_seconds": 1.0 * slower,
                    "output_tokens": 32,
                    "output_seconds": 1.6 * slower,
                    "seconds": 3.0 * slower,
                    "link": "wireguard" if path.endswith("split") else "",
                }
        return None


def together() -> dict[str, Any]:
    return mesh(node("beta", offer(SMALL)), node("alpha", offer(SMALL, is_loaded=True), offer(LARGE)))


def test_the_models_in_memory_are_measured_unless_others_are_named() -> None:
    seen = together()

    assert [model.name for model in choice.models(seen)] == ["small"]
    assert [model.name for model in choice.models(seen, ["Large"])] == ["large"]
    assert [model.digest for model in choice.models(seen, [LARGE[:8]])] == [LARGE]
    with pytest.raises(ServicesError, match=r"No node has a model “huge”\. There are: large, small\."):
        choice.models(seen, ["huge"])


def test_where_no_model_is_in_memory_the_smallest_of_each_node_is_measured() -> None:
    seen = mesh(node("alpha", offer(LARGE)), node("beta", offer(LARGE), offer(SMALL)))

    assert {model.name for model in choice.models(seen)} == {"large", "small"}


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"is_reached": False, "problem": "does not answer"}, "does not answer"),
        ({"report": None}, "was not reached yet"),
        ({"role": "storage"}, "is a storage and computes for nobody else"),
    ],
)
def test_a_node_that_cannot_be_measured_says_why(changed: dict[str, Any], why: str) -> None:
    house = House(mesh(node("alpha", offer(SMALL, is_loaded=True)), node("beta", offer(SMALL), **changed)))

    report = benched(house, Wish(rounds=1), version="1")

    assert report.nodes[1].problem == why
    assert why in told(report)
    assert why in drawn(report)


def test_a_model_that_a_node_lacks_or_has_no_room_for_is_not_asked_of_it() -> None:
    small = choice.Model(name="small", digest=SMALL)

    assert choice.model_problem(node("beta", offer(LARGE)), small) == "does not have this model"
    assert "too little memory" in choice.model_problem(node("beta", offer(SMALL, need_bytes=2000)), small)
    assert choice.model_problem(node("beta", offer(SMALL, need_bytes=900)), small) == ""


def test_every_node_link_and_split_is_measured_in_rounds_with_the_same_seeds() -> None:
    house = House(together())

    report = benched(house, Wish(rounds=3, seed=5), version="1")

    runs = [asked[2] for asked in house.asked if asked[1] == "/api/nodes/bench/run"]
    assert [(run["node_id"], run["seed"]) for run in runs] == [
        (f"id-{name}", seed) for seed in (5, 6, 7) for name in ("alpha", "beta")
    ]
    assert [one.name for one in report.nodes] == ["alpha", "beta"]
    speed = report.nodes[0].models[0].speed
    assert speed is not None
    decode = (speed.decode.median, speed.decode.low, speed.decode.high)
    assert decode == pytest.approx((32 / 9.6, 32 / 11.2, 32 / 8.0))
    (link,) = report.links
    assert link.round_trip_ms is not None
    assert (link.round_trip_ms.median, link.round_trip_ms.count) == (2.0, 6)
    assert link.down_mbit_per_second is not None
    assert link.down_mbit_per_second.median == 200
    (split,) = report.splits
    assert split.decode_vs_single == pytest.approx(1.0)
    assert "linked by WireGuard: 1.00 times as fast as alpha alone" in told(report)
    assert ("DELETE", "/api/nodes/bench/split", None) in house.asked


def test_what_is_refused_is_told_and_the_rest_is_measured() -> None:
    report = benched(House(together(), frozenset({"/api/nodes/bench/split"})), Wish(rounds=2), version="1")

    assert report.splits[0].speed is None
    assert report.splits[0].problem == "The node did not answer."
    assert all(model.speed for one in report.nodes for model in one.models)
    assert "The node did not answer." in told(report)


def test_a_box_that_is_alone_is_measured_without_links_and_splits() -> None:
    report = benched(House(mesh(node("alpha", offer(SMALL)))), Wish(rounds=1), version="1")

    assert report.links == ()
    assert report.splits == ()
    assert "this box" in told(report)


def test_the_table_has_medians_with_their_spread_and_engines_of_other_makes() -> None:
    table = told(benched(House(together()), Wish(rounds=3), version="1"))

    assert "10.0 (6.67 to 20.0)" in table
    assert "alpha – beta" in table
    assert "1.00 times as fast as alpha alone" in table
    assert "attic" in table
    assert "not measured now" in table


@pytest.mark.parametrize(("value", "shown"), [(0.256, "0.26"), (9.99, "9.99"), (12.34, "12.3"), (1234.5, "1234")])
def test_figures_have_three_digits_that_count(value: float, shown: str) -> None:
    assert short(value) == shown


def test_the_picture_is_whole_xml_with_every_node_and_no_script_or_address() -> None:
    hostile = "<b>&\"'"
    seen = mesh(node("alpha", offer(SMALL, is_loaded=True)), node(hostile, offer(SMALL)))

    picture = drawn(benched(House(seen), Wish(rounds=2), version="1"))

    texts = [text.text for text in etree.fromstring(picture).iter() if etree.QName(text).localname == "text"]
    assert hostile in texts
    assert "alpha (here)" in texts
    assert "<script" not in picture
    assert "http" not in picture.replace("http://www.w3.org/2000/svg", "")
    assert "prefers-color-scheme:dark" in picture


def test_no_bar_of_the_picture_leaves_its_column() -> None:
    root = etree.fromstring(drawn(benched(House(together()), Wish(rounds=3), version="1")))

    width = float(root.attrib["width"])
    for bar in root.iter("{http://www.w3.org/2000/svg}rect"):
        assert 0 < float(bar.attrib["width"]) <= width
        assert float(bar.attrib.get("x", 0)) + float(bar.attrib["width"]) <= width


def test_the_same_report_draws_the_same_picture() -> None:
    report = Report(
        taken_at="2027-01-01T12:00:00+00:00",
        version="1",
        seed=1,
        rounds=1,
        seconds=1.0,
        nodes=(NodeResult(node_id="a", name="alpha", role="home", is_here=True, version="1", memory_bytes=1),),
    )

    assert drawn(report) == drawn(report)
