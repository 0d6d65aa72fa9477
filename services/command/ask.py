"""`hearth ask`: an answer with the page it comes from."""

import argparse
import json
import textwrap
from typing import Any

from services.command.local import answered, connected


def act(given: argparse.Namespace) -> int:
    """Ask the node and print its answer."""
    with connected(given.data) as client:
        answer = answered(client.post("/api/ask", json={"text": given.text}))
    print(json.dumps(answer, ensure_ascii=False) if given.json else told(answer))
    return 0


def told(answer: dict[str, Any], columns: int = 100) -> str:
    """The answer as a person reads it: the sentence, the cited words with file and page, what was read."""
    lines = textwrap.wrap(answer["answer"], columns) or ["(no answer)"]
    for citation in answer["citations"]:
        lines += ["", f"  {citation['file']}, page {citation['page']}"]
        lines += textwrap.wrap(
            f"“{' '.join(citation['text'].split())}”", columns - 4, initial_indent="    ", subsequent_indent="    "
        )
    lines += ["", f"  {read_line(answer)}"]
    return "\n".join(lines)


def read_line(answer: dict[str, Any]) -> str:
    """What was found, and what of it the model was given."""
    found = f"{answer['retrieved']} passages found, {answer['fitted']} given to the model"
    if not answer["dropped"]:
        return f"{found}."
    weaker = f" {answer['weaker']} of them fit the question far less than the best one." if answer["weaker"] else ""
    return f"{found}, {answer['dropped']} not read.{weaker}"
