"""What the `hearth` command prints, and the files that it picks up."""

import os
from pathlib import Path

from services.command.add import Given, files_in, shown
from services.command.ask import told as answer_told
from services.command.run import node_settings
from services.command.search import told as search_told
from services.command.watch import told as folder_told
from services.settings import Settings

ANSWER = {
    "answer": "The pressure should be 1.5 bar.",
    "citations": [{"file": "Boiler manual.pdf", "page": 5, "text": "1.5 bar when\nthe radiators are cold"}],
    "retrieved": 8,
    "fitted": 6,
    "dropped": 2,
    "weaker": 1,
}


def test_an_answer_names_its_file_its_page_and_the_words() -> None:
    told = answer_told(ANSWER)

    assert "Boiler manual.pdf, page 5" in told
    assert "“1.5 bar when the radiators are cold”" in told


def test_an_answer_says_what_did_not_fit() -> None:
    assert "8 passages found, 6 given to the model, 2 not read. 1 of them fit" in answer_told(ANSWER)
    assert "not read" not in answer_told({**ANSWER, "dropped": 0})


def test_a_search_without_a_result_says_what_to_try() -> None:
    assert "other words" in search_told({"passages": [], "took_ms": 1.0})


def test_a_folder_gives_its_files_in_order_without_the_hidden_ones(tmp_path: Path) -> None:
    for name in ("b.txt", "a.md", ".hidden", "sub/c.pdf", ".git/config"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()

    found = [(str(file.path.relative_to(tmp_path)), file.folder) for file in files_in([tmp_path], [])]

    above = tmp_path.name
    assert found == [("a.md", above), ("b.txt", above), ("sub/c.pdf", f"{above}/sub")]


def test_a_file_that_is_named_is_taken_even_where_it_does_not_exist(tmp_path: Path) -> None:
    assert list(files_in([tmp_path / "gone.pdf"], [])) == [Given(path=tmp_path / "gone.pdf")]


def test_a_name_that_is_no_text_can_be_shown(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.txt")
    (tmp_path / name).touch()

    (file,) = files_in([tmp_path], [])

    assert shown(file.path) == f"{tmp_path}/caf�.txt"


def test_a_folder_that_misses_files_says_how_to_let_them_go() -> None:
    folder = {"id": "f1", "path": "/home/ada", "files": 3, "problem": "3 files are away.", "missing": 3}

    assert folder_told(folder).splitlines()[1:] == [
        "    3 files are away.",
        "    If they are really gone: hearth watch --gone f1",
    ]
    assert len(folder_told({**folder, "problem": None, "missing": 0}).splitlines()) == 1


def test_a_node_run_by_hand_uses_ports_that_need_no_privilege(tmp_path: Path) -> None:
    chosen = node_settings(Settings(), data=tmp_path, https_port=None, http_port=9000)

    assert (chosen.listen.https_port, chosen.listen.http_port) == (8443, 9000)
    assert chosen.places.runtime == tmp_path / "run"
