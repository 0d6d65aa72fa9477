"""What can go wrong with a backup, each as a sentence that says what happened and what the person can do."""

from typing import Final, Literal

from assistant.errors import AssistantError


class BackupError(AssistantError):
    """A backup could not be made or read; the message says why."""

    code = "backup_failed"


class NotABackupError(BackupError):
    """The file is something else."""

    code = "not_a_backup"

    def __init__(self) -> None:
        super().__init__("This file is no backup of Hearth's. Choose the one that ends in “.hearthbackup”.")


class WrongPassphraseError(BackupError):
    """The passphrase is not the one that the backup was made with."""

    code = "wrong_passphrase"

    def __init__(self) -> None:
        super().__init__("This is not the passphrase of this backup. Type the one that you chose when it was made.")


class BackupDamagedError(BackupError):
    """Some of its bytes are not those that were written."""

    code = "backup_damaged"

    def __init__(self, at_bytes: int) -> None:
        super().__init__(
            f"This backup is damaged near its byte {at_bytes:,}, so nothing of it was taken. Copy it from its disk "
            "again, or use an older one."
        )


class BackupCutShortError(BackupError):
    """The file ends before the backup does."""

    code = "backup_cut_short"

    def __init__(self) -> None:
        super().__init__(
            "This backup ends too early, so nothing of it was taken. The copy was broken off: copy it again, or use an "
            "older one."
        )


class BackupTooNewError(BackupError):
    """A newer Hearth made it."""

    code = "backup_too_new"

    def __init__(self, made_by: str) -> None:
        super().__init__(f"This backup was made by Hearth {made_by}, which is newer. Update this box, then restore it.")


class WeakPassphraseError(BackupError):
    """A backup leaves the house: its passphrase has to hold alone."""

    code = "weak_passphrase"

    def __init__(self, shortest: int) -> None:
        super().__init__(
            f"The passphrase is too short. Choose at least {shortest} characters, such as four words; nobody can "
            "open the backup without it."
        )


class BackupNotFoundError(BackupError):
    """There is no such backup to fetch: it was fetched already, or nobody came for it in time."""

    code = "backup_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such backup to fetch any more. Make a new one.")


class RestoreNotPossibleError(BackupError):
    """This box belongs to somebody already."""

    code = "already_claimed"

    def __init__(self) -> None:
        super().__init__(
            "This box has an owner already, and a backup would replace everything on it. Restore it onto a new box, or "
            "reset this one first."
        )


class DiskSilentError(BackupError):
    """The disk with the backup was pulled out, or cannot be read."""

    code = "disk_silent"

    def __init__(self) -> None:
        super().__init__(
            "The disk was pulled out, or stopped answering, so nothing of the backup was taken. Plug it in again and "
            "try once more, or use another copy."
        )


class BackupBusyError(BackupError):
    """One backup is being written to a disk; another one waits for its end."""

    code = "backup_busy"

    def __init__(self) -> None:
        super().__init__("A backup is being written to a disk already. Wait until it is done, then make the next one.")


Why = Literal["gone", "full", "too_large", "read_only", "own", "exists", "away"]
"""Why a backup could not be written to a disk."""


class BackupNotWrittenError(BackupError):
    """A backup did not come onto the disk; what was begun of it is told from a whole one by its name."""

    code = "backup_not_written"

    def __init__(self, why: Why) -> None:
        super().__init__(_NOT_WRITTEN[why])
        self.why: Why = why


_NOT_WRITTEN: Final[dict[Why, str]] = {
    "gone": (
        "The disk was pulled out, or stopped answering, before the backup was whole. What may lie on it ends in "
        "“.unfinished” and is no backup. Plug it in again and write it anew."
    ),
    "full": (
        "There is not enough room on this disk for the backup, and nothing of it was kept there. Make room on it, or "
        "take a larger one."
    ),
    "too_large": (
        "This disk's format (FAT32) takes no file as large as this backup. Format the disk as exFAT on a PC, or take "
        "another one."
    ),
    "read_only": (
        "This disk cannot be written to. Move its little switch, if it has one, let a PC check it, or take another one."
    ),
    "own": "This is the disk that the box itself runs from, and it would be lost together with it. Take another one.",
    "exists": "A backup of this very minute is on the disk already. Wait a minute and write the next one.",
    "away": "The part of Hearth that writes to disks does not answer. Restart the box and try again.",
}
