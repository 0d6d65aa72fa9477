"""A large file is learned by an idle box of the mesh; either of the two may die half-way, and nothing is lost."""

import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any, TypeVar

import httpx
import pytest

from tests.journeys.test_two_boxes import are_together, command
from tests.person import Person
from tests.product import Product, running

pytestmark = [pytest.mark.journey, pytest.mark.timeout(1800)]

T = TypeVar("T")
WAIT_SECONDS = 600.0
LARGE = "\n\n".join(
    f"Chapter {number}. Tool number {number} of the workshop hangs on wall {number % 7}. "
    + f"It is oiled in month {number % 12 + 1}, and whoever lends it writes that into book {number}. " * 8
    for number in range(700)
)


def told(ask: Callable[[], T | None]) -> T:
    """What the box tells once it tells it: on a machine that is overloaded a daemon may be started again meanwhile."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        try:
            found = ask()
        except httpx.HTTPError:
            time.sleep(0.5)
            continue
        if found is not None:
            return found
        time.sleep(0.05)
    raise AssertionError(ask())


def got(person: Person, path: str) -> dict[str, Any]:
    answer: dict[str, Any] = person.client.get(path).raise_for_status().json()
    return answer


def mesh(person: Person, holds: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
    return told(lambda: seen if holds(seen := got(person, "/api/nodes")) else None)


def learned(person: Person, document: str) -> dict[str, Any]:
    def ready() -> dict[str, Any] | None:
        found = got(person, f"/api/documents/{document}")
        assert found["status"] != "failed", found["reason"]
        return found if found["status"] == "ready" else None

    return told(ready)


def helped(person: Person) -> dict[str, Any]:
    """The job of a file of which another box has computed some."""
    return told(
        lambda: next(
            (one for one in got(person, "/api/jobs")["jobs"] if one["kind"] == "meaning" and one["done"]), None
        )
    )


def joined(home: Person, product: Product, other: Product) -> None:
    """The other box is a node of this one's mesh, well, and idle."""
    door = told(lambda: home.client.post("/api/nodes/door").raise_for_status().json())
    joining = subprocess.Popen(
        [
            *(sys.executable, "-m", "services.command", "mesh", "join", f"127.0.0.1:{door['port']}"),
            *(door["window"]["code"], "--data", str(other.data)),
        ],
        stdout=subprocess.DEVNULL,
    )
    (request,) = mesh(home, lambda seen: seen["requests"])["requests"]
    assert command(product, "approve", *request["words"]).returncode == 0
    assert joining.wait(120) == 0
    mesh(home, are_together)
    mesh(home, lambda seen: any(not one["is_here"] and one["report"]["embeds"] for one in seen["nodes"]))


def vectors(product: Product, document: str) -> tuple[int, int]:
    """How many vectors and passages a document has, by the database itself."""
    with closing(sqlite3.connect(f"file:{product.data / 'assistant/hearth.sqlite'}?mode=ro", uri=True)) as opened:
        found: tuple[int, int] = opened.execute(
            "SELECT count(vectors.passage_id), count(*) FROM passages "
            "LEFT JOIN vectors ON vectors.passage_id = passages.id WHERE document_id = ?",
            (document,),
        ).fetchone()
    return found


def test_another_box_computes_the_meaning_of_a_large_file_and_may_die_as_may_this_one() -> None:
    with running() as product, running() as other:
        home = Person(product.url)
        told(lambda: home.claim(product.setup_code).raise_for_status())
        joined(home, product, other)
        kept = home.client.post("/api/shelves", json={"name": "Diary"}).raise_for_status().json()["id"]
        home.client.patch(f"/api/shelves/{kept}", json={"stays_here": True}).raise_for_status()
        learned(home, home.upload("diary.txt", LARGE[: len(LARGE) // 6].encode(), shelf=kept).json()["id"])
        assert not [one for one in got(home, "/api/jobs")["jobs"] if one["kind"] == "meaning"]

        large = home.upload("tools.txt", LARGE.encode()).json()["id"]
        assert helped(home)["file"] == "tools.txt"
        other.process.kill()
        other.process.wait(60)
        before = vectors(product, large)
        product.process.kill()
        product.process.wait(60)
        have, whole = vectors(product, large)
        assert 0 < before[0] <= have

        with running(product.data) as again:
            back = Person(again.url)
            told(lambda: back.log_in().raise_for_status())
            learned(back, large)
            assert vectors(again, large) == (whole, whole)
            assert got(back, "/api/jobs")["house"] == {"waiting": 0, "running": 0}
            found = told(lambda: got(back, "/api/search?q=Who+lends+tool+number+417"))
            assert "tools.txt" in {passage["file"] for passage in found["passages"]}
