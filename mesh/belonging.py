"""Owns whether this node is in a mesh now, and tells everybody who has to know when that changes."""

import logging
import ssl
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from cryptography import x509

from mesh import tls
from mesh.errors import NoRoomError, NotHomeError, PeerRefusedError
from mesh.identity import CERTIFICATE, Identity, NodeId
from mesh.membership import Membership, MembershipStore
from mesh.roster import Roster, SignedRoster

log = logging.getLogger(__name__)

EXPELLED = (
    "The owner of the home node removed this box from the mesh. Its own files and chats are untouched; "
    "it can join again where it is invited."
)
UNSAVED = (
    "The disk of this box is full, so it could not keep the latest change of who belongs to the mesh. "
    "The change counts, but only until this box starts again. Make some room: it is then kept by itself."
)


class Belonging:
    """The one place that changes the membership: on the disk, in TLS, and in what others of this process know."""

    def __init__(self, *, identity: Identity, folder: Path, name: str, now: Callable[[], datetime]) -> None:
        self.identity = identity
        self.name = name
        self.now = now
        self.notice: str = ""
        """Something that happened to the membership and that the person has to know."""
        self.is_saved = True
        """Whether the disk knows what counts here."""
        self._store = MembershipStore(folder)
        self._listeners: list[Callable[[], None]] = []
        self.server_context = tls.server_context(folder / CERTIFICATE, self._store.key_file)
        self.membership = self._store.load()
        if self.membership is not None:
            self._show(self.membership)

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call `listener` after every change."""
        self._listeners.append(listener)

    @property
    def is_home(self) -> bool:
        """Whether this node decides who belongs."""
        return self.membership is not None and self.membership.authority_key is not None

    def home(self) -> Membership:
        """The membership of the home node; raises NotHomeError."""
        if self.membership is None or self.membership.authority_key is None:
            raise NotHomeError
        return self.membership

    def become(self, membership: Membership) -> None:
        """This is the membership from now on; raises NoRoomError where it cannot be kept."""
        try:
            self._store.save(membership)
        except OSError as error:
            self._store.forget()
            raise NoRoomError from error
        self.notice, self.is_saved = "", True
        self.membership = membership
        self._show(membership)
        self._tell()

    def change_roster(self, change: Callable[[Roster], Roster]) -> None:
        """On the home node: change who belongs; the others learn of it at once."""
        membership = self.home()
        roster = change(membership.roster)
        if roster is not membership.roster:
            self._take(membership.with_roster(roster))

    def offered(self, roster: SignedRoster) -> None:
        """Another node knows a roster; the newer one counts. Raises RosterRefusedError."""
        if self.membership is None:
            return
        membership = self.membership.with_offered(roster)
        if membership is self.membership:
            return
        own = {member.node_id: member.standing for member in membership.roster.members}
        if own.get(self.identity.node_id) != "member":
            self.leave(EXPELLED)
        else:
            self._take(membership)

    def renew_own(self) -> None:
        """On the home node: make the own certificate anew where that is due."""
        if self.membership is not None:
            renewed = self.membership.renewed(self.identity, self.now())
            if renewed is not self.membership:
                self._renew(renewed)

    def renewed(self, certificate: str) -> None:
        """The home node made this node's certificate anew; raises CertificateRefusedError."""
        if self.membership is not None:
            self._renew(self.membership.with_certificate(certificate))

    def leave(self, notice: str = "") -> None:
        """This node is in no mesh any more."""
        log.info("This node left its mesh", extra={"NODE_ID": self.identity.node_id})
        self.membership, self.notice = None, notice
        self._tell()
        self.save()

    def save(self) -> None:
        """Bring what counts onto the disk; where that fails, `is_saved` says so, and it can be tried again."""
        try:
            if self.membership is None:
                self._store.forget()
            else:
                self._store.save(self.membership)
        except OSError as error:
            if self.is_saved:
                log.error("The membership could not be kept and is tried again: %s", error)
            self.is_saved = False
        else:
            self.is_saved = True

    def admit(self, certificate: x509.Certificate | None) -> NodeId:
        """The member who calls; raises PeerRefusedError."""
        if self.membership is None:
            raise PeerRefusedError("no_mesh")
        if certificate is None:
            raise PeerRefusedError("stranger")
        return self.membership.peer(certificate, self.now())

    def is_unwelcome(self, certificate: x509.Certificate) -> bool:
        """Whether a connection with this certificate has to end."""
        try:
            self.admit(certificate)
        except PeerRefusedError:
            return True
        return False

    def client_context(self) -> ssl.SSLContext:
        """For calling other members; raises PeerRefusedError where there is no mesh."""
        if self.membership is None:
            raise PeerRefusedError("no_mesh")
        return tls.member_context(self.membership.authority, self._store.chain_file, self._store.key_file)

    def _take(self, membership: Membership) -> None:
        """The list of nodes counts at once: who was removed stays out even where the disk takes nothing."""
        self.membership = membership
        self._tell()
        self.save()

    def _renew(self, membership: Membership) -> None:
        """TLS reads a certificate from the disk; without room the old one goes on, and is renewed a little later."""
        try:
            self._store.save(membership)
        except OSError as error:
            log.error("The certificate could not be renewed and is tried again: %s", error)
            return
        self.is_saved = True
        self.membership = membership
        self._show(membership)
        self._tell()

    def _show(self, membership: Membership) -> None:
        tls.trust(self.server_context, membership.authority, self._store.chain_file, self._store.key_file)

    def _tell(self) -> None:
        for listener in self._listeners:
            listener()
