"""Owns the door that the owner opens for five minutes: one code, one token, three guesses, one newcomer.

| from | event               | to     |
| ---- | ------------------- | ------ |
| open | guess (1st, 2nd)    | open   |
| open | guess (3rd)         | last   |
| last | guess               | closed |
| open, last | proven        | taken  |
| any  | five minutes passed | closed |
| any  | shut                | closed |

A guess is charged when somebody begins to show the secret, whatever comes of it.
"""

from dataclasses import dataclass, field, replace
from typing import Final, Literal

from mesh.errors import JoinRefusedError
from mesh.join.secret import SecretKind, fresh

OPEN_SECONDS: Final = 300.0
GUESSES: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """One opening of the door."""

    opened_at: float
    """Seconds of a clock that only goes forward."""
    code: str = field(default_factory=lambda: fresh("code"), repr=False)
    token: str = field(default_factory=lambda: fresh("token"), repr=False)
    is_invited: bool = False
    """Open for the box alone whose own token the owner scanned: there is no code then, and no other may try."""
    guesses_left: int = GUESSES
    state: Literal["open", "taken", "closed"] = "open"

    def secret(self, kind: SecretKind) -> str:
        """The code or the token."""
        return self.code if kind == "code" else self.token

    def seconds_left(self, now: float) -> float:
        """How long it stays open."""
        return max(0.0, self.opened_at + OPEN_SECONDS - now)

    def problem(self, now: float) -> str | None:
        """Why nobody may come in now, as a code of JOIN_REFUSALS; None where somebody may."""
        if self.state == "taken":
            return "used"
        if self.state == "closed":
            return "no_guesses" if self.guesses_left <= 0 else "no_window"
        return "expired" if self.seconds_left(now) == 0 else None


def guessed(window: Window | None, now: float) -> Window:
    """The window after somebody began to show a secret; raises JoinRefusedError where nobody may."""
    if window is None:
        raise JoinRefusedError("no_window")
    if problem := window.problem(now):
        raise JoinRefusedError(problem)
    if window.guesses_left <= 0:
        raise JoinRefusedError("no_guesses")
    return replace(window, guesses_left=window.guesses_left - 1)


def failed(window: Window) -> Window:
    """The window after a guess turned out wrong: the third one closes it."""
    return replace(window, state="closed") if window.state == "open" and window.guesses_left <= 0 else window


def proven(window: Window, now: float) -> Window:
    """The window after somebody showed the right secret: nobody else comes in. Raises JoinRefusedError."""
    if problem := window.problem(now):
        raise JoinRefusedError(problem)
    return replace(window, state="taken")


def shut(window: Window) -> Window:
    """The window after the owner closed it."""
    return window if window.state == "taken" else replace(window, state="closed")
