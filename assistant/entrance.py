"""The entrance: how a person claims the box, joins its household, or signs in; guessing is slowed at every door."""

from collections.abc import Coroutine
from dataclasses import dataclass

from assistant.clock import Clock
from assistant.errors import AssistantError
from assistant.household_errors import AlreadyClaimedError, TooManyGuessesError, WrongInvitationError
from assistant.invitations import Invitations
from assistant.people import People, Person, name_key
from assistant.sessions import Sessions
from assistant.setup_code import SetupCode
from assistant.throttle import INVITATION_LIMITS, LOGIN_LIMITS, SETUP_LIMITS, Throttle


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A person, and the token that stands for them from now on."""

    person: Person
    session: str


class Entrance:
    """Lets people in. `client` is where a guess comes from, such as an address; it only slows guessing."""

    def __init__(
        self, *, people: People, sessions: Sessions, invitations: Invitations, setup_code: SetupCode, clock: Clock
    ) -> None:
        self._people = people
        self._invitations = invitations
        self._sessions = sessions
        self._setup_code = setup_code
        self._claiming = Throttle(SETUP_LIMITS, clock=clock)
        self._signing_in = Throttle(LOGIN_LIMITS, clock=clock)
        self._inviting = Throttle(INVITATION_LIMITS, clock=clock)

    async def claim(self, *, code: str, name: str, password: str, client: str) -> SignedIn:
        """Make the one who read the code from the box's screen its owner.

        Raises `AlreadyClaimedError`, `TooManyGuessesError`, `WrongSetupCodeError`, `UnfitNameError` or
        `WeakPasswordError`.
        """
        self.check_setup_code(code, client)
        person = await self._people.claim(name=name, password=password)
        self._setup_code.discard()
        return SignedIn(person=person, session=self._sessions.open(person.id))

    def check_setup_code(self, code: str, client: str) -> None:
        """Whether this is the one who read the code from the box's screen.

        Raises `AlreadyClaimedError`, `TooManyGuessesError` or `WrongSetupCodeError`.
        """
        if self._people.is_claimed():
            raise AlreadyClaimedError
        keys = {"client": client, "everyone": ""}
        self._claiming.charge(keys)
        self._setup_code.check(code)
        self._claiming.forgive(keys)

    async def sign_in(self, *, name: str, password: str, client: str) -> SignedIn:
        """A fresh session for the person of this name; raises `TooManyGuessesError` or `WrongLoginError`."""
        keys = {"name": name_key(name), "client": client, "everyone": ""}
        self._signing_in.charge(keys)
        person = await self._people.sign_in(name=name, password=password)
        self._signing_in.forgive(keys)
        return SignedIn(person=person, session=self._sessions.open(person.id))

    async def join(self, *, code: str, name: str, password: str, client: str) -> SignedIn:
        """Let the one whom the owner gave a code live here.

        Raises `TooManyGuessesError`, `WrongInvitationError`, `UnfitNameError`, `WeakPasswordError` or `NameTakenError`.
        """
        person = await self._by_code(client, self._invitations.join(code=code, name=name, password=password))
        return SignedIn(person=person, session=self._sessions.open(person.id))

    async def set_password(self, *, code: str, password: str, client: str) -> SignedIn:
        """A new password for the one whom the owner gave a code.

        Raises `TooManyGuessesError`, `WrongInvitationError` or `WeakPasswordError`.
        """
        person = await self._by_code(client, self._invitations.set_password(code=code, password=password))
        return SignedIn(person=person, session=self._sessions.open(person.id))

    async def _by_code(self, client: str, entering: Coroutine[None, None, Person]) -> Person:
        keys = {"client": client, "everyone": ""}
        try:
            self._inviting.charge(keys)
        except TooManyGuessesError:
            entering.close()
            raise
        try:
            person = await entering
        except WrongInvitationError:
            raise
        except AssistantError:
            self._inviting.forgive(keys)  # the code was right, only a name or password did not fit
            raise
        self._inviting.forgive(keys)
        return person
