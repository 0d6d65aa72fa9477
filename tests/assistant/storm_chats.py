"""The chats of a storm: somebody asks while files come, change and go, and the answer is ended with everything else.

Each answer that was told to be kept is written down with the bytes that its files had; after a kill the chats are
compared with that, and with what lies on the shelves.
"""

import asyncio
import json
import random
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.answers import Answers, AnswerSettings
from assistant.chats import Chats, StoredMessage
from assistant.conversation import Conversation, Kept
from assistant.documents import Document, Status
from assistant.engine.message import Message
from assistant.events import Done
from assistant.forgetting import GONE, deleted, mentioned
from assistant.identifiers import ChatId, DocumentId, PersonId
from assistant.library import Library
from assistant.sentences import sentences
from tests.assistant.shelves import ALL
from tests.fakes import FakeBounds, FakeClock, FakeEngine, FakeTokenizer

PERSON = PersonId("anna")
SLOWEST_WORD_SECONDS = 0.02
LONGEST_CHAT = 12


@dataclass(kw_only=True)
class Quoting(FakeEngine):
    """An engine that says, word by word, the sentence of its passages that has most words of the question."""

    async def complete(self, messages: Sequence[Message], **_: object) -> AsyncGenerator[str, None]:
        """The words, as slowly as an old PC writes them."""
        asked = set(messages[-1].text.lower().split())
        text = "\n".join(message.text for message in messages)
        found = [text[start:end].strip() for start, end in sentences(text) if "?" not in text[start:end]]
        best = max(found, key=lambda one: len(asked & set(one.lower().split())))
        for word in best.split():
            await asyncio.sleep(random.random() * SLOWEST_WORD_SECONDS)
            yield f"{word} "


class StormChats:
    """One person's chats over a library that never rests."""

    def __init__(self, shelves: Library, folder: Path) -> None:
        self._shelves = shelves
        self._database = shelves._database
        self._journal = folder.with_name(f"{folder.name}-kept.jsonl")
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO people VALUES (?, 'Anna', 'anna', 'owner', 'hash', '2027-01-01')", (PERSON,)
            )
        self.compared = 0
        """Citations that were looked up on the page that they name."""
        self.chats = Chats(database=self._database, clock=FakeClock())
        answers = Answers(
            library=shelves,
            engine=Quoting(),
            tokenizer=FakeTokenizer(),
            clock=FakeClock(),
            settings=AnswerSettings(context_tokens=1000, answer_tokens=100),
            bounds=FakeBounds(),
        )
        self._conversation = Conversation(chats=self.chats, answers=answers)

    async def talk(self, chance: random.Random, words: Sequence[str]) -> None:
        """Ask one question after another, until somebody ends this."""
        while True:
            chat = self._chat()
            question = f"What is said of the {chance.choice(words)} and the {chance.choice(words)}?"
            before = self._as_read()
            prepared = await self._conversation.prepare(chat, PERSON, question, ALL)
            async for event in self._conversation.stream(chat, PERSON, prepared):
                if isinstance(event, Kept) and isinstance(event.ending, Done):
                    cited = {one.document_id for one in event.ending.citations}
                    self._note(chat, event, {one: before.get(one) for one in cited})
            await asyncio.sleep(chance.random() * 0.05)

    def problems(self) -> list[str]:
        """Everything in which the chats and the shelves differ, or an answer is lost or there twice."""
        problems = []
        stored = {chat.id: self.chats.messages(chat.id, PERSON) for chat in self.chats.of(PERSON)}
        for messages in stored.values():
            roles = [one.role for one in messages]
            if any(role == "assistant" and before != "user" for before, role in zip(["", *roles], roles, strict=False)):
                problems.append("an answer without its question, or two to one")
        by_id = {one.id: one for messages in stored.values() for one in messages}
        kept = self._kept()
        if lost := [one for one in kept if one not in by_id]:
            problems.append(f"{len(lost)} answers are lost that were told to be kept")
        now = self._as_read()
        documents = {one.id: one for one in self._shelves.documents(ALL)}
        for message in by_id.values():
            read, words = kept.get(message.id, ({}, ""))
            unchanged = {one for one, sha256 in read.items() if now.get(one) == sha256}
            problems += self._of_answer(message, documents, unchanged)
            if words and message.text not in {words, GONE}:
                problems.append("an answer with other words than were told")
        return problems

    def counts(self) -> dict[str, int]:
        """How much there is to go wrong."""
        messages = [one for chat in self.chats.of(PERSON) for one in self.chats.messages(chat.id, PERSON)]
        answers = [one for one in messages if one.role == "assistant"]
        return {
            "answers": len(answers),
            "unanswered": len(messages) - 2 * len(answers),
            "gone": sum(one.text == GONE for one in answers),
            "citations": sum(len(one.citations) for one in answers),
            "compared": self.compared,
        }

    def _of_answer(
        self, message: StoredMessage, documents: dict[DocumentId, Document], unchanged: set[DocumentId]
    ) -> list[str]:
        told = [{"document_id": one.document_id} for one in message.citations]
        sources = message.sources
        if sources is not None and message.text == GONE:
            sources = {**sources, "earlier": []}  # of which nothing but the name is left
        with self._database.reading() as connection:
            if deleted(connection, mentioned(told, sources)):
                return ["an answer that rests on a file that is gone"]
        problems = []
        for one in message.citations:
            if one.document_id not in unchanged:
                continue  # the file was changed since: the answer quotes it as it was
            self.compared += 1
            if not 1 <= one.page <= documents[one.document_id].pages:
                problems.append("a citation of a page that is not there")
            elif self._shelves.page_text(one.document_id, one.page, ALL)[one.start : one.end] != one.text:
                problems.append("a citation of words that do not stand there")
        return problems

    def _as_read(self) -> dict[DocumentId, str]:
        """The digest of each file whose text is that of its bytes now."""
        ready = [one.id for one in self._shelves.documents(ALL) if one.status is Status.READY]
        return {one: self._shelves._records.sha256(one, ALL) for one in ready}

    def _chat(self) -> ChatId:
        """The newest one, or another one where that is long."""
        for chat in self.chats.of(PERSON)[:1]:
            if len(self.chats.messages(chat.id, PERSON)) < LONGEST_CHAT:
                return chat.id
        return self.chats.create(PERSON).id

    def _note(self, chat: ChatId, kept: Kept, read: dict[DocumentId, str | None]) -> None:
        assert isinstance(kept.ending, Done)
        line = {"id": kept.message_id, "chat": chat, "read": read, "text": kept.ending.answer}
        with self._journal.open("a") as journal:
            journal.write(f"{json.dumps(line)}\n")

    def _kept(self) -> dict[str, tuple[dict[DocumentId, str], str]]:
        """What was told to be kept; a kill in the middle of a line leaves one that says nothing."""
        kept = {}
        for line in self._journal.read_text().splitlines() if self._journal.exists() else ():
            try:
                told = json.loads(line)
            except ValueError:
                continue
            kept[told["id"]] = (told["read"], told["text"])
        return kept
