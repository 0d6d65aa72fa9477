"""Owns the list of connections that others opened to the mesh port, so that those of a revoked node can be cut."""

from collections.abc import Callable
from dataclasses import dataclass

from cryptography import x509


@dataclass(frozen=True, slots=True, eq=False)
class Caller:
    """Who is at the other end of one connection, as TLS proved it."""

    certificate: x509.Certificate | None
    """None for a newcomer, who has none yet."""
    address: str
    cut: Callable[[], None]
    """Ends the connection at once, in the middle of whatever it carries."""


class Connections:
    """Every open connection."""

    def __init__(self) -> None:
        self._open: set[Caller] = set()

    def opened(self, der: bytes | None, address: str, cut: Callable[[], None]) -> Caller:
        """Note a new connection; `der` is the certificate that its caller showed."""
        caller = Caller(None if der is None else x509.load_der_x509_certificate(der), address, cut)
        self._open.add(caller)
        return caller

    def closed(self, caller: Caller) -> None:
        """Forget a connection."""
        self._open.discard(caller)

    def cut_where(self, unwelcome: Callable[[x509.Certificate], bool]) -> int:
        """Cut every connection whose certificate is unwelcome now; returns how many."""
        doomed = [caller for caller in self._open if caller.certificate is not None and unwelcome(caller.certificate)]
        for caller in doomed:
            caller.cut()
        return len(doomed)
