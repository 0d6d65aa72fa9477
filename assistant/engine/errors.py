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
