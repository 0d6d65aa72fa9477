"""The chat page: ask a question, see the passage that answers it, the model's sentence, and where both come from."""

import asyncio
from collections.abc import Sequence
from urllib.parse import quote

from fastapi import Request
from nicegui import background_tasks, ui

from webui.chat_messages import Chat, Cited, Done, Failed, Message, Retrieved, Token
from webui.components import failure, problems
from webui.components.answer import AnswerView
from webui.components.basics import box, button, icon, link, text
from webui.components.composer import Composer
from webui.components.confirm import confirmed
from webui.components.frame import Earlier, frame
from webui.components.job_list import job_list
from webui.components.source_panel import SourcePanel
from webui.errors import RefusedError, WebuiError
from webui.job_messages import Job
from webui.pages.jobs import cancelled
from webui.pages.visit import OpenVisit, Visit


def register(visit: OpenVisit, example_questions: Sequence[str]) -> None:
    """Add `/` and `/chat/{id}`."""

    @ui.page("/")
    async def new_chat(request: Request) -> None:
        await _show(visit(request), None, example_questions)

    @ui.page("/chat/{chat_id}")
    async def earlier_chat(request: Request, chat_id: str) -> None:
        here = visit(request)
        try:
            chat = await here.assistant.chat(chat_id)
        except RefusedError as error:
            failure.refused(error)
            return
        await _show(here, chat, example_questions)


LOOK_SECONDS = 2.0


async def _show(visit: Visit, chat: Chat | None, example_questions: Sequence[str]) -> None:
    chats = await visit.assistant.chats()
    job = await _job_of(visit, chat)
    title = (chat.title if chat else "") or "Ask"
    with frame(title, here="/", person=visit.person, chats=chats, open_chat=chat.id if chat else "") as earlier:
        _Conversation(visit, chat, earlier, example_questions, job)


async def _job_of(visit: Visit, chat: Chat | None) -> Job | None:
    """The question of this chat that is still being answered in the background."""
    if chat is None:
        return None
    known = (await visit.assistant.jobs()).jobs
    return next((job for job in known if job.chat_id == chat.id and not job.is_over), None)


class _Conversation:
    """What happens on the page between one person and the assistant."""

    def __init__(
        self,
        visit: Visit,
        chat: Chat | None,
        earlier: Earlier,
        example_questions: Sequence[str],
        job: Job | None = None,
    ) -> None:
        self._assistant = visit.assistant
        self._earlier_chats = earlier
        self._chat_id = chat.id if chat else None
        self._answering: asyncio.Task[None] | None = None
        self._panel = SourcePanel(document=visit.assistant.document, page=visit.assistant.page)
        if chat:
            self._head(chat)
        with box("div", "talk") as self._talk:
            if chat and (chat.messages or job):
                self._past(chat.messages)
            else:
                self._welcome(visit.person.name, example_questions)
            if job:
                self._under_way(job)
        self._composer = Composer(on_send=self._ask, on_stop=self._stop)
        ui.context.client.on_delete(self._stop)

    def _head(self, chat: Chat) -> None:
        with box("header", "room-head"):
            text("h1", chat.title or "New question", "room-title")
            button("", self._delete, picture="trash", kind="quiet", label="Delete this chat")
            link("New question", "/", picture="plus", classes="button button-plain")

    def _welcome(self, name: str, example_questions: Sequence[str]) -> None:
        with box("section", "welcome"):
            text("h1", f"What would you like to know, {name}?", "display")
            text(
                "p",
                "Hearth looks through your files, shows you the words it found, and answers from them.",
                "welcome-lead",
            )
            with box("div", "examples"):
                for question in example_questions:
                    with box("button", "example", type="button") as example:
                        text("span", question)
                        icon("arrow-right")
                    example.on("click", lambda question=question: self._ask(question), args=[])

    def _past(self, messages: Sequence[Message]) -> None:
        question = ""
        for message in messages:
            if message.role == "user":
                question = message.text
                continue
            AnswerView(question, on_open=self._panel.show).earlier(message)

    def _under_way(self, job: Job) -> None:
        """What is answered in the background, as far as it is; the chat shows the answer once it is there."""
        drawn = job
        room = box("section", aria_label="In the background")

        def draw(now: Job) -> None:
            room.clear()
            with room:
                text("p", "This question is answered in the background. You can close this page.", "muted")
                job_list([now], cancel, with_links=False)

        async def cancel(now: Job) -> None:
            if await cancelled(self._assistant, now):
                await look()

        async def look() -> None:
            nonlocal drawn
            try:
                known = (await self._assistant.jobs()).jobs
            except WebuiError:
                return  # the next look tells
            now = next((one for one in known if one.id == job.id), None)
            if now is None or now.is_over:
                ui.navigate.to(f"/chat/{quote(job.chat_id or '', safe='')}")
            elif now != drawn:
                drawn = now
                draw(now)

        draw(job)
        ui.timer(LOOK_SECONDS, look)

    async def _ask(self, question: str) -> None:
        if self._answering and not self._answering.done():
            return
        with problems.shown():
            if self._chat_id is None:
                self._chat_id = (await self._assistant.start_chat()).id
                self._talk.clear()
                with self._talk:
                    text("h1", "Ask", "visually-hidden")
                ui.navigate.history.replace(f"/chat/{self._chat_id}")
            with self._talk:
                view = AnswerView(
                    question, on_open=self._panel.show, on_all_files=lambda: self._look_through_all(question)
                )
            ui.run_javascript("document.querySelector('.exchange:last-of-type')?.scrollIntoView({block: 'start'})")
            self._composer.busy(True)
            self._answering = background_tasks.create(self._answer(self._chat_id, question, view), name="answer")

    async def _answer(self, chat_id: str, question: str, view: AnswerView) -> None:
        with self._talk:
            try:
                async for event in self._assistant.ask(chat_id, question):
                    match event:
                        case Retrieved():
                            view.retrieved(event)
                        case Token():
                            view.token(event.text)
                        case Cited():
                            pass  # the last event brings all citations, in order
                        case Done():
                            view.done(event)
                            self._earlier_chats.show(await self._assistant.chats(), chat_id)
                        case Failed():
                            view.failed(event.message)
            except asyncio.CancelledError:
                view.stopped()
                raise
            except WebuiError as error:
                view.failed(str(error))
                problems.show(error)
            finally:
                self._composer.busy(False)

    async def _look_through_all(self, question: str) -> None:
        """The same question to the files that fit it best, one by one; its chat shows how far it is."""
        with problems.shown():
            job = await self._assistant.hand_over(question)
            ui.navigate.to(f"/chat/{quote(job.chat_id, safe='')}" if job.chat_id else "/jobs")

    def _stop(self) -> None:
        if self._answering:
            self._answering.cancel()

    async def _delete(self) -> None:
        chat_id = self._chat_id
        explanation = "The questions and answers are gone for good. Your files stay."
        if chat_id and await confirmed("Delete this chat?", explanation, deed="Delete"):
            with problems.shown():
                await self._assistant.delete_chat(chat_id)
                ui.navigate.to("/")
