"""What can go wrong in the assistant, each as a sentence that says what happened and what the person can do."""

import math
from typing import ClassVar


class AssistantError(Exception):
    """Something that the person who asked has to be told; `code` is its stable name in the API."""

    code: ClassVar[str] = "assistant_error"


class DocumentNotFoundError(AssistantError):
    """There is no such document on a shelf that this person may read."""

    code = "document_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such document. It may have been deleted; reload the list of documents.")


class FileNameTakenError(AssistantError):
    """Another file on this shelf has this name, in this folder."""

    code = "file_name_taken"

    def __init__(self) -> None:
        super().__init__("There is another file of this name in that folder. Choose another name.")


class PageNotFoundError(AssistantError):
    """The document has no page of this number."""

    code = "page_not_found"

    def __init__(self, page: int, pages: int) -> None:
        super().__init__(f"There is no page {page} in this document; its pages are numbered 1 to {pages}.")


class NoPictureError(AssistantError):
    """Only pages of a PDF, scans and photos have a picture."""

    code = "no_picture"

    def __init__(self, message: str = "This page has no picture; read its text instead.") -> None:
        super().__init__(message)


class UploadTooLargeError(AssistantError):
    """The file is larger than this box accepts; nothing of it was kept."""

    code = "file_too_large"

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(
            f"This file is larger than {limit_bytes // 1_000_000} MB, the most that Hearth takes at once. "
            "Split it, or raise upload_limit_bytes in hearth.toml."
        )


class EmptyUploadError(AssistantError):
    """The file has no bytes."""

    code = "empty_file"

    def __init__(self) -> None:
        super().__init__("This file is empty. Check it on your computer and send it again.")


class DiskFullError(AssistantError):
    """The disk has no room left; nothing of the file was kept."""

    code = "disk_full"

    def __init__(self) -> None:
        super().__init__(
            "The disk of this box is full, so nothing was kept. Delete documents you no longer need and try again."
        )


class NotFailedError(AssistantError):
    """Only a file that could not be read is read again."""

    code = "not_failed"

    def __init__(self) -> None:
        super().__init__("This file was read, or waits to be. Only one that could not be read can be tried again.")


class UnreadableDocumentError(AssistantError):
    """The parser could not make text or a picture of a document; the message says why."""

    code = "unreadable_document"

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        """For programs: "locked", "broken", "empty", "no_text", "too_large", "unsupported", "timeout" or "crashed"."""


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


# People and sessions


class UnknownCallerError(AssistantError):
    """The request carries no session that counts."""

    code = "unknown_caller"

    def __init__(self) -> None:
        super().__init__("You are not signed in, or your session has ended. Sign in and try again.")


class ForeignOriginError(AssistantError):
    """A page of another site sent this request with the person's cookie."""

    code = "foreign_origin"

    def __init__(self) -> None:
        super().__init__(
            "This request came from another website, so nothing was done. Open Hearth itself and try there."
        )


class NotClaimedError(AssistantError):
    """The box has no owner yet, and this needs a person."""

    code = "not_claimed"

    def __init__(self) -> None:
        super().__init__("Nobody has set this box up yet. Set it up first, with the code that its screen shows.")


class AlreadyClaimedError(AssistantError):
    """The box has an owner, so no code can claim it."""

    code = "already_claimed"

    def __init__(self) -> None:
        super().__init__("This box already has an owner. Sign in instead.")


class WrongSetupCodeError(AssistantError):
    """The code is not the one that the box shows now."""

    code = "wrong_setup_code"

    def __init__(self) -> None:
        super().__init__("This is not the set-up code. Read it again on the box's own screen; it changes every hour.")


class WrongLoginError(AssistantError):
    """Name and password do not belong together; which of them is wrong is not told."""

    code = "wrong_login"

    def __init__(self) -> None:
        super().__init__("The name or the password is wrong. Check both and try again.")


class TooManyGuessesError(AssistantError):
    """Guessing is slowed; `wait_seconds` says for how long."""

    code = "too_many_guesses"

    def __init__(self, wait_seconds: float) -> None:
        self.wait_seconds = max(1, math.ceil(wait_seconds))
        unit = "second" if self.wait_seconds == 1 else "seconds"
        super().__init__(f"There were too many wrong attempts. Wait {self.wait_seconds} {unit} and try again.")


class WeakPasswordError(AssistantError):
    """The password is guessed too easily; the message says what to choose."""

    code = "weak_password"


class UnfitNameError(AssistantError):
    """Nobody can be called this; the message says why."""

    code = "unfit_name"


class SessionNotFoundError(AssistantError):
    """This person has no such session."""

    code = "session_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such session. It may have ended already; reload the list.")


class KeyNotFoundError(AssistantError):
    """This person has no such key."""

    code = "key_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such key. It may have been taken back already; reload the list.")


class TooManyKeysError(AssistantError):
    """This person has as many keys as one may have."""

    code = "too_many_keys"

    def __init__(self, most: int) -> None:
        super().__init__(f"You have {most} keys, the most that one person may have. Take back those you no longer use.")


class NeedsThePersonError(AssistantError):
    """A program that came with a key wants what only its person may do."""

    code = "needs_the_person"

    def __init__(self) -> None:
        super().__init__("A key may not do this: keys and sign-ins belong to the person. Sign in to Hearth for it.")


class NotAllowedError(AssistantError):
    """This person may see this and may not do it; the message says who may."""

    code = "not_allowed"


class PersonNotFoundError(AssistantError):
    """Nobody of this id lives here."""

    code = "person_not_found"

    def __init__(self) -> None:
        super().__init__("Nobody of that name lives here any more. Reload the list of people.")


class NameTakenError(AssistantError):
    """Somebody else has this name, or one that looks like it."""

    code = "name_taken"

    def __init__(self) -> None:
        super().__init__("Somebody here has this name already, or one that looks like it. Choose another one.")


class WrongInvitationError(AssistantError):
    """The code opens nothing: mistyped, used, taken back or too old."""

    code = "wrong_invitation"

    def __init__(self) -> None:
        super().__init__("This code opens nothing. It may be mistyped, used already or too old; ask for a new one.")


class InvitationNotFoundError(AssistantError):
    """There is no such invitation."""

    code = "invitation_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such invitation. It may have been used already; reload the list.")


class FolderNotFoundError(AssistantError):
    """No such folder is watched."""

    code = "folder_not_found"

    def __init__(self) -> None:
        super().__init__("No such folder is watched. Reload the list.")


class UnfitFolderError(AssistantError):
    """This folder can't be watched; the message says why."""

    code = "unfit_folder"


class DiskNotFoundError(AssistantError):
    """The disk, or what was named on it, is not there."""

    code = "disk_not_found"

    def __init__(self) -> None:
        super().__init__("This disk, or what was chosen on it, is not there any more. Plug it in and look again.")


class WrongPasswordError(AssistantError):
    """The password that was to be changed, or that confirms a deed, is wrong."""

    code = "wrong_password"

    def __init__(self) -> None:
        super().__init__("Your password is not the one you typed. Type it again.")


class ShelfNotFoundError(AssistantError):
    """There is no such shelf that this person may read."""

    code = "shelf_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such shelf. It may have been cleared away; reload the list.")


class KeptShelfError(AssistantError):
    """A person's or the household's first shelf keeps its name and stays."""

    code = "kept_shelf"

    def __init__(self) -> None:
        super().__init__("This shelf is always there and keeps its name. Delete the files on it instead.")


# Chats and answers


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


class MeshAwayError(AssistantError):
    """The mesh daemon does not answer."""

    code = "mesh_unavailable"

    def __init__(self) -> None:
        super().__init__("The part of Hearth that speaks with other boxes does not answer. Try again in a moment.")


class MeshRefusedError(AssistantError):
    """The mesh said no, in its own sentence."""

    code = "mesh_refused"


class NotTheOwnerError(AssistantError):
    """Only the owner of this box, and not a program's key, may do this."""

    code = "not_the_owner"

    def __init__(self) -> None:
        super().__init__("Only the owner of this box may do this. Ask them, or sign in as them.")
