"""An answer out of many files says of each where its part was computed."""

from typing import Any

from assistant.identifiers import DocumentId
from assistant.jobs.composed import composed
from assistant.jobs.rows import Step


def place(name: str) -> dict[str, Any]:
    return {"node_id": name, "name": name, "is_here": name == "this box", "reason": f"Computed on {name}."}


def step(number: int, computed_on: dict[str, Any] | None, *, found: bool = True) -> Step:
    result = {
        "found": found,
        "file": f"{number}.pdf",
        "answer": "It is so.",
        "citations": [],
        "passages": [],
        "fitted": 0,
        "dropped": 0,
        "computed_on": computed_on,
    }
    return Step(number=number, document=DocumentId(f"d{number}"), result=result)


def test_each_file_keeps_its_place() -> None:
    answer = composed(
        [step(1, place("this box")), step(2, place("beta")), step(3, place("gamma"), found=False), step(4, None)],
        is_whole=True,
    )

    assert answer.sources["places"] == [
        {"file": "1.pdf", "computed_on": place("this box")},
        {"file": "2.pdf", "computed_on": place("beta")},
    ]
    assert answer.sources["computed_on"] == place("beta")


def test_a_box_that_is_alone_tells_of_no_places() -> None:
    assert composed([step(1, None)], is_whole=True).sources["places"] == []
