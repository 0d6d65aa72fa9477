"""What `hearth update` prints and does, against the API over data in memory."""

import contextlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.command import main, update
from services.command.update import told
from tests import updates as files

STATE: dict[str, Any] = {
    "running": "0.1.0",
    "waiting": None,
    "failed": None,
    "kept": None,
    "going": None,
    "problem": "",
    "can_install": True,
    "takes_updates": True,
}
KEPT = {"version": "0.2.0", "digest": "a" * 64, "size_bytes": 700_000_000}


class Node:
    """Installs in two looks."""

    def __init__(self) -> None:
        self.state = dict(STATE)
        self.restarts = 0
        self.problem = ""

    def __call__(self, request: httpx.Request) -> httpx.Response:
        match request.method, request.url.path:
            case "PUT", "/api/updates":
                if not request.read().startswith(b"hearth update 1"):
                    return self.refused(422, "not_an_update", "This is not an update for Hearth.")
                self.state["kept"] = KEPT
                return httpx.Response(201, json=KEPT)
            case "POST", "/api/updates/install":
                if self.state["kept"] is None:
                    return self.refused(409, "no_update", "There is no update on this box.")
                self.state["going"] = {"what": "installing", "share": 0.5}
                return httpx.Response(202, json=self.state)
            case "POST", "/api/updates/restart":
                self.restarts += 1
                return httpx.Response(204)
        if self.state["going"]:
            done = {"problem": self.problem} if self.problem else {"waiting": "0.2.0"}
            self.state = {**self.state, "going": None, **done}
        return httpx.Response(200, json=self.state)

    def refused(self, status: int, code: str, message: str) -> httpx.Response:
        return httpx.Response(status, json={"error": {"code": code, "message": message}})


@pytest.fixture
def node(monkeypatch: pytest.MonkeyPatch) -> Node:
    made = Node()

    @contextlib.contextmanager
    def connected(_data: Path) -> Iterator[httpx.Client]:
        with httpx.Client(transport=httpx.MockTransport(made), base_url="http://assistant") as client:
            yield client

    monkeypatch.setattr(update, "connected", connected)
    monkeypatch.setattr(update, "POLL_SECONDS", 0)
    return made


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "hearth_0.2.0.update"
    path.write_bytes(files.written())
    return path


def test_a_file_is_sent_installed_and_waits_where_nobody_can_be_asked(
    node: Node, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["update", str(file)]) == 0

    said = capsys.readouterr()
    assert "Version 0.2.0 is here, checked and signed" in said.out
    assert "is installed. It is used from the next start" in said.out
    assert "hearth update --restart" in said.out
    assert "sent, 100%" in said.err
    assert "being installed, 50%" in said.err
    assert node.restarts == 0


@pytest.mark.parametrize(("typed", "restarts"), [("y\n", 1), ("\n", 0), ("no\n", 0)])
def test_a_person_is_asked_before_the_restart(
    node: Node, file: Path, monkeypatch: pytest.MonkeyPatch, typed: str, restarts: int
) -> None:
    terminal = io.StringIO(typed)
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr("sys.stdin", terminal)

    assert main(["update", str(file)]) == 0
    assert node.restarts == restarts


def test_who_wishes_a_restart_is_not_asked(node: Node, file: Path) -> None:
    assert main(["update", str(file), "--restart"]) == 0
    assert node.restarts == 1


def test_what_came_another_way_is_installed_and_restarted_without_a_file(
    node: Node, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["update", "--install"]) == 1
    assert "There is no update on this box." in capsys.readouterr().err
    node.state["kept"] = KEPT

    assert main(["update", "--install"]) == 0
    assert main(["update", "--restart"]) == 0
    assert node.restarts == 1


def test_a_node_on_another_system_keeps_the_file_and_says_so(
    node: Node, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    node.state["can_install"] = False

    assert main(["update", str(file)]) == 0
    assert "kept for the boxes of the mesh" in capsys.readouterr().out


def test_who_stops_watching_is_told_that_it_goes_on(
    node: Node, file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stopped(_seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("time.sleep", stopped)

    assert main(["update", str(file)]) == 1
    assert "It goes on without you" in capsys.readouterr().err


def test_what_goes_wrong_is_the_nodes_own_sentence(
    node: Node, file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "letter.txt").write_text("Dear Ada")
    node.problem = "The part of this box that installs updates does not answer."

    for given, sentence in (
        (tmp_path / "letter.txt", "This is not an update for Hearth."),
        (tmp_path / "gone.update", "can't be read: No such file"),
        (file, "does not answer"),
    ):
        assert main(["update", str(given)]) == 1
        assert sentence in capsys.readouterr().err


def test_without_a_file_it_tells_how_things_stand(node: Node, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["update"]) == 0
    assert capsys.readouterr().out == "Runs        0.1.0\n"


def test_the_table_names_what_waits_failed_is_kept_and_goes_on() -> None:
    going = {"what": "checking", "share": 0.25}
    lines = told({**STATE, "waiting": "0.2.0", "kept": KEPT, "going": going, "problem": "It broke."}).splitlines()

    assert lines == [
        "Runs        0.1.0",
        "Installed   0.2.0, used from the next start: `hearth update --restart`",
        "Kept        0.2.0, 700 MB",
        "Now         being checked, 25%",
        "Problem     It broke.",
    ]
    assert "--install" in told({**STATE, "kept": KEPT})
    assert "--install" not in told({**STATE, "running": "0.10.0", "kept": KEPT})
    assert "0.2.0 was started and did not work, so 0.1.0 came back" in told({**STATE, "failed": "0.2.0"})
    assert "no key" in told({**STATE, "takes_updates": False})
    assert "program on another system" in told({**STATE, "can_install": False})
