"""`make eval`: every set in a folder through the product's own code; a table, `build/eval.json`, and each outcome."""

import argparse
import asyncio
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.eval import parser
from tests.eval.measures import Figure, mean
from tests.eval.outcomes import Outcome, outcome
from tests.eval.sets import EvalSet, folders_without_questions, sets_in
from tests.eval.shelves import ROOT, filled

_HEADLINES = {
    "xquad_top1_en": "xquad_en_doc_top1",
    "citation_holds_answer": "xquad_en_citation_holds_answer",
    "refusals": "xquad_en_refusals",
    "false_refusals": "xquad_en_false_refusals",
}
"""Figures that are spoken of by a name of their own."""
_SHORT = {"retrieval-scifact": "scifact", "qa-financebench": "financebench", "qa-xquad": "xquad"}
_SIDE_BY_SIDE = 1
Value = Callable[[Outcome], float | bool | None]


def main() -> int:
    """Ask everything, print the figures, and write them down."""
    wanted = argparse.ArgumentParser(prog="make eval", description=__doc__)
    wanted.add_argument("data", type=Path, help="a folder of sets, or one set")
    wanted.add_argument("--only", help="the name of one set")
    arguments = wanted.parse_args()
    if not arguments.data.is_dir():
        print(f"There is no folder {arguments.data}. Name one with DATA=…", file=sys.stderr)
        return 2
    chosen = [each for each in sets_in(arguments.data) if arguments.only in (None, each.name)]
    unasked = [each for each in folders_without_questions(arguments.data) if arguments.only in (None, each.name)]
    if not chosen and not unasked:
        print(f"Nothing in {arguments.data} has a questions.jsonl or files to read.", file=sys.stderr)
        return 2
    figures = dict(_read(unasked))
    for questions in chosen:
        outcomes = asyncio.run(_ask(questions))
        figures |= dict(_figures(_SHORT.get(questions.name, questions.name), outcomes))
    figures |= {name: figures[source] for name, source in _HEADLINES.items() if source in figures}
    print(table(figures))
    keep(ROOT / "build" / "eval.json", figures, is_part=arguments.only is not None)
    return 0


def keep(file: Path, figures: dict[str, Figure], *, is_part: bool) -> None:
    """Write the figures down, and under `intervals` for each its 95 % bounds and of how many questions it is.

    Where a part of the sets was asked alone, what is known of the others stays.
    """
    before: dict[str, Any] = json.loads(file.read_text()) if is_part and file.exists() else {}
    intervals = before.pop("intervals", {})
    for name, figure in figures.items():
        before[name] = round(figure.value, 4)
        intervals[name] = [round(figure.low, 4), round(figure.high, 4), figure.questions]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({**before, "intervals": intervals}, indent=2) + "\n")


def _read(folders: Sequence[Path]) -> Iterator[tuple[str, Figure]]:
    """How many files end in text or in a named reason, and how much of the words of the known ones is found."""
    outcomes: list[parser.Outcome] = []
    for folder in folders:
        print(f"{folder.name}: reading every file", file=sys.stderr)
        read = parser.measured(folder, parser.product_parser())
        _keep(folder.name, read)
        outcomes += read
    recalls = [each.recall for each in outcomes if each.recall is not None]
    for name, known in (("ended", [float(each.has_ended) for each in outcomes]), ("word_recall", recalls)):
        if (figure := mean(known)) is not None:
            yield f"parser_{name}", figure


async def _ask(questions: EvalSet) -> list[Outcome]:
    async with filled(questions) as shelf:
        for name, reason in shelf.failed.items():
            print(f"{questions.name}: {name} could not be read: {reason}", file=sys.stderr)
        outcomes: list[Outcome] = []
        for first in range(0, len(questions.questions), _SIDE_BY_SIDE):
            batch = questions.questions[first : first + _SIDE_BY_SIDE]
            outcomes += await asyncio.gather(*(outcome(question, shelf) for question in batch))
            print(f"\r{questions.name}: asked {len(outcomes)} of {len(questions.questions)} ", end="", file=sys.stderr)
        print(file=sys.stderr)
    _keep(questions.name, outcomes)
    return outcomes


def _keep(name: str, outcomes: Sequence[Outcome] | Sequence[parser.Outcome]) -> None:
    """Each outcome on a line, for a look at what went wrong."""
    kept = ROOT / "build" / "eval" / f"{name}.jsonl"
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text("".join(json.dumps(asdict(each), ensure_ascii=False) + "\n" for each in outcomes))


def _figures(name: str, outcomes: Sequence[Outcome]) -> Iterator[tuple[str, Figure]]:
    """The figures of one set on the half that was not tuned on, and on the other half under `…_tune`."""
    for half, ending in ((True, ""), (False, "_tune")):
        asked = [each for each in outcomes if each.is_held_out is half]
        yield from _measured(name, ending, asked)
        languages = sorted({each.language for each in asked})
        if len(languages) > 1:
            gains = []
            for language in languages:
                spoken = [each for each in asked if each.language == language]
                yield from _measured(f"{name}_{language}", ending, spoken)
                gains.append(mean([float(each.file_top1) - float(each.words_top1) for each in spoken]))
            worst = min((gain for gain in gains if gain is not None), key=lambda gain: gain.value)
            yield f"{name}_worst_gain_over_bm25{ending}", worst


def _measured(name: str, ending: str, asked: Sequence[Outcome]) -> Iterator[tuple[str, Figure]]:
    values: dict[str, Value] = {
        "ndcg10": lambda each: each.ndcg10,
        "doc_top1": lambda each: each.file_top1,
        "doc_top1_bm25": lambda each: each.words_top1,
        "page_r5": lambda each: each.page_r5,
        "sentence_top1": lambda each: each.sentence_top1,
        "sentence_top1_all": lambda each: each.sentence_top1_all,
        "citation_holds_answer": lambda each: each.citation_holds_answer,
        "false_refusals": lambda each: not each.answerable,
        "refusals": lambda each: each.refused_without,
    }
    for what, value in values.items():
        known = [float(found) for each in asked if (found := value(each)) is not None]
        figure = mean(known)
        if figure is not None:
            yield f"{name}_{what}{ending}", figure


def table(figures: dict[str, Figure]) -> str:
    """One line a figure: its value, the 95 % interval, and how many questions it is of."""
    width = max(len(name) for name in figures)
    return "\n".join(
        f"{name:<{width}}  {figure.value:6.3f}  [{figure.low:6.3f}, {figure.high:6.3f}]  n = {figure.questions}"
        for name, figure in figures.items()
    )


if __name__ == "__main__":
    sys.exit(main())
