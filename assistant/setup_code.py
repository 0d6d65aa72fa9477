"""The set-up code: what a person reads on the box's own screen proves that they stand before it."""

import asyncio
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from assistant.clock import Clock
from assistant.console_file import write_whole
from assistant.household_errors import WrongSetupCodeError

ALPHABET = "ABCDEFGHJKMNPQRSTVWXYZ23456789"
"""No character that can be taken for another: no I, L, O, U, 0 or 1."""
LENGTH = 8
LIFETIME = timedelta(hours=1)
MOST_WRONG_GUESSES = 5

Choose = Callable[[str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """One code, as it is compared; `shown` is how a person reads it."""

    letters: str
    expires_at: datetime

    @property
    def shown(self) -> str:
        """The code in two groups, such as `ABCD-2345`."""
        return f"{self.letters[:4]}-{self.letters[4:]}"


def without_decoration(guess: str) -> str:
    """What a person typed, without the dash and spaces, in capitals."""
    return "".join(character for character in guess.upper() if not character.isspace() and character not in "-–—‐‑")


class SetupCode:
    """The code of an unclaimed box; it lives in memory, and in one small file that the console shows."""

    refresh_seconds = 15.0

    def __init__(self, *, path: Path, clock: Clock, choose: Choose = secrets.choice) -> None:
        self._path = path
        self._clock = clock
        self._choose = choose
        self._code: Code | None = None
        self._wrong_guesses = 0

    def current(self) -> Code:
        """The code that counts now; an expired one is replaced."""
        if self._code is None or self._clock.now() >= self._code.expires_at:
            self._code = self._renewed()
        return self._code

    def check(self, guess: str) -> None:
        """Raise `WrongSetupCodeError` unless the guess is right; after five wrong guesses the code is another one."""
        code = self.current()
        if hmac.compare_digest(without_decoration(guess).encode("utf-8", "surrogatepass"), code.letters.encode()):
            return
        self._wrong_guesses += 1
        if self._wrong_guesses >= MOST_WRONG_GUESSES:
            self._code = self._renewed()
        raise WrongSetupCodeError

    def discard(self) -> None:
        """The box is claimed: no code counts any more, and the file is gone."""
        self._code = None
        self._path.unlink(missing_ok=True)

    async def keep_current(self, is_claimed: Callable[[], bool]) -> None:
        """Keep the file true until the box is claimed."""
        while not is_claimed():
            self.current()
            await asyncio.sleep(self.refresh_seconds)
        self.discard()

    def _renewed(self) -> Code:
        letters = "".join(self._choose(ALPHABET) for _ in range(LENGTH))
        code = Code(letters=letters, expires_at=self._clock.now() + LIFETIME)
        self._wrong_guesses = 0
        write_whole(self._path, {"code": code.shown, "expires_at": code.expires_at.isoformat()})
        return code
