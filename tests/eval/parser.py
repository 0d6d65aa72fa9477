"""Measures the parser on a folder of files: does each end in text or in a named reason, and does it find the words?

    python -m tests.eval.parser FOLDER    prints the figures and each file that fell short

The folder has `files/` and, for some of them, the Markdown that another program made of it, under the same path with
`.md` behind it, in `expected/`. Every file goes through a parser process of its own, as in the product.
"""

import json
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Final

from assistant.library_errors import UnreadableDocumentError
from assistant.parser.client import ChildTransport, Parser
from assistant.parser.kinds import media_type
from assistant.parser.page import Page

_MARKUP: Final = re.compile(r"<!--.*?-->|\]\([^)\s]*\)|</?[a-z]+[^>]*>", re.DOTALL)
"""What Markdown adds to the words: comments, the addresses of links, tags."""
_WORD: Final = re.compile(r"[^\W_]+")
_UNNAMED: Final = frozenset({"crashed", "timeout"})
"""Reasons that say how the reader ended and not what is wrong with the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one file: its text, or the reason why there is none."""

    file: str
    seconds: float
    text: str = ""
    reason: str = ""
    recall: float | None = None
    """The part of the expected words that the text holds; None where nothing was expected."""
    missing: tuple[str, ...] = ()

    @property
    def has_ended(self) -> bool:
        """Whether it ended in text or in a reason that names what is wrong with the file."""
        return bool(self.text.strip()) or (bool(self.reason) and self.reason not in _UNNAMED)


def words(text: str) -> Counter[str]:
    """The words of a text, each as often as it stands there, in small letters."""
    return Counter(_WORD.findall(text.casefold()))


def expected_words(markdown: str) -> Counter[str]:
    """The words of a Markdown reference without its markup."""
    return words(unescape(_MARKUP.sub(" ", markdown.replace("\\", ""))))


def measured(folder: Path, parser: Parser, kinds: Iterable[str] = ()) -> list[Outcome]:
    """The outcome of each file of the folder, or of those kinds (names of folders in `files/`) alone."""
    chosen = frozenset(kinds)
    files = sorted(file for file in (folder / "files").rglob("*") if file.is_file())
    wanted = [file for file in files if not chosen or file.parent.name in chosen]
    return [_outcome(file, folder, parser) for file in wanted]


def product_parser() -> Parser:
    """The parser of `hearth run`: a process of its own for each file."""
    return Parser(ChildTransport([sys.executable, "-m", "services.run_parser"]))


def figures(outcomes: Iterable[Outcome]) -> dict[str, float]:
    """`parser_ended` and `parser_word_recall` (mean over the files that have a reference), with their counts."""
    every = list(outcomes)
    recalls = [one.recall for one in every if one.recall is not None]
    return {
        "parser_files": len(every),
        "parser_ended": sum(one.has_ended for one in every) / max(len(every), 1),
        "parser_references": len(recalls),
        "parser_word_recall": sum(recalls) / max(len(recalls), 1),
    }


def _outcome(file: Path, folder: Path, parser: Parser) -> Outcome:
    name = str(file.relative_to(folder / "files"))
    pages: list[Page] = []
    began = time.monotonic()
    reason = ""
    try:
        parser.read(file, media_type(file.name), pages.append)
    except UnreadableDocumentError as error:
        reason = error.reason
    text = "" if reason else "\n".join(page.text for page in pages)
    reference = folder / "expected" / f"{name}.md"
    recall: float | None = None
    missing: tuple[str, ...] = ()
    if reference.is_file():
        recall, missing = _recall(expected_words(reference.read_text(encoding="utf-8")), words(text))
    return Outcome(
        file=name, seconds=time.monotonic() - began, text=text, reason=reason, recall=recall, missing=missing
    )


def _recall(wanted: Counter[str], found: Counter[str]) -> tuple[float, tuple[str, ...]]:
    missing = wanted - found
    return 1 - missing.total() / max(wanted.total(), 1), tuple(sorted(missing))


def _print(outcomes: list[Outcome]) -> None:
    kinds: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        kinds[outcome.file.split("/", 1)[0]].append(outcome)
        if not outcome.has_ended or (outcome.recall is not None and outcome.recall < 0.97):
            print(
                f"short: {outcome.file}  {outcome.reason}  recall {outcome.recall}  {' '.join(outcome.missing)[:200]}"
            )
    for kind, ones in kinds.items():
        recalls = [one.recall for one in ones if one.recall is not None]
        recall = f"recall {sum(recalls) / len(recalls):.3f} of {len(recalls)}" if recalls else ""
        reasons = dict(Counter(one.reason for one in ones if one.reason))
        longest = max(one.seconds for one in ones)
        print(f"{kind:8}{len(ones):4} files  longest {longest:5.1f} s  {recall:22}{reasons or ''}")
    print(json.dumps(figures(outcomes), indent=2))


def main(arguments: list[str]) -> int:
    """Measure the folder that is named first, all kinds or those named behind it."""
    _print(measured(Path(arguments[0]), product_parser(), arguments[1:]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
