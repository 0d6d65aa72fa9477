"""What a person can set about the assistant; `services/settings.py` reads it from the node's TOML files."""

from dataclasses import dataclass

from assistant.originals import UPLOAD_LIMIT_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class AssistantSettings:
    """The library's door, and what a new node knows."""

    upload_limit_bytes: int = UPLOAD_LIMIT_BYTES
    """The largest file that is taken."""
    seed_samples: bool = True
    """Whether a new node starts with the sample files on the household's shelf."""
    watchable_folders: tuple[str, ...] = ("~", "/media", "/run/media", "/mnt", "/srv", "/run/hearth/sticks")
    """Only folders below these may be watched. Those that the service cannot reach are of no use here."""
    disk_folders: tuple[str, ...] = ("/run/hearth/sticks", "/media", "/run/media")
    """Each folder in one of these is a disk that is plugged in; one named like the user holds that user's disks."""
    waiting_each: int = 32
    """Questions of one person, and of all their programs, that may wait for the language model; more are refused."""
    waiting_total: int = 128
    """Questions of everybody that may wait."""
    engine_silence_seconds: float = 20.0
    """How long the language model may be silent before it is asked whether it is well."""
