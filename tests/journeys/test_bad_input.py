"""Bad input gets a sentence that says what to do, and harms nothing."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import pdf
from tests.person import Person, refusal
from tests.product import ROOT, Product, running

pytestmark = [pytest.mark.journey, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def owner(product: Product) -> Person:
    person = Person(product.url)
    person.claim(product.setup_code).raise_for_status()
    return person


def reason(owner: Person, name: str, body: bytes) -> str:
    """The sentence beside a file that could not be read, or with which it was refused at the door."""
    answer = owner.upload(name, body)
    if not answer.is_success:
        return refusal(answer)[2]
    document = owner.wait_for(answer.json()["id"], "failed")
    assert document["status"] == "failed"
    return str(document["reason"])


@pytest.mark.parametrize(
    ("name", "body", "says"),
    [
        ("locked.pdf", pdf.locked(["secret"]), "password"),
        ("empty.pdf", b"", "empty"),
        ("broken.pdf", b"%PDF-1.7\nnothing of the kind", "broken|damaged"),
        ("blank.pdf", pdf.written([""]), "no text|scan"),
        ("film.mkv", b"\x1aE\xdf\xa3" + bytes(100), "cannot read|can't read"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(owner: Person, name: str, body: bytes, says: str) -> None:
    sentence = reason(owner, name, body)

    assert any(word in sentence.lower() for word in says.split("|")), sentence
    assert sentence.endswith(".")


def test_a_weak_password_is_refused_with_a_sentence(owner: Person, product: Product) -> None:
    status, _, sentence = refusal(Person(product.url).log_in(password="wrong"))

    assert status == 401
    assert sentence.endswith(".")


def test_a_name_that_is_a_path_stays_in_the_library(owner: Person) -> None:
    document = owner.upload("../../etc/passwd.txt", b"The moon is a balloon over the harbour.").json()

    assert "/" not in document["name"]
    assert owner.wait_for(document["id"])["status"] == "ready"


def test_guessing_the_password_is_slowed(product: Product, owner: Person) -> None:
    answers = [Person(product.url).log_in(name="Nobody", password=f"guess number {number}") for number in range(12)]

    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) >= 1


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "d"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "none", str(folder)], check=True)
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_full_disk_refuses_the_file_and_keeps_the_rest(small_disk: Path) -> None:
    with running(small_disk) as product:
        person = Person(product.url)
        person.claim(product.setup_code).raise_for_status()
        before = {document["id"] for document in person.documents()}

        status, _, sentence = refusal(person.upload("large.txt", b"word " * (20 << 20)))

        assert status == 507
        assert "space" in sentence or "full" in sentence
        assert {document["id"] for document in person.documents()} == before
        assert person.ask("Where is the main water valve?")["citations"]


def test_a_disk_that_others_filled_keeps_the_box_in_hand(small_disk: Path) -> None:
    with running(small_disk) as product:
        person = Person(product.url)
        person.claim(product.setup_code).raise_for_status()
        for document in person.documents():
            person.wait_for(document["id"])
        free = shutil.disk_usage(small_disk).free
        with (small_disk / "theirs").open("wb") as theirs:
            theirs.write(bytes(free - 1_000_000))

        status, _, sentence = refusal(person.upload("more.txt", b"more words"))
        assert (status, "full" in sentence) == (507, True)
        assert Person(product.url).log_in().status_code == 200
        first = person.documents()[0]
        person.client.delete(f"/api/documents/{first['id']}").raise_for_status()
        assert first["id"] not in {document["id"] for document in person.documents()}

        (small_disk / "theirs").unlink()
        added = person.upload("more.txt", b"The spare key hangs behind the blue door.").json()
        assert person.wait_for(added["id"])["status"] == "ready"


def test_a_port_that_is_taken_is_named(product: Product, tmp_path: Path) -> None:
    port = product.url.rsplit(":", 1)[1]
    command = [sys.executable, "-m", "services.command", "run", "--data", str(tmp_path), "--https-port", port]
    command += ["--config", str(ROOT / "build" / "places.toml"), "--config", str(ROOT / "tests" / "loopback.toml")]

    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False, timeout=300)

    assert done.returncode == 1
    assert f"Port {port}" in done.stderr
