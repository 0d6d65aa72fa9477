"""What can go wrong between the assistant and its engine."""


class EngineError(Exception):
    """The engine could not do what it was asked; the message is a sentence for the person."""


class EngineUnavailableError(EngineError):
    """The engine does not answer: it is starting, loading a model or has just been restarted."""


class EngineInterruptedError(EngineError):
    """The engine stopped in the middle of an answer; what came before is incomplete."""


class EngineRefusedError(EngineError):
    """The engine understood the request and refused it, such as a prompt longer than its context."""


class EngineContextError(EngineRefusedError):
    """The prompt is longer than the model's context; nothing of it was read."""

    def __init__(self, *, prompt_tokens: int, context_tokens: int) -> None:
        super().__init__(f"This prompt is {prompt_tokens} tokens long, and the model has room for {context_tokens}.")
        self.prompt_tokens = prompt_tokens
        self.context_tokens = context_tokens


class EngineNotFoundError(EngineError):
    """The engine's programs or libraries are not where the settings say; run `make setup`."""


class EngineBrokenError(EngineError):
    """The engine ends again and again without ever serving; its own lines in the log say why."""

    def __init__(self, starts: int) -> None:
        super().__init__(
            f"The language model's engine was started {starts} times and never served. Its lines above say why; "
            "a model file that is damaged, or too little memory, is the usual reason."
        )


class EngineGraphicsError(EngineError):
    """The graphics card's driver does not carry this model; it is computed by the processor."""


class EngineNoRoomError(EngineError):
    """The model does not fit into memory, now or at all; the message has the numbers."""

    def __init__(
        self, *, need_bytes: int, free_bytes: int, budget_bytes: int, on_graphics: bool = False, others: str = ""
    ) -> None:
        """`others` says why other boxes do not compute it together with this one, as a sentence."""
        together = f" {others}" if others else ""
        busy = (
            ""
            if free_bytes == budget_bytes
            else f" Others are answering now and leave {_gb(free_bytes)} free; try again when they are done."
        )
        card = "'s graphics card" if on_graphics else ""
        hint = "" if busy else " Choose a smaller model, or a box with more memory."
        super().__init__(
            f"This model needs {_gb(need_bytes)} of memory, and this box{card} has {_gb(budget_bytes)} for models."
            f"{busy}{together}{hint}"
        )
        self.others = others
        self.need_bytes = need_bytes
        self.free_bytes = free_bytes
        self.budget_bytes = budget_bytes
        self.on_graphics = on_graphics


class EngineUnfitError(EngineError):
    """The engine cannot load this model; its own lines in the log say why."""

    def __init__(self, name: str) -> None:
        super().__init__(
            "The engine could not load this model: it is of a kind that the engine does not know, or damaged. "
            "The other models go on working; delete this one."
        )
        self.name = name


def _gb(size_bytes: int) -> str:
    return f"{size_bytes / 1e9:.1f} GB"
