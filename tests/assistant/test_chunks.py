from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.chunks import LIMIT_CHARACTERS, chunks
from assistant.parser.page import Heading, Page

TEXTS = st.text(
    st.one_of(st.sampled_from("  \n\n.,!?aeiouÄ漢。"), st.characters(exclude_categories=["Cs"])), max_size=2_500
)


@st.composite
def pages(draw: st.DrawFn) -> list[Page]:
    made = []
    for number in range(1, draw(st.integers(0, 3)) + 1):
        text = draw(TEXTS)
        starts = sorted(draw(st.sets(st.integers(0, max(len(text) - 1, 0)), max_size=4))) if text else []
        headings = tuple(Heading(start=start, text=f"H{start}", level=draw(st.integers(1, 3))) for start in starts)
        made.append(Page(number=number, text=text, headings=headings))
    return made


@settings(max_examples=60, deadline=None)
@given(pages(), st.integers(10, LIMIT_CHARACTERS))
def test_passages_hold_every_character_that_is_not_blank_once_and_cross_no_page(
    made: Sequence[Page], limit: int
) -> None:
    cut = list(chunks(made, limit))

    for page in made:
        here = [chunk for chunk in cut if chunk.page == page.number]
        held = [index for chunk in here for index in range(chunk.start, chunk.end)]
        assert held == sorted(set(held))
        assert not any(not page.text[index].isspace() for index in set(range(len(page.text))) - set(held))
        for chunk in here:
            text = page.text[chunk.start : chunk.end]
            assert 0 < len(text) <= limit
            assert text == text.strip()


def test_a_passage_ends_at_a_sentence_rather_than_within_one() -> None:
    sentence = "The pressure gauge is at the bottom left of the front of the boiler. "
    page = Page(number=1, text=sentence * 30)

    cut = [page.text[chunk.start : chunk.end] for chunk in chunks([page])]

    assert len(cut) > 2
    assert all(text.endswith("boiler.") for text in cut)


def test_a_heading_begins_a_passage_and_is_its_context() -> None:
    text = "# Boiler\n\n" + "It hums. " * 20 + "\n\n## Pressure\n\n" + "Keep it at 1.5 bar. " * 10
    page = Page(
        number=1,
        text=text,
        headings=(
            Heading(start=0, text="Boiler", level=1),
            Heading(start=text.index("## Pressure"), text="Pressure", level=2),
        ),
    )

    first, second = chunks([page])

    assert first.heading == "Boiler"
    assert second.heading == "Boiler › Pressure"
    assert text[second.start :].startswith("## Pressure")


def test_a_heading_holds_on_the_pages_that_follow_it() -> None:
    cut = chunks(
        [
            Page(number=1, text="Guarantee\nFive years.", headings=(Heading(start=0, text="Guarantee", level=1),)),
            Page(number=2, text="Ten years on the heat exchanger."),
        ]
    )

    assert [chunk.heading for chunk in cut] == ["Guarantee", "Guarantee"]
