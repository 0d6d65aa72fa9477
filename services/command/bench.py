"""`hearth bench`: how fast the boxes of this house are, each alone and together, and the links between them."""

import argparse
import json
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from services.bench.picture import drawn
from services.bench.report import Report
from services.bench.rounds import NotMeasuredError, Wish, benched
from services.bench.table import told
from services.command.local import RefusedError, answered, connected
from services.errors import ServicesError

MEASURE_SECONDS = 1500.0


def act(given: argparse.Namespace) -> int:
    """Measure all, print the table, write what was wished for; 1 where no model could be measured anywhere."""
    for file in filter(None, (given.json, given.picture)):
        _check(file)
    wish = Wish(models=given.model, rounds=given.rounds, seed=given.seed)
    with connected(given.data) as client:

        def ask(method: str, path: str, question: dict[str, Any] | None) -> Any:
            response = client.request(method, path, json=question, timeout=MEASURE_SECONDS)
            try:
                return answered(response) if response.content or not response.is_success else None
            except RefusedError as error:
                raise NotMeasuredError(str(error)) from error

        report = benched(ask, wish, version=version("hearth"), say=_say)
    print(told(report))
    _write(given.json, json.dumps(report.to_json(), indent=2, ensure_ascii=False) + "\n")
    _write(given.picture, drawn(report))
    return 0 if _has_measured(report) else 1


def _has_measured(report: Report) -> bool:
    return any(model.speed for node in report.nodes for model in node.models)


def _say(line: str) -> None:
    """Beside the table, so that the table alone can be kept."""
    print(line, file=sys.stderr, flush=True)


def _check(file: Path) -> None:
    """Minutes of measuring are not lost for a folder that is not there."""
    if not file.absolute().parent.is_dir():
        raise ServicesError(f"There is no folder {file.absolute().parent} to write {file.name} to.")


def _write(file: Path | None, content: str) -> None:
    if file is None:
        return
    try:
        file.write_text(content, encoding="utf-8")
    except OSError as error:
        raise ServicesError(f"{file} cannot be written: {error.strerror}.") from error
    print(f"Written to {file}.")
