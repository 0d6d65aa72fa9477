"""What can go wrong between a person's browser and the assistant; every message is fit to be shown."""


class WebuiError(Exception):
    """Something failed while a page was served; try again."""


class AssistantAwayError(WebuiError):
    """The assistant does not answer. It may still be starting; try again in a moment."""

    def __init__(self) -> None:
        super().__init__("Hearth’s assistant does not answer. It may still be starting: try again in a moment.")


class RefusedError(WebuiError):
    """The assistant refused a request; the message is its own sentence."""

    def __init__(self, *, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class FormTooLargeError(WebuiError):
    """The form is larger than any honest one."""

    def __init__(self) -> None:
        super().__init__("That form is too large. Shorten what you typed and send it again.")


class ClientGoneError(WebuiError):
    """The browser went away before its request was complete."""
