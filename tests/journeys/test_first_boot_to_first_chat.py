"""Journey 1: a fresh node is claimed with its code and answers about the sample files, with the page."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from tests.person import Person, refusal
from tests.product import ROOT, Product

pytestmark = [pytest.mark.journey, pytest.mark.timeout(600)]

SAMPLES = json.loads((ROOT / "tests" / "samples.json").read_text())


def hearth(product: Product, *words: str) -> "subprocess.CompletedProcess[str]":
    """The `hearth` command, typed on the machine that runs the node."""
    return subprocess.run(
        [sys.executable, "-m", "services.command", words[0], "--data", str(product.data), *words[1:]],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )


@pytest.fixture(scope="module")
def owner(product: Product) -> Person:
    """The first person, who has claimed the box."""
    person = Person(product.url)
    if person.log_in().status_code != httpx.codes.OK:
        person.claim(product.setup_code).raise_for_status()
    return person


def test_nobody_can_use_it_before_the_set_up_code(product: Product) -> None:
    stranger = Person(product.url)

    assert stranger.client.get("/api/documents").status_code == httpx.codes.UNAUTHORIZED
    assert stranger.client.post("/api/ask", json={"text": "hello"}).status_code == httpx.codes.UNAUTHORIZED
    assert stranger.client.get("/api/health").json()["claimed"] is False


def test_a_wrong_code_is_refused_with_a_sentence(product: Product) -> None:
    status, code, sentence = refusal(Person(product.url).claim("AAAA-AAAA"))

    assert (status, code) == (403, "wrong_setup_code")
    assert sentence.endswith(".")


def test_the_command_tells_the_set_up_code(product: Product) -> None:
    assert hearth(product, "setup-code").stdout.strip() == product.setup_code


def test_the_right_code_works_once(product: Product) -> None:
    code = product.setup_code.lower().replace("-", "")

    assert Person(product.url).claim(code).status_code == httpx.codes.CREATED
    assert refusal(Person(product.url).claim(product.setup_code, name="Eve"))[:2] == (409, "already_claimed")
    assert "has an owner already" in hearth(product, "setup-code").stdout


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample["question"][:30])
def test_a_question_about_the_samples_is_answered_from_the_right_page(owner: Person, sample: dict[str, str]) -> None:
    answer = owner.ask(sample["question"])

    first = answer["citations"][0]
    assert (first["file"], first["page"]) == (sample["file"], sample["page"])
    page = owner.client.get(f"/api/documents/{first['document_id']}/pages/{first['page']}").json()
    assert page["text"][first["start"] : first["end"]] == first["text"]


def test_the_cited_page_is_shown_with_the_words_marked(owner: Person) -> None:
    cited = owner.ask(SAMPLES[0]["question"])["citations"][0]
    address = f"/api/documents/{cited['document_id']}/pages/{cited['page']}/picture"

    marked = owner.client.get(address, params={"start": cited["start"], "end": cited["end"], "width": 800})
    plain = owner.client.get(address, params={"start": 0, "end": 0, "width": 800})

    assert marked.headers["content-type"] == "image/png"
    assert marked.content[:8] == b"\x89PNG\r\n\x1a\n"
    assert marked.content != plain.content


def test_an_answer_streams_and_stays_in_its_chat(owner: Person) -> None:
    chat_id, events = owner.chat(SAMPLES[1]["question"])

    kinds = [event["type"] for event in events]
    assert kinds[0] == "retrieved"
    assert kinds[-1] == "done"
    assert "token" in kinds
    kept = owner.client.get(f"/api/chats/{chat_id}").json()["messages"]
    assert [message["role"] for message in kept] == ["user", "assistant"]
    assert kept[1]["text"] == events[-1]["answer"]


def test_what_the_files_do_not_hold_is_said_plainly(owner: Person) -> None:
    answer = owner.ask("What is the orbital period of Neptune?")

    assert answer["found"] is False
    assert answer["citations"] == []


def test_the_command_answers_with_file_page_and_words(product: Product, owner: Person) -> None:
    done = hearth(product, "ask", SAMPLES[0]["question"], "--json")

    answer = json.loads(done.stdout)
    assert answer["answer"]
    assert {"file", "page", "text"} <= answer["citations"][0].keys()
    assert answer["citations"][0]["page"] == SAMPLES[0]["page"]


def test_the_command_prints_for_people_too(product: Product, owner: Person) -> None:
    asked = hearth(product, "ask", SAMPLES[0]["question"])
    searched = hearth(product, "search", "boiler pressure")
    status = hearth(product, "status")

    assert f"{SAMPLES[0]['file']}, page {SAMPLES[0]['page']}" in asked.stdout
    assert "passages in" in searched.stdout
    assert "Claimed     yes" in status.stdout
    assert all(done.returncode == 0 for done in (asked, searched, status))


def test_the_command_adds_files_and_says_what_it_cannot_read(product: Product, owner: Person, tmp_path: Path) -> None:
    (tmp_path / "note.md").write_text("# Bicycle\n\nThe spare key of the bicycle hangs behind the blue clock.\n")
    (tmp_path / "empty.txt").write_text("")

    done = hearth(product, "add", str(tmp_path))
    (tmp_path / "empty.txt").unlink()
    (tmp_path / "note.md").write_text("# Bicycle\n\nThe spare key of the bicycle hangs behind the red clock.\n")
    (tmp_path / os.fsdecode(b"caf\xe9.txt")).write_text("Coffee is in the tin.")
    again = hearth(product, "add", str(tmp_path))

    assert "note.md" in done.stdout
    assert "empty.txt" in done.stderr
    assert done.returncode == 1
    assert again.returncode == 0, again.stderr
    assert "caf�.txt" in again.stdout
    cited = owner.ask("Where does the spare key of the bicycle hang?")["citations"][0]
    assert (cited["file"], "red clock" in cited["text"]) == ("note.md", True)
    (note,) = [one for one in owner.documents() if one["name"] == "note.md"]
    assert (note["shelf"], note["folder"]) == ("private", tmp_path.name)


def test_a_command_for_a_node_that_does_not_run_says_what_to_do(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "services.command", "status", "--data", str(tmp_path)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )

    assert done.returncode == 1
    assert "hearth run" in done.stderr
    assert "Traceback" not in done.stderr


def test_http_leads_to_https(product: Product) -> None:
    answer = httpx.get(product.http_url, follow_redirects=False)

    assert answer.is_redirect
    assert answer.headers["location"].startswith("https://")


def test_the_mesh_identity_is_announced(product: Product, owner: Person) -> None:
    transport = httpx.HTTPTransport(uds=str(product.data / "run" / "mesh" / "mesh.sock"))
    with httpx.Client(transport=transport, base_url="http://mesh") as mesh:
        deadline = time.monotonic() + 60
        while (status := mesh.get("/status").json())["announced_as"] is None and time.monotonic() < deadline:
            time.sleep(0.5)

    assert status["announced_as"], status["problem"]
    assert len(status["fingerprint"]) >= 32
