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
