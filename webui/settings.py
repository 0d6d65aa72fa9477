"""What a person can set about the web front; `services/settings.py` reads it from the node's TOML files."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSettings:
    """The public face of this node."""

    host_names: tuple[str, ...] = ("hearth",)
    """Names of this node without a domain; each is answered bare and with `.local`. Any other name is refused."""
    max_upload_bytes: int = 1 << 30
    """Largest body that is passed on to the assistant, which may set a lower limit of its own."""
    max_model_bytes: int = 1 << 38
    """Largest language model that is passed on."""
    assistant_timeout_seconds: float = 30.0
    """How long the assistant may stay silent before a page says so; streamed answers only pause this long."""
    example_questions: tuple[str, ...] = (
        "What pressure should the boiler show when the radiators are cold?",
        "Where is the main water valve?",
        "When does the warranty on the dishwasher's motor end?",
    )
    """Questions an empty chat offers; the sample files hold their answers."""
