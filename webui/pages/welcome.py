"""The page after set-up: what this box can do now, and what to do next."""

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import Request
from nicegui import ui

from webui.components.basics import box, icon, link, text
from webui.components.frame import frame
from webui.pages.visit import OpenVisit


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Something to do next."""

    picture: str
    title: str
    words: str
    way: str
    address: str


STEPS = (
    Step(
        picture="chat",
        title="Ask about the sample files",
        words="They are already read, so you can see at once how an answer shows its source.",
        way="Ask a question",
        address="/",
    ),
    Step(
        picture="books",
        title="Add your own files",
        words="Manuals, letters, notes. Each can be found by its words seconds after it arrives.",
        way="Open the library",
        address="/library",
    ),
    Step(
        picture="gauge",
        title="See how your box is doing",
        words="Its name, its address, and whether the language model is awake.",
        way="Open the system page",
        address="/system",
    ),
)


def register(visit: OpenVisit, example_questions: Sequence[str]) -> None:
    """Add `/welcome`."""

    @ui.page("/welcome")
    async def welcome(request: Request) -> None:
        person = visit(request).person
        with frame("Welcome", here="/welcome", person=person), box("section", "sheet"):
            text("h1", f"This box is yours, {person.name}", "display")
            text("p", "It answers from your own files, and nothing you ask or add leaves the house.", "welcome-lead")
            with box("ol", "plain-list steps"):
                for step in STEPS:
                    with box("li", "step"):
                        with box("span", "step-picture", aria_hidden="true"):
                            icon(step.picture)
                        text("h2", step.title, "step-title")
                        text("p", step.words, "muted")
                        link(step.way, step.address, classes="button button-plain")
            if example_questions:
                text("p", f"Not sure what to ask? Try: “{example_questions[0]}”", "muted")
