"""What can go wrong in the assistant, each as a sentence that says what happened and what the person can do."""

import math
from typing import ClassVar


class AssistantError(Exception):
    """Something that the person who asked has to be told; `code` is its stable name in the API."""

    code: ClassVar[str] = "assistant_error"


class UnfitNameError(AssistantError):
    """Nobody can be called this; the message says why."""

    code = "unfit_name"


class ChatNotFoundError(AssistantError):
    """This person has no such chat."""

    code = "chat_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such chat. It may have been deleted; start a new one.")


class QuestionTooLongError(AssistantError):
    """The question leaves no room for a passage of the files and an answer; nothing of it was cut."""

    code = "question_too_long"

    def __init__(self, *, question_tokens: int, room_tokens: int) -> None:
        super().__init__(
            f"This question is {question_tokens} tokens long, and beside a passage of your files and an answer the "
            f"language model has room for {max(0, room_tokens)}. Ask it in fewer words."
        )


class QueueFullError(AssistantError):
    """So many questions wait already that this one is not taken; `wait_seconds` says when to come back."""

    code = "too_many_requests"

    def __init__(self, *, wait_seconds: float, own: bool) -> None:
        self.wait_seconds = max(1, math.ceil(wait_seconds))
        whose = (
            "You have as many questions waiting as one person may" if own else "This box is busy with many questions"
        )
        super().__init__(f"{whose}. Wait {self.wait_seconds} s and try again.")


class TookTooLongError(AssistantError):
    """Something did not answer within its deadline; the message says what."""

    code = "took_too_long"


class ParserUnavailableError(AssistantError):
    """The parser's socket does not answer; the document waits in the queue."""

    code = "parser_unavailable"

    def __init__(self) -> None:
        super().__init__(
            "The part of Hearth that reads files is not running. The file is kept and will be read when it is back."
        )


class EmbedderUnavailableError(AssistantError):
    """The embedding process died or has no model; documents stay findable by their words."""

    code = "embedder_unavailable"

    def __init__(self, detail: str) -> None:
        super().__init__(
            f"Searching by meaning is not available: {detail} Documents can still be found by their words."
        )


class HelpEndedError(AssistantError):
    """Another node computes no more vectors for a file; this box does the rest."""

    code = "help_ended"


class VectorIndexDamagedError(AssistantError):
    """Chroma cannot use its files; they are built again from the database at the next start."""

    code = "vector_index_damaged"

    def __init__(self) -> None:
        super().__init__("The index of meanings is damaged. Restart Hearth: it is then built again by itself.")


class StoreDamagedError(AssistantError):
    """SQLite says that its file is damaged."""

    code = "store_damaged"

    def __init__(self, path: str) -> None:
        super().__init__(
            f"The library's database {path} is damaged. Restore it from a backup, or move it away to start afresh."
        )


class StoreTooNewError(AssistantError):
    """The database was written by a newer Hearth."""

    code = "store_too_new"

    def __init__(self, found: int, known: int) -> None:
        super().__init__(
            f"The library's database is of version {found}, and this Hearth knows only {known}. "
            "Start the newer Hearth again."
        )


class MeshAwayError(AssistantError):
    """The mesh daemon does not answer."""

    code = "mesh_unavailable"

    def __init__(self) -> None:
        super().__init__("The part of Hearth that speaks with other boxes does not answer. Try again in a moment.")


class MeshRefusedError(AssistantError):
    """The mesh said no, in its own sentence."""

    code = "mesh_refused"
