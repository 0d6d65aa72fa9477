"""`hearth mesh engines`: engines of other makes, such as Ollama or vLLM: seen, added with address and key, removed."""

import argparse
import getpass
import json
import sys
from typing import Any

import httpx

from services.command.local import answered, connected
from services.errors import ServicesError

_LEAVES = (
    "Outside the house, whatever is asked of its models leaves the house, and its operator can read it. "
    "Your files go there only with --may-read-files."
)


def act_list(given: argparse.Namespace) -> int:
    """Print every engine."""
    with connected(given.data) as client:
        seen = answered(client.get("/api/engines"))
    print(json.dumps(seen, ensure_ascii=False) if given.json else "\n".join(told(seen["engines"])))
    return 0


def act_add(given: argparse.Namespace) -> int:
    """Try an engine and add it; its key is read from a file or typed unseen, since others see what is on a line."""
    question = {
        "address": given.address,
        "name": given.name or "",
        "key": _key(given),
        "certificate": given.certificate or "",
        "may_be_away": given.outside_the_house,
        "may_read_files": given.may_read_files,
    }
    with connected(given.data) as client:
        engine = answered(client.post("/api/engines", json=question))["engines"][-1]
    print(f"✓ “{engine['name']}” is added. Its models: {', '.join(one['name'] for one in engine['models'])}")
    if given.outside_the_house:
        print(_LEAVES)
    return 0


def act_change(given: argparse.Namespace) -> int:
    """Change an engine's name, its key, or whether it may see files."""
    change: dict[str, Any] = {}
    if given.new_name is not None:
        change["name"] = given.new_name
    if given.key or given.key_file:
        change["key"] = _key(given)
    if given.may_read_files is not None:
        change["may_read_files"] = given.may_read_files
    with connected(given.data) as client:
        answered(client.patch(f"/api/engines/{_engine(client, given.engine)}", json=change))
    print("Done.")
    return 0


def act_remove(given: argparse.Namespace) -> int:
    """Remove an engine."""
    with connected(given.data) as client:
        answered(client.delete(f"/api/engines/{_engine(client, given.engine)}"))
    print("Nothing is sent there any more, and its key is forgotten.")
    return 0


def told(engines: list[dict[str, Any]]) -> list[str]:
    """The engines as a person reads them, one line each."""
    if not engines:
        return ["There is no engine of another make. `hearth mesh add-engine ADDRESS` adds one, such as an Ollama."]
    return [_line(one) for one in engines]


def _line(engine: dict[str, Any]) -> str:
    state = engine["problem"] or f"first word after {engine['first_token_ms'] / 1000:.1f} s"
    where = "outside the house" if engine["may_be_away"] else "in the house"
    files = "may read files" if engine["may_read_files"] else "no files"
    models = ", ".join(
        one["name"] + (f" {one['decode_rate']:.0f} tokens/s" if one["decode_rate"] else "") for one in engine["models"]
    )
    return f"{engine['name']:<20} {engine['url']:<36} {state:<28} {where}, {files}  {models}"


def _key(given: argparse.Namespace) -> str:
    if given.key_file is not None:
        try:
            return str(given.key_file.read_text(encoding="utf-8")).strip()
        except OSError as error:
            raise ServicesError(f"{given.key_file} cannot be read.") from error
    if not given.key:
        return ""
    return getpass.getpass("The engine's key: ") if sys.stdin.isatty() else sys.stdin.readline().strip()


def _engine(client: httpx.Client, wanted: str) -> str:
    """The id of the engine that this is the name or the beginning of the id of."""
    engines = answered(client.get("/api/engines"))["engines"]
    found = [one["engine_id"] for one in engines if one["name"] == wanted or one["engine_id"].startswith(wanted)]
    if len(found) != 1:
        raise ServicesError(f"There is no engine “{wanted}”. `hearth mesh engines` lists them.")
    return str(found[0])
