"""The measures of `make eval`, on orders whose worth can be computed by hand."""

import gzip
import json
from pathlib import Path

import pytest

from tests.bench.library import extrapolated
from tests.eval.__main__ import keep
from tests.eval.measures import Figure, mean, ndcg
from tests.eval.sets import group, sets_in


def test_a_right_document_at_the_top_is_worth_all_and_further_down_less() -> None:
    assert ndcg(["a", "b"], {"a"}) == 1.0
    assert ndcg(["b", "a"], {"a"}) == pytest.approx(0.6309, abs=1e-4)  # 1 / log2(3)
    assert ndcg(["b", "c"], {"a"}) == 0.0


def test_what_comes_after_the_tenth_is_worth_nothing() -> None:
    assert ndcg([*"bcdefghijk", "a"], {"a"}) == 0.0


def test_several_right_documents_in_the_best_order_are_worth_all() -> None:
    assert ndcg(["a", "b", "x"], {"a", "b"}) == pytest.approx(1.0)


def test_a_mean_comes_with_an_interval_that_holds_it() -> None:
    figure = mean([0.0, 1.0] * 50)

    assert figure is not None
    assert figure.value == 0.5
    assert figure.low < 0.5 < figure.high
    assert figure.questions == 100


def test_there_is_no_mean_of_nothing() -> None:
    assert mean([]) is None


def test_a_folder_of_files_and_a_corpus_of_abstracts_are_both_sets(tmp_path: Path) -> None:
    (tmp_path / "manuals" / "files" / "en").mkdir(parents=True)
    (tmp_path / "manuals" / "files" / "en" / "a.p1.md").write_text("The key is blue.")
    question = {"id": "1", "question": "Which colour?", "gold_files": ["en/a.p1.md"], "answer": "blue", "lang": "en"}
    (tmp_path / "manuals" / "questions.jsonl").write_text(json.dumps(question) + "\n")
    (tmp_path / "papers").mkdir()
    with gzip.open(tmp_path / "papers" / "corpus.jsonl.gz", "wt") as corpus:
        corpus.write(json.dumps({"_id": "7", "title": "Tides", "text": "The moon does it."}) + "\n")
    claim = {"id": "2", "question": "Tides.", "gold_docs": ["7"], "evidence": [{"doc": "7", "sents": [0]}]}
    (tmp_path / "papers" / "questions.jsonl").write_text(json.dumps(claim) + "\n")

    manuals, papers = sets_in(tmp_path)

    assert list(manuals.files()) == [("en/a.p1.md", b"The key is blue.")]
    assert manuals.questions[0].answer == "blue"
    assert list(papers.files()) == [("7.md", b"# Tides\n\nThe moon does it.\n")]
    assert papers.questions[0].files == {"7.md"}
    assert papers.questions[0].sentences == {"7.md": {0}}


def test_the_paragraphs_of_one_text_share_a_shelf_so_that_all_of_it_can_be_left_out() -> None:
    assert group("en/a00.p0.md") == group("en/a00.p7.md") == "en/a00"
    assert group("en/a01.p0.md") != group("de/a01.p0.md")
    assert group("REPORT_2016.pdf") == group("OTHER.pdf")


def test_a_part_of_the_sets_leaves_the_figures_of_the_others_as_they_were(tmp_path: Path) -> None:
    file = tmp_path / "eval.json"
    keep(file, {"a_top1": Figure(value=0.5, low=0.25, high=0.75, questions=8)}, is_part=False)
    keep(file, {"b_top1": Figure(value=1.0, low=1.0, high=1.0, questions=2)}, is_part=True)

    known = json.loads(file.read_text())
    assert known == {"a_top1": 0.5, "b_top1": 1.0, "intervals": {"a_top1": [0.25, 0.75, 8], "b_top1": [1.0, 1.0, 2]}}

    keep(file, {"b_top1": Figure(value=0.0, low=0.0, high=0.0, questions=1)}, is_part=False)
    assert json.loads(file.read_text()) == {"b_top1": 0.0, "intervals": {"b_top1": [0.0, 0.0, 1]}}


def test_a_million_passages_never_cost_less_than_a_hundred_thousand() -> None:
    kinds = ("search_p50_ms", "search_p95_ms", "search_inside_p95_ms", "rss_mib", "disk_mib", "indexes_built_s")
    noisy = {f"{kind}_{size}": cost for kind in kinds for size, cost in (("1k", 19.0), ("10k", 21.0), ("100k", 17.5))}
    growing = {f"{kind}_{size}": cost for kind in kinds for size, cost in (("1k", 1.0), ("10k", 10.0), ("100k", 100.0))}

    assert set(extrapolated(noisy, 1_000_000, "1m").values()) == {17.5}
    assert all(abs(cost - 1000) < 1e-6 for cost in extrapolated(growing, 1_000_000, "1m").values())
