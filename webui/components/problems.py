"""Shows what went wrong, in the sentence that says what to do next."""

from collections.abc import Iterator
from contextlib import contextmanager

from nicegui import ui

from webui.components.basics import box, icon, text
from webui.errors import RefusedError, WebuiError

SHOWN_MILLISECONDS = 8000


@contextmanager
def shown() -> Iterator[None]:
    """Turn an error of ours into a message on the page; an ended session leads to the sign-in form."""
    try:
        yield
    except WebuiError as error:
        show(error)


def show(error: WebuiError) -> None:
    """One error as a message that stays long enough to be read."""
    if isinstance(error, RefusedError) and error.status == 401:
        ui.navigate.to("/login")
        return
    tell(str(error))


def tell(sentence: str) -> None:
    """A sentence at the lower edge of the page, spoken by screen readers."""
    ui.notify(sentence, position="bottom", timeout=SHOWN_MILLISECONDS, classes="toast", close_button="Close")


def notice(sentence: str, *, kind: str = "alarm") -> None:
    """A sentence inside the page, for what does not pass by itself; `kind` is alarm, calm or moss."""
    with box("div", f"notice notice-{kind}", role="alert" if kind == "alarm" else "status"):
        icon("spark")
        text("p", sentence)
