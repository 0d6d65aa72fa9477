"""One question and its answer: the found passage leads, the model's sentence comes beside it, then what was read."""

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence

from nicegui import ui

from webui.chat_messages import Citation, Computed, Done, FilePlace, Message, Retrieved, Sources
from webui.components.basics import box, button, text
from webui.components.passage import OpenPlace, chip, of_citation, quote
from webui.library_messages import Passage
from webui.prose import Block, Run, blocks, plain
from webui.wording import count, what_was_read

REDRAW_SECONDS = 0.08
"""At most this often is a growing answer sent to the browser, which gets the whole text each time."""
MORE_PASSAGES = 4


class AnswerView:
    """An answer while it grows and when it is done; each method shows one event."""

    def __init__(
        self, question: str, *, on_open: OpenPlace, on_all_files: Callable[[], Awaitable[None]] | None = None
    ) -> None:
        """With `on_all_files` a finished answer offers to look through more files."""
        self._on_open = on_open
        self._on_all_files = on_all_files
        self._text = ""
        self._found = True
        self._drawn_at = 0.0
        self._began_at = time.monotonic()
        self._phase = "Searching your files"
        with box("article", "exchange"):
            text("h2", question, "asked")
            self._status = text("p", f"{self._phase}…", "working").props("role=status")
            self._lead = box("div", "lead")
            self._said = box("div", "said")
            self._foot = box("div", "answer-foot")
        self._clock = ui.timer(1.0, self._tick)

    def retrieved(self, event: Retrieved) -> None:
        """Show the passages first: with a small model they are the main result."""
        self._passages(event.passages, found=event.found)
        self._phase = (
            f"{count(len(event.passages), 'passage')} found. Writing an answer" if event.found else "Answering"
        )
        self._tick()

    def token(self, piece: str) -> None:
        """Show the next piece of the answer, as plain text until it is whole."""
        if not self._found:
            return
        if not self._text:
            with self._said:
                _said_title()
                self._growing = text("p", "", "growing")
        self._text += piece
        if time.monotonic() - self._drawn_at > REDRAW_SECONDS:
            self._growing.text = plain(self._text)
            self._drawn_at = time.monotonic()

    def done(self, event: Done) -> None:
        """Show the whole answer, its citations, and what it was made from."""
        self._settle()
        self._answer(event.answer, event.citations)
        with self._foot:
            read = what_was_read(event)
            text("p", f"{read} {event.seconds:.1f} seconds." if event.seconds else read)
            _place(event.computed_on)
            if self._on_all_files is not None:
                with box("div", "more-files"):
                    button("Look through more files", self._on_all_files, picture="books", kind="plain")
                    text("span", "in the background, one file after the other", "muted")

    def earlier(self, message: Message) -> None:
        """Show an answer of an earlier day."""
        self._settle()
        sources = message.sources or Sources()
        if message.sources:
            self._passages(sources.passages, found=sources.found)
        self._answer(message.text, message.citations)
        with self._foot:
            text("p", what_was_read(sources))
            if sources.places:
                _places(sources.places)
            else:
                _place(sources.computed_on)
        if message.interrupted:
            self._broke_off("This answer broke off, so it is not complete. Ask again for a whole one.", "calm")

    def stopped(self) -> None:
        """Keep what came before the person stopped it, and say so."""
        self._broke_off("You stopped this answer. What is above may be only its beginning.", "calm")

    def failed(self, sentence: str) -> None:
        """Keep what came before it broke, and say what to do."""
        self._broke_off(sentence, "alarm")

    def _broke_off(self, sentence: str, kind: str) -> None:
        self._settle()
        if self._text:
            self._growing.text = plain(self._text)
        with self._foot, box("div", f"notice notice-{kind}", role="alert" if kind == "alarm" else "status"):
            text("p", sentence)

    def _passages(self, passages: Sequence[Passage], *, found: bool) -> None:
        self._found = found
        self._lead.clear()
        with self._lead:
            if not found:
                with box("div", "notice notice-calm", role="status"):
                    text("p", "Your files don’t seem to hold an answer to this.", "notice-lead")
                    hint = (
                        "The nearest passages are below."
                        if passages
                        else "Add the file that does, or ask in other words."
                    )
                    text("p", hint)
                if passages:
                    _more(passages[:MORE_PASSAGES], self._on_open, "Nearest passages", is_open=True)
                return
            if passages:
                text("h3", "Found in your files", "overline")
                quote(passages[0], self._on_open, lead=True)
            if passages[1:]:
                rest = passages[1 : 1 + MORE_PASSAGES]
                _more(rest, self._on_open, f"{count(len(rest), 'more passage')}", is_open=False)

    def _answer(self, answer: str, citations: Sequence[Citation]) -> None:
        self._said.clear()
        # Where the files hold no answer no model was asked, and the page has already said so in its own words.
        if not answer.strip() or not self._found:
            return
        by_marker = {citation.marker: citation for citation in citations}
        with self._said:
            _said_title()
            _prose(blocks(answer), by_marker, self._on_open)
            if citations:
                with box("div", "chips"):
                    for citation in citations:
                        chip(of_citation(citation), self._on_open, marker=citation.marker or None)

    def _tick(self) -> None:
        seconds = int(time.monotonic() - self._began_at)
        self._status.text = f"{self._phase}… {seconds} s" if seconds else f"{self._phase}…"

    def _settle(self) -> None:
        self._clock.deactivate()
        self._status.set_visibility(False)


def _place(computed: Computed | None) -> None:
    """Where the answer was computed, on a box that is in a mesh."""
    if computed is not None:
        text("p", computed.reason)


def _places(places: Sequence[FilePlace]) -> None:
    """The same of an answer that went through many files."""
    with box("details", "fold"):
        text("summary", "Where each file’s part was computed")
        with box("ul", "plain-list"):
            for one in places:
                text("li", f"{one.file}: {one.computed_on.reason}")


def _said_title() -> None:
    text("h3", "In the model’s words · the passage is what your file says", "overline")


def _more(passages: Sequence[Passage], on_open: OpenPlace, words: str, *, is_open: bool) -> None:
    with box("details", "fold") as fold:
        if is_open:
            fold.props["open"] = ""
        text("summary", words)
        for passage in passages:
            quote(passage, on_open)


def _prose(parts: Sequence[Block], citations: Mapping[int, Citation], on_open: OpenPlace) -> None:
    with box("div", "prose"):
        for part in parts:
            with box("p", "prose-item" if part.item else ""):
                for run in part.runs:
                    _run(run, citations, on_open)


def _run(run: Run, citations: Mapping[int, Citation], on_open: OpenPlace) -> None:
    citation = citations.get(run.marker) if run.marker is not None else None
    if citation is None:
        text("strong" if run.strong else "span", run.text)
        return
    where = of_citation(citation)
    made = text("button", str(run.marker), "marker").props("type=button")
    made.props["aria-label"] = f"Source {run.marker}: {where.file}, page {where.page}"
    made.on("click", lambda: on_open(where), args=[])
