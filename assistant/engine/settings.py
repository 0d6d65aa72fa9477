"""What a person can set about the engine and its models; `services/settings.py` reads it from the TOML files."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSettings:
    """When a silent engine counts as hung, and what models may take."""

    check_seconds: float = 5.0
    """The pause between two looks at its health."""
    hang_checks: int = 6
    """Looks in a row that may fail on an engine that once was ready."""
    memory_bytes: int = 0
    """What models may take together; 0 leaves it to this PC's memory."""
    longest_tokens: int = 32_768
    """What one conversation of a model that the owner brought may hold, where the model and the memory allow it."""
    idle_seconds: float = 900.0
    """A model that nobody used for so long leaves memory; the next question brings it back."""
    quiet_seconds: float = 30.0
    """So long nobody has asked anything before this PC is measured, once."""
    graphics: str = "auto"
    """`auto` computes on a graphics card where that is likely to be faster, `on` on any that is found, `off` never."""
    graphics_seconds: float = 240.0
    """A card that does not serve after so long, beyond what reading the model takes, is given up."""
    hub: str = "https://huggingface.co"
    """Where models are fetched from when somebody wishes it, and never by itself."""
