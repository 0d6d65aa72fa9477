"""Chats: what a person asked and was answered, kept for that person alone."""

import itertools
import json
import secrets
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

from assistant.citations import Citation
from assistant.clock import Clock
from assistant.errors import ChatNotFoundError
from assistant.forgetting import OUT_OF_REACH, deleted, mentioned, without
from assistant.identifiers import ChatId, DocumentId, PersonId
from assistant.prompt import Turn
from assistant.shelves import out_of_reach
from assistant.store import Database

UNTITLED = "New chat"
_TITLE_LENGTH = 60

Sources = dict[str, Any]
"""What was retrieved for an answer, as JSON; see `conversation.sources_of`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    """A conversation of one person."""

    id: ChatId
    title: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredMessage:
    """A question, or an answer with what it rests on."""

    id: str
    role: Literal["user", "assistant"]
    text: str
    interrupted: bool
    """The answer broke off; it is incomplete."""
    citations: tuple[Citation, ...]
    sources: Sources | None
    created_at: datetime


def title_of(question: str) -> str:
    """A chat's title: its first question, up to a word near 60 characters; three dots say that it was longer."""
    line = " ".join(question.split())
    if len(line) <= _TITLE_LENGTH:
        return line
    whole_words = line[:_TITLE_LENGTH].rsplit(" ", 1)[0]
    return f"{whole_words}…"


class Chats:
    """Every chat, in the database; each call names the person, who reaches no chat but the own."""

    def __init__(self, *, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def create(self, person_id: PersonId) -> Chat:
        """An empty chat."""
        chat = Chat(id=ChatId(secrets.token_urlsafe(12)), title=UNTITLED, created_at=self._clock.now())
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO chats (id, person_id, title, created_at) VALUES (?, ?, ?, ?)",
                (chat.id, person_id, chat.title, chat.created_at.isoformat()),
            )
        return chat

    def of(self, person_id: PersonId) -> list[Chat]:
        """This person's chats, newest first."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT * FROM chats WHERE person_id = ? ORDER BY created_at DESC, rowid DESC", (person_id,)
            ).fetchall()
        return [_chat(row) for row in rows]

    def chat(self, chat_id: ChatId, person_id: PersonId) -> Chat:
        """One chat; raises `ChatNotFoundError`, also where it is another person's."""
        with self._database.reading() as connection:
            return _chat(_owned(connection, chat_id, person_id))

    def messages(self, chat_id: ChatId, person_id: PersonId) -> list[StoredMessage]:
        """All that was said in the chat, in order; raises `ChatNotFoundError`.

        What rests on a file that this person may no longer read is left out of it, and says so.
        """
        with self._database.reading() as connection:
            _owned(connection, chat_id, person_id)
            rows = connection.execute(
                "SELECT * FROM messages WHERE chat_id = ? ORDER BY position", (chat_id,)
            ).fetchall()
            return [_readable(connection, person_id, row) for row in rows]

    def add_question(self, chat_id: ChatId, person_id: PersonId, text: str) -> str:
        """Keep a question and return its id; the first one names the chat. Raises `ChatNotFoundError`."""
        with self._database.transaction() as connection:
            chat = _owned(connection, chat_id, person_id)
            if chat["title"] == UNTITLED:
                connection.execute("UPDATE chats SET title = ? WHERE id = ?", (title_of(text), chat_id))
            return self._add(connection, chat_id, "user", text)

    def add_answer(
        self,
        chat_id: ChatId,
        person_id: PersonId,
        text: str,
        *,
        citations: Sequence[Citation],
        sources: Sources,
        interrupted: bool,
    ) -> str:
        """Keep an answer and return its id; raises `ChatNotFoundError` where the chat was deleted meanwhile."""
        with self._database.transaction() as connection:
            _owned(connection, chat_id, person_id)
            message_id = self._add(connection, chat_id, "assistant", text)
            told = [asdict(citation) for citation in citations]
            _complete(connection, message_id, text, told, sources, interrupted=interrupted)
        return message_id

    def begin(self, connection: sqlite3.Connection, person_id: PersonId, question: str) -> ChatId:
        """An empty chat, called by a question that is answered in it later; within the caller's transaction."""
        chat_id = ChatId(secrets.token_urlsafe(12))
        connection.execute(
            "INSERT INTO chats (id, person_id, title, created_at) VALUES (?, ?, ?, ?)",
            (chat_id, person_id, title_of(question), self._clock.now().isoformat()),
        )
        return chat_id

    def add_exchange(
        self,
        connection: sqlite3.Connection,
        chat_id: ChatId,
        question: str,
        text: str,
        *,
        citations: Sequence[dict[str, Any]],
        sources: Sources,
        interrupted: bool,
    ) -> None:
        """Keep a question together with its answer, within the caller's transaction."""
        self._add(connection, chat_id, "user", question)
        message_id = self._add(connection, chat_id, "assistant", text)
        _complete(connection, message_id, text, citations, sources, interrupted=interrupted)

    def delete(self, chat_id: ChatId, person_id: PersonId) -> None:
        """Remove a chat and all that was said in it, from the disk too; raises `ChatNotFoundError`."""
        with self._database.transaction() as connection:
            _owned(connection, chat_id, person_id)
            connection.execute("DELETE FROM chats WHERE id = ?", (chat_id,))
        self._database.forget_deleted()

    def _add(self, connection: sqlite3.Connection, chat_id: ChatId, role: str, text: str) -> str:
        message_id = secrets.token_urlsafe(12)
        connection.execute(
            "INSERT INTO messages (id, chat_id, role, text, created_at) VALUES (?, ?, ?, ?, ?)",
            (message_id, chat_id, role, text, self._clock.now().isoformat()),
        )
        return message_id


def turns_of(messages: Sequence[StoredMessage]) -> list[Turn]:
    """The questions that the files answered, with their whole answers, oldest first."""
    return [
        Turn(question=question.text, answer=answer.text, documents=_read_for(answer))
        for question, answer in itertools.pairwise(messages)
        if question.role == "user" and answer.role == "assistant" and _is_whole(answer)
    ]


def _read_for(answer: StoredMessage) -> tuple[DocumentId, ...]:
    return tuple(sorted(mentioned((), answer.sources)))


def _is_whole(answer: StoredMessage) -> bool:
    return not answer.interrupted and bool(answer.sources and answer.sources["found"])


def _complete(
    connection: sqlite3.Connection,
    message_id: str,
    text: str,
    citations: Sequence[dict[str, Any]],
    sources: Sources,
    *,
    interrupted: bool,
) -> None:
    """Keep what an answer rests on; a file that was deleted while it was written takes its words with it."""
    left: tuple[str, list[dict[str, Any]], Sources | None] = (text, list(citations), sources)
    for document in deleted(connection, mentioned(citations, sources)):
        left = without(document, *left)
    text, citations, kept = left
    connection.execute(
        "UPDATE messages SET text = ?, citations = ?, sources = ?, interrupted = ? WHERE id = ?",
        (
            text,
            json.dumps(citations, ensure_ascii=False),
            json.dumps(kept, ensure_ascii=False),
            int(interrupted),
            message_id,
        ),
    )


def _owned(connection: sqlite3.Connection, chat_id: ChatId, person_id: PersonId) -> sqlite3.Row:
    row: sqlite3.Row | None = connection.execute(
        "SELECT * FROM chats WHERE id = ? AND person_id = ?", (chat_id, person_id)
    ).fetchone()
    if row is None:
        raise ChatNotFoundError
    return row


def _chat(row: sqlite3.Row) -> Chat:
    return Chat(id=ChatId(row["id"]), title=row["title"], created_at=datetime.fromisoformat(row["created_at"]))


def _readable(connection: sqlite3.Connection, person_id: PersonId, row: sqlite3.Row) -> StoredMessage:
    """A message with the words of those files alone that this person may read now."""
    text, citations = row["text"], json.loads(row["citations"])
    sources = None if row["sources"] is None else json.loads(row["sources"])
    for document in out_of_reach(connection, person_id, mentioned(citations, sources)):
        text, citations, sources = without(document, text, citations, sources, instead=OUT_OF_REACH)
    return StoredMessage(
        id=row["id"],
        role=row["role"],
        text=text,
        interrupted=bool(row["interrupted"]),
        citations=tuple(Citation(**citation) for citation in citations),
        sources=sources,
        created_at=datetime.fromisoformat(row["created_at"]),
    )
