"""Passages that stand side by side on a page and were both found are shown as one; pure."""

from collections.abc import Mapping, Sequence
from typing import Final

from assistant.documents import Passage

RUN_BYTES: Final = 1400
"""The longest piece of a page that is shown as one passage; bytes of UTF-8 follow what a model sees in it."""
_AS_GOOD: Final = 0.6
"""A neighbour joins a passage if its score is this part of that one's. On XQuAD English, 93.5 in 100 leading passages
then hold the answer, and 90.9 without; from 0.5 to 0.75 it makes no difference."""
_CLOSE: Final = 8
"""Passages of a page hold all its text but the blanks between them."""


def runs(order: Sequence[int], passages: Mapping[int, Passage], scores: Mapping[int, float]) -> list[list[int]]:
    """The passages in their order, neighbours joined to the better one; the numbers of a run stand as on the page."""
    taken: set[int] = set()
    found: list[list[int]] = []
    for number in order:
        if number not in taken:
            run = _run(number, [other for other in order if other not in taken], passages, scores)
            taken.update(run)
            found.append(run)
    return found


def _run(best: int, others: Sequence[int], passages: Mapping[int, Passage], scores: Mapping[int, float]) -> list[int]:
    """Grow from the best passage, each time by the better of its neighbours."""
    own = passages[best]
    rivals = [
        number
        for number in others
        if (passages[number].document_id, passages[number].page) == (own.document_id, own.page)
        and number != best
        and scores[number] >= _AS_GOOD * scores[best]
    ]
    run = [best]
    while (more := next((number for number in rivals if _fits(number, run, passages)), None)) is not None:
        rivals.remove(more)
        run = sorted([*run, more], key=lambda number: passages[number].start)
    return run


def _fits(number: int, run: Sequence[int], passages: Mapping[int, Passage]) -> bool:
    """Whether a passage touches the run, and both together are not too long."""
    passage, first, last = passages[number], passages[run[0]], passages[run[-1]]
    touches = 0 <= passage.start - last.end <= _CLOSE or 0 <= first.start - passage.end <= _CLOSE
    return touches and sum(len(passages[one].text.encode()) for one in (number, *run)) <= RUN_BYTES
