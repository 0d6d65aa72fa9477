"""Two sides of a join in memory, joined by a wire that a test may hold in its hands."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from mesh.belonging import Belonging
from mesh.certificates import fingerprint_in
from mesh.hosting import Hosting
from mesh.identity import open_identity
from mesh.join.guest_side import GuestSide, Joined
from mesh.join.messages import GuestRound, HomeHello, HomeRound, Outcome
from mesh.membership import Membership

NOON = datetime(2027, 1, 1, 12, tzinfo=UTC)


@dataclass
class Time:
    """A clock on the wall and one that only goes forward; both move when they are told to."""

    passed: float = 0.0
    now: datetime = field(default=NOON)

    def monotonic(self) -> float:
        return self.passed


class Box:
    """A node without sockets."""

    def __init__(self, folder: Path, name: str, time: Time) -> None:
        self.time = time
        self.identity = open_identity(folder / name, name)
        self.belonging = Belonging(identity=self.identity, folder=folder / name, name=name, now=lambda: time.now)
        self.hosting = Hosting(self.belonging, monotonic=time.monotonic)

    def guest(self, secret: str, expected_authority: str | None = None, *, is_invited: bool = False) -> GuestSide:
        return GuestSide(
            identity=self.identity,
            name=self.belonging.name,
            secret=secret,
            expected_authority=expected_authority,
            is_invited=is_invited,
        )

    def membership(self) -> Membership:
        assert self.belonging.membership is not None
        return self.belonging.membership

    def become(self, joined: Joined) -> None:
        self.belonging.become(
            Membership(
                authority=joined.authority,
                certificate=joined.certificate,
                roster=joined.roster,
                signed_roster=joined.signed_roster,
            )
        )


def pinned(home: Box, guest: GuestSide) -> HomeHello:
    """The hello and its answer, which the guest takes."""
    said = home.hosting.hello(guest.hello(), "10.0.0.9")
    guest.pin(said, home.membership().certificate)
    return said


def proven(
    home: Box,
    guest: GuestSide,
    *,
    to_home: Callable[[GuestRound], GuestRound] = lambda said: said,
    to_guest: Callable[[HomeRound], HomeRound] = lambda said: said,
) -> None:
    """All rounds, over a wire that may change what goes over it."""
    while guest.state in {"pinned", "proving"}:
        guest.heard(to_guest(home.hosting.heard(to_home(guest.round()))))


async def admitted(home: Box, newcomer: Box, kind: str = "code") -> Joined:
    """A whole join, as people do it."""
    window = home.hosting.open()
    guest = newcomer.guest(window.code if kind == "code" else window.token)
    session = pinned(home, guest).session
    proven(home, guest)
    home.hosting.approve(session)
    joined = guest.decided(await home.hosting.outcome(session))
    assert joined is not None
    newcomer.become(joined)
    return joined


def fingerprint(box: Box) -> str:
    return fingerprint_in(box.membership().authority)


__all__ = ["Box", "Outcome", "Time", "admitted", "fingerprint", "pinned", "proven"]
