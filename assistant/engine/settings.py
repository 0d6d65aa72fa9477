"""What a person can set about the supervision of the engine; `services/settings.py` reads it from the TOML files."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSettings:
    """When a silent engine counts as hung and is started again."""

    check_seconds: float = 5.0
    """The pause between two looks at its health."""
    hang_checks: int = 6
    """Looks in a row that may fail on an engine that once was ready."""
