"""How an engine is."""

from typing import Literal

EngineState = Literal["ready", "starting", "down"]
