"""The entrance: how a person claims the box with its set-up code, or signs in; guessing is slowed at both doors."""

from dataclasses import dataclass

from assistant.clock import Clock
from assistant.errors import AlreadyClaimedError
from assistant.people import People, Person, name_key
from assistant.sessions import Sessions
from assistant.setup_code import SetupCode
from assistant.throttle import LOGIN_LIMITS, SETUP_LIMITS, Throttle


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A person, and the token that stands for them from now on."""

    person: Person
    session: str


class Entrance:
    """Lets people in. `client` is where a guess comes from, such as an address; it only slows guessing."""

    def __init__(self, *, people: People, sessions: Sessions, setup_code: SetupCode, clock: Clock) -> None:
        self._people = people
        self._sessions = sessions
        self._setup_code = setup_code
        self._claiming = Throttle(SETUP_LIMITS, clock=clock)
        self._signing_in = Throttle(LOGIN_LIMITS, clock=clock)

    async def claim(self, *, code: str, name: str, password: str, client: str) -> SignedIn:
        """Make the one who read the code from the box's screen its owner.

        Raises `AlreadyClaimedError`, `TooManyGuessesError`, `WrongSetupCodeError`, `UnfitNameError` or
        `WeakPasswordError`.
        """
        if self._people.is_claimed():
            raise AlreadyClaimedError
        keys = {"client": client, "everyone": ""}
        self._claiming.charge(keys)
        self._setup_code.check(code)
        self._claiming.forgive(keys)
        person = await self._people.claim(name=name, password=password)
        self._setup_code.discard()
        return SignedIn(person=person, session=self._sessions.open(person.id))

    async def sign_in(self, *, name: str, password: str, client: str) -> SignedIn:
        """A fresh session for the person of this name; raises `TooManyGuessesError` or `WrongLoginError`."""
        keys = {"name": name_key(name), "client": client, "everyone": ""}
        self._signing_in.charge(keys)
        person = await self._people.sign_in(name=name, password=password)
        self._signing_in.forgive(keys)
        return SignedIn(person=person, session=self._sessions.open(person.id))
