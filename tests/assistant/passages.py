"""Passages for tests, each a whole page of its own."""

from assistant.documents import Passage
from assistant.identifiers import DocumentId

BOILER = (
    "The pressure gauge is at the bottom left of the front. With cold radiators it should show 1.5 bar.\n"
    "Below 0.8 bar the boiler locks and shows the code E04."
)
CAT = "Miso gets 60 grams of dry food at 7:00 and again at 18:00. She is allergic to fish."


def passage(text: str, *, page: int = 1, start: int = 0, file: str = "manual.pdf") -> Passage:
    return Passage(
        document_id=DocumentId("d1"),
        file=file,
        page=page,
        start=start,
        end=start + len(text),
        text=text,
        heading="",
        score=1.0,
    )
