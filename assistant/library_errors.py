"""What can go wrong with files, shelves, watched folders and disks, each as a sentence for the person."""

from assistant.errors import AssistantError


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


class NotLockedError(AssistantError):
    """A password was given for a file that no password would open."""

    code = "not_locked"

    def __init__(self) -> None:
        super().__init__("This file does not wait for a password. Reload the list of documents.")


class UnreadableDocumentError(AssistantError):
    """The parser could not make text or a picture of a document; the message says why."""

    code = "unreadable_document"

    def __init__(self, reason: str, message: str, *, is_locked: bool = False) -> None:
        super().__init__(message)
        self.is_locked = is_locked
        """Whether the right password would open it."""
        self.reason = reason
        """For programs: "locked", "broken", "empty", "no_text", "too_large", "unsupported", "timeout",
        "crashed" or "gone".
        """


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
