"""The page of jobs: hand over a question that need not be answered at once, see how far each is, cancel it."""

from typing import Any

from fastapi import Request
from nicegui import ui

from webui.assistant_client import Caller
from webui.components import problems
from webui.components.basics import box, button, text
from webui.components.confirm import confirmed
from webui.components.frame import Earlier, frame
from webui.components.job_list import job_list
from webui.errors import AssistantAwayError, RefusedError
from webui.job_messages import Job, Jobs
from webui.job_wording import cancel_question, house
from webui.pages.visit import OpenVisit, Visit

LOOK_SECONDS = 2.0


def register(visit: OpenVisit) -> None:
    """Add `/jobs`."""

    @ui.page("/jobs")
    async def jobs(request: Request) -> None:
        here = visit(request)
        chats, known = await here.assistant.chats(), await here.assistant.jobs()
        with frame("Jobs", here="/jobs", person=here.person, chats=chats) as earlier, box("section", "sheet"):
            text("h1", "Jobs", "display")
            text(
                "p",
                "A question to all your files takes a while. Hand it over here: it goes on with this page closed, and "
                "after the box was switched off. Its answer is kept in a chat of its own.",
                "welcome-lead",
            )
            _Page(here, known, earlier)


class _Page:
    """What happens on the page; it looks again every two seconds and draws what has changed."""

    def __init__(self, visit: Visit, known: Jobs, earlier: Earlier) -> None:
        self._assistant = visit.assistant
        self._earlier = earlier
        with box("div", "new-key"):
            with box("div", "field"):
                self._question = ui.input(placeholder="Such as “What has to be serviced, and when?”")
                self._question.props("borderless maxlength=4000")
                self._question.props["aria-label"] = "A question for all your files"
                self._question.on("keydown.enter", self._hand_over, args=[])
            button("Hand it over", self._hand_over, kind="main")
        self._rooms: dict[str, tuple[ui.element, Any]] = {}
        for name, label in (("now", "Under way"), ("ended", "Ended"), ("house", "The whole house")):
            self._rooms[name] = (box("section", aria_label=label), None)
        self._draw(known)
        ui.timer(LOOK_SECONDS, self._look)

    async def _look(self) -> None:
        try:
            self._draw(await self._assistant.jobs())
        except (AssistantAwayError, RefusedError):
            return  # the next look tells

    async def _hand_over(self) -> None:
        words = (self._question.value or "").strip()
        if not words:
            problems.tell("Type the question first.")
            return
        with problems.shown():
            await self._assistant.hand_over(words)
            self._question.set_value("")
            self._draw(await self._assistant.jobs())
            self._earlier.show(await self._assistant.chats(), "")

    async def _cancel(self, job: Job) -> None:
        if await cancelled(self._assistant, job):
            await self._look()

    def _draw(self, known: Jobs) -> None:
        self._part("now", [job for job in known.jobs if not job.is_over], self._draw_now)
        self._part("ended", [job for job in known.jobs if job.is_over], self._draw_ended)
        self._part("house", known.house, self._draw_house)

    def _part(self, name: str, state: Any, draw: Any) -> None:
        """Draw a part anew where its state is another one, so that nothing moves under the finger for nothing."""
        room, drawn = self._rooms[name]
        if drawn == (state,):
            return
        self._rooms[name] = (room, (state,))
        room.clear()
        with room:
            draw(state)

    def _draw_now(self, jobs: list[Job]) -> None:
        text("h2", "Under way", "section-title")
        if jobs:
            job_list(jobs, self._cancel)
        else:
            text("p", "Nothing. This box has time for you.", "muted")

    def _draw_ended(self, jobs: list[Job]) -> None:
        if jobs:
            text("h2", "Ended", "section-title")
            job_list(jobs, self._cancel)
            text("p", "They are listed for a week. Their answers stay until you delete the chat.", "hint")

    def _draw_house(self, state: Any) -> None:
        if state is not None:
            text("p", house(state), "muted")


async def cancelled(assistant: Caller, job: Job) -> bool:
    """Whether the person said yes to cancelling; what went wrong with it is shown."""
    question, explanation, deed = cancel_question(job)
    if not await confirmed(question, explanation, deed=deed, picture="stop"):
        return False
    with problems.shown():
        await assistant.cancel_job(job.id)
    return True
