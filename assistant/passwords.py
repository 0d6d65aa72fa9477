"""Passwords: which ones are good enough, and how they are kept (argon2id, RFC 9106)."""

import asyncio
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from assistant.household_errors import WeakPasswordError

SHORTEST_PASSWORD = 8
LONGEST_PASSWORD = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class HashingCost:
    """What one guess costs; RFC 9106's second choice, about a tenth of a second on a small PC."""

    memory_kib: int = 64 * 1024
    passes: int = 3
    lanes: int = 2


def refuse_weak(password: str, *, name: str) -> None:
    """Raise `WeakPasswordError`, saying what to choose instead, for a password that is guessed at once."""
    if len(password) < SHORTEST_PASSWORD:
        message = f"This password is too short. Choose one of at least {SHORTEST_PASSWORD} characters."
        raise WeakPasswordError(message)
    if len(password) > LONGEST_PASSWORD:
        message = f"This password is too long. Choose one of at most {LONGEST_PASSWORD} characters."
        raise WeakPasswordError(message)
    if len(set(password)) == 1:
        message = "This password is one character repeated. Choose one that nobody guesses."
        raise WeakPasswordError(message)
    if _comparable(password) == _comparable(name):
        message = "The password is the same as the name. Choose one that nobody guesses from the name."
        raise WeakPasswordError(message)


class Passwords:
    """Makes and checks hashes, one at a time in a thread of its own: each takes memory and time on purpose."""

    def __init__(self, cost: HashingCost | None = None) -> None:
        cost = cost or HashingCost()
        self._hasher = PasswordHasher(
            time_cost=cost.passes, memory_cost=cost.memory_kib, parallelism=cost.lanes, type=Type.ID
        )
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="hearth-password")
        self._nobodys_hash: str | None = None

    async def hash(self, password: str) -> str:
        """The password's hash with its own salt and cost, in the PHC string format."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._hasher.hash, _normal(password))

    async def matches(self, password: str, hashed: str | None) -> bool:
        """Whether `hashed` was made of `password`; without a hash the answer is no, after the same time."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._matches, _normal(password), hashed)

    def is_outdated(self, hashed: str) -> bool:
        """Whether the hash was made at another cost than today's."""
        return self._hasher.check_needs_rehash(hashed)

    def close(self) -> None:
        """Let the thread end."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _matches(self, password: bytes, hashed: str | None) -> bool:
        if hashed is None:
            # Nobody has that name: work as long as for a person, so that time does not tell which names exist.
            self._nobodys_hash = self._nobodys_hash or self._hasher.hash("nobody")
            hashed, password = self._nobodys_hash, b""
        try:
            return self._hasher.verify(hashed, password)
        except (VerificationError, InvalidHashError):
            return False


def _normal(password: str) -> bytes:
    """The same bytes, however a keyboard composed its accents."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")


def _comparable(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().strip()
