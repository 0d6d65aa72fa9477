"""A household lives with a node: somebody joins, keeps a secret, drops files, and all moves to another machine."""

import json
import os
import sqlite3
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import closing
from io import BytesIO
from pathlib import Path

import httpx
import pytest

from tests.person import PASSWORD, Person, refusal
from tests.product import Product, running

pytestmark = [pytest.mark.journey, pytest.mark.timeout(900)]

BEN_PASSWORD = "a cold wind in autumn"
PASSPHRASE = "four words about nothing"
SECRET = "The spare key lies under the yellow flowerpot behind the greenhouse."
QUESTION = "Where does the spare key lie?"


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, watched: Path) -> Iterator[Product]:
    config = tmp_path_factory.mktemp("config") / "hearth.toml"
    config.write_text(f'[assistant]\nwatchable_folders = ["{watched}"]\ndisk_folders = ["{watched}/disks"]\n')
    with running(config=[config]) as product:
        yield product


@pytest.fixture(scope="module")
def ada(house: Product) -> Person:
    person = Person(house.url)
    person.claim(house.setup_code).raise_for_status()
    return person


@pytest.fixture(scope="module")
def ben(house: Product, ada: Person) -> Person:
    """Somebody who typed the code into the form of the page."""
    code = ada.client.post("/api/invitations", json={"role": "adult"}).raise_for_status().json()["code"]
    browser = httpx.Client(base_url=house.url, verify=False)  # noqa: S501 - own certificate
    form = {"code": code, "name": "Ben", "password": BEN_PASSWORD, "password_again": BEN_PASSWORD}
    with browser:
        assert "Come in" in browser.get("/join").text
        joined = browser.post("/join", data=form)
    assert (joined.status_code, joined.headers["location"]) == (303, "/welcome")
    person = Person(house.url)
    person.log_in("Ben", BEN_PASSWORD).raise_for_status()
    return person


@pytest.fixture(scope="module")
def secret(ben: Person) -> str:
    document = ben.upload("key.txt", SECRET.encode()).raise_for_status().json()
    ben.wait_for(document["id"])
    return str(document["id"])


def hearth(product: Product, *words: str, given: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "services.command", *words, "--data", str(product.data)],
        capture_output=True,
        text=True,
        check=False,
        input=given,
    )


def test_what_ben_keeps_no_door_shows_to_the_owner(ada: Person, ben: Person, secret: str) -> None:
    assert ben.ask(QUESTION)["citations"]
    key = ada.client.post("/api/keys", json={"name": "editor"}).raise_for_status().json()["secret"]
    bens_key = ben.client.post("/api/keys", json={"name": "editor"}).raise_for_status().json()["secret"]

    for path in ("", "/original", "/pages/1", "/pages/1/picture"):
        assert refusal(ada.client.get(f"/api/documents/{secret}{path}"))[:2] == (404, "document_not_found")
    assert refusal(ada.client.delete(f"/api/documents/{secret}"))[0] == 404
    assert refusal(ada.client.patch(f"/api/documents/{secret}", json={"shelf": "household"}))[0] == 404
    assert refusal(ada.client.post(f"/api/documents/{secret}/retry"))[0] == 404
    said = {"messages": [{"role": "user", "content": QUESTION}], "model": "hearth", "stream": False}
    doors = {
        "/api/search?q=spare+key+flowerpot": None,
        "/api/documents": None,
        "/api/ask": {"text": QUESTION},
        "/v1/chat/completions": said,
        "/v1/responses": {"model": "hearth", "input": QUESTION},
        "/v1/messages": {**said, "max_tokens": 200},
        "/api/chat": said,
    }
    for path, body in doors.items():
        told = []
        for secret_key in (key, bens_key):
            headers = {"Authorization": f"Bearer {secret_key}"}
            answer = (
                ada.client.get(path, headers=headers)
                if body is None
                else ada.client.post(path, json=body, headers=headers)
            )
            assert answer.is_success, (path, answer.text)
            told.append("flowerpot" in answer.text or secret in answer.text)
        assert told == [False, True], path
    dav = ada.client.request("PROPFIND", "/dav/My%20files/", auth=("ada", key), headers={"Authorization": ""})
    assert "key.txt" not in dav.text
    exported = zipfile.ZipFile(BytesIO(ada.client.get("/api/me/export").content))
    assert not any("key.txt" in name for name in exported.namelist())


def test_ben_takes_along_what_is_his(ben: Person, secret: str) -> None:
    ben.chat(QUESTION)

    exported = zipfile.ZipFile(BytesIO(ben.client.get("/api/me/export").raise_for_status().content))

    assert exported.testzip() is None
    assert exported.read("files/Ben/key.txt").decode() == SECRET
    assert QUESTION in json.loads(exported.read("chats.json"))[0]["messages"][0]["text"]


def test_a_phone_drops_a_file_into_the_network_folder(ben: Person) -> None:
    key = ben.client.post("/api/keys", json={"name": "phone"}).raise_for_status().json()["secret"]
    phone = httpx.Client(base_url=ben.client.base_url, verify=False, auth=("ben", key), timeout=60)  # noqa: S501
    with phone:
        assert phone.request("PROPFIND", "/dav/", headers={"Depth": "1"}).status_code == 207
        assert phone.put("/dav/My%20files/bins.txt", content=b"The bins are emptied on Thursdays.").status_code == 201
    (document,) = [one for one in ben.documents() if one["name"] == "bins.txt"]
    ben.wait_for(document["id"])

    assert "Thursday" in ben.ask("When are the bins emptied?")["citations"][0]["text"]


def test_a_watched_folder_and_a_usb_stick_bring_files(house: Product, ada: Person, watched: Path) -> None:
    folder, stick = watched / "Documents", watched / "disks" / "STICK"
    for place in (folder, stick):
        place.mkdir(parents=True)
    (folder / "ladder.txt").write_text("The ladder hangs in the garage.")
    (stick / "piano.txt").write_text("The piano is tuned in May.")

    assert ada.client.post("/api/folders", json={"path": str(folder)}).status_code == 201
    refused = ada.client.post("/api/folders", json={"path": str(house.data)})
    (disk,) = ada.client.get("/api/disks").raise_for_status().json()["disks"]
    assert [one["path"] for one in ada.client.get(f"/api/disks/{disk['id']}/files").json()["files"]] == ["piano.txt"]
    taken = ada.client.post(f"/api/disks/{disk['id']}/import", json={"paths": ["piano.txt"]})

    assert refusal(refused)[1] == "unfit_folder"
    assert taken.status_code == 202
    names: set[str] = set()
    deadline = time.monotonic() + 120
    while not {"ladder.txt", "piano.txt"} <= names and time.monotonic() < deadline:
        time.sleep(0.2)
        names = {one["name"] for one in ada.documents()}
    assert {"ladder.txt", "piano.txt"} <= names


def test_everything_moves_to_another_machine(
    house: Product, ada: Person, ben: Person, secret: str, tmp_path: Path
) -> None:
    (tmp_path / "passphrase").write_text(f"{PASSPHRASE}\n")
    (tmp_path / "wrong").write_text("another passphrase\n")
    made = hearth(house, "backup", str(tmp_path), "--passphrase-file", str(tmp_path / "passphrase"))
    assert made.returncode == 0, made.stderr
    (backup,) = tmp_path.glob("*.hearthbackup")
    assert SECRET.encode() not in backup.read_bytes()
    again = hearth(house, "restore", str(backup), "--passphrase-file", str(tmp_path / "passphrase"))
    assert again.returncode == 1
    assert "has an owner already" in again.stderr

    with running() as new:
        stranger = httpx.Client(base_url=new.url, verify=False, timeout=60)  # noqa: S501 - own certificate
        with stranger:
            headers = {"X-Hearth-Passphrase": "four%20words%20about%20nothing", "X-Hearth-Setup-Code": "AAAA-AAAA"}
            guessed = stranger.put("/api/restore", content=backup.read_bytes(), headers=headers)
        assert refusal(guessed)[:2] == (403, "wrong_setup_code")
        wrong = hearth(new, "restore", str(backup), "--passphrase-file", str(tmp_path / "wrong"))
        assert (wrong.returncode, "not the passphrase" in wrong.stderr) == (1, True)
        restored = hearth(new, "restore", str(backup), "--passphrase-file", str(tmp_path / "passphrase"))
        assert restored.returncode == 0, restored.stdout + restored.stderr

        moved = Person(new.url)
        moved.log_in("Ben", BEN_PASSWORD).raise_for_status()
        assert moved.client.get(f"/api/documents/{secret}/original").content == SECRET.encode()
        assert moved.ask(QUESTION)["citations"][0]["text"] in SECRET
        assert moved.client.get("/api/chats").json()["chats"]
        owner = Person(new.url)
        owner.log_in(password=PASSWORD).raise_for_status()
        assert owner.client.get("/api/me").json()["role"] == "owner"
        assert refusal(owner.client.get(f"/api/documents/{secret}"))[0] == 404


def test_ben_leaves_and_nothing_of_him_stays(house: Product, ada: Person, ben: Person, secret: str) -> None:
    bens_id = ben.client.get("/api/me").json()["id"]

    gone = ada.client.request("DELETE", f"/api/people/{bens_id}", json={"password": PASSWORD})

    assert gone.status_code == 204
    assert ben.client.get("/api/documents").status_code == 401
    state = house.data / "assistant"
    deadline = time.monotonic() + 60
    while (left := holding(state, b"flowerpot")) and time.monotonic() < deadline:
        time.sleep(0.5)
    assert left == []
    with closing(sqlite3.connect(f"file:{state / 'hearth.sqlite'}?mode=ro", uri=True)) as connection:
        assert connection.execute("SELECT count(*) FROM people WHERE id = ?", (bens_id,)).fetchone() == (0,)


def holding(folder: Path, word: bytes) -> list[str]:
    found = []
    for place, _folders, names in os.walk(folder):
        for name in names:
            path = Path(place) / name
            try:
                content = path.read_bytes().lower()
            except FileNotFoundError:
                continue  # the indexes are being written anew
            if word in content:
                found.append(str(path))
    return found
