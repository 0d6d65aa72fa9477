"""What can go wrong between a program and the models, each as a sentence that says what to do."""

from collections.abc import Sequence

from assistant.errors import AssistantError


class ModelNotFoundError(AssistantError):
    """There is no such model on this box."""

    code = "model_not_found"

    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(f"There is no model “{name}” on this box. There are: {', '.join(known)}.")


class ModelElsewhereError(AssistantError):
    """The model is on an engine of another make: it can be asked there, and nothing else be done with it here."""

    code = "model_elsewhere"

    def __init__(self, name: str, engines: Sequence[str]) -> None:
        super().__init__(
            f"The model “{name}” is not on this box but on {' and '.join(f'“{one}”' for one in engines)}. "
            "It can be asked from here; load, change or delete it there."
        )


class PromptTooLongError(AssistantError):
    """The prompt does not fit into the model's context; nothing of it was cut."""

    code = "context_length_exceeded"

    def __init__(self, *, prompt_tokens: int, context_tokens: int) -> None:
        super().__init__(
            f"This prompt is {prompt_tokens} tokens long, and the model has room for {context_tokens}, "
            "its answer included. Send less."
        )
        self.prompt_tokens = prompt_tokens
        self.context_tokens = context_tokens


class UnfitRequestError(AssistantError):
    """The request asks for what this model or this box cannot do; `field` names where."""

    code = "unsupported_value"

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class EngineAwayError(AssistantError):
    """The language model does not serve: it is starting, or was just started again."""

    code = "engine_unavailable"


class EngineBrokeOffError(AssistantError):
    """The language model stopped in the middle."""

    code = "engine_interrupted"


class ResponseNotFoundError(AssistantError):
    """This person's programs were told no such response lately, nor such a part of one."""

    code = "not_found"

    def __init__(self, number: str) -> None:
        super().__init__(
            f"There is no “{number}” here. Responses are kept for a day, until this box starts anew, and only where "
            "`store` is not false. Send the whole conversation in `input`."
        )
