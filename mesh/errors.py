"""Owns what can go wrong in the mesh; each message is a sentence for the person."""


class MeshError(Exception):
    """Base class of the package's errors."""


class IdentityError(MeshError):
    """The node's identity cannot be used; the daemon stops until a person acts."""


class IdentityCopiedError(IdentityError):
    """The identity was made for another device: two nodes with one identity would be taken for each other."""

    def __init__(self, folder: str) -> None:
        super().__init__(
            f"The mesh identity in {folder} was made for another box and copied here. "
            "Remove that folder and restart, and this box gets an identity of its own; then let it join again."
        )


class IdentityDamagedError(IdentityError):
    """The identity's files do not belong together or cannot be read."""

    def __init__(self, folder: str) -> None:
        super().__init__(
            f"The mesh identity in {folder} is damaged. Restore it from a backup, or remove that folder "
            "and restart, and this box gets a new identity; then let it join again."
        )


class DiscoveryError(MeshError):
    """Other nodes cannot be found now; discovery tries again by itself and /status shows the sentence."""


class BusMissingError(DiscoveryError):
    """There is no D-Bus to reach Avahi on."""

    def __init__(self) -> None:
        super().__init__(
            "This box cannot be found by its name, since there is no system D-Bus. "
            "Reach it by its IP address; Hearth keeps trying."
        )


class AvahiMissingError(DiscoveryError):
    """Avahi does not run, or does not answer."""

    def __init__(self) -> None:
        super().__init__(
            "This box cannot be found by its name, since Avahi (avahi-daemon) does not answer. "
            "Reach it by its IP address; Hearth keeps trying."
        )


class AvahiRefusedError(DiscoveryError):
    """Avahi refused what it was asked for."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"Avahi refused to announce this box or to look for others ({reason}). "
            "Reach it by its IP address; Hearth keeps trying."
        )


class AnnouncementRefusedError(MeshError):
    """Something calls itself a Hearth node but does not describe itself as one; it is left out."""


class CertificateRefusedError(MeshError):
    """A certificate is not one that this mesh made for its holder; whoever showed it is not let in."""


class RosterRefusedError(MeshError):
    """A list of nodes, or a change of it, is not one that the mesh's home node would make."""


class NoSuchMemberError(MeshError):
    """No node of this mesh has that id."""

    def __init__(self) -> None:
        super().__init__("There is no such node in this mesh. Reload the list of nodes.")


class UnfitNodeNameError(MeshError):
    """A node's name has to be one line of 1 to 40 printable characters."""

    def __init__(self) -> None:
        super().__init__("A node's name is one line of 1 to 40 characters. Choose another one.")


class JoinRefusedError(MeshError):
    """A join ended without trust; `code` names the reason for programs, the message says it to the person."""

    def __init__(self, code: str) -> None:
        super().__init__(JOIN_REFUSALS[code])
        self.code = code


JOIN_REFUSALS = {
    "no_window": "The other box does not let anybody in now. Press “Add a box” on its page, and try again.",
    "expired": "The five minutes are over. Press “Add a box” on the other box again, and use the new code.",
    "used": "This code was used already. Press “Add a box” on the other box again, and use the new code.",
    "wrong_code": (
        "The code is wrong, or somebody on the network stands between the two boxes. "
        "Look at the other box's page and type its code again."
    ),
    "no_guesses": (
        "There were three wrong codes, so the other box closed its door. Press “Add a box” there again; "
        "if nobody of you mistyped, somebody else on this network tried."
    ),
    "spent_code": (
        "This code has failed three times here and is not tried again, since whoever stands between the boxes "
        "would learn it bit by bit. Press “Add a box” on the other box again."
    ),
    "out_of_order": "The other side did not keep to the order of the conversation. Start again on both boxes.",
    "wrong_authority": (
        "The box at this address is not the one whose QR code was scanned. Somebody else may have taken its address."
    ),
    "wrong_certificate": "The other box showed a certificate that does not belong to its mesh. It was not trusted.",
    "version": "The other box runs another version of Hearth that joins differently. Update both boxes.",
    "busy": "Another box is being let in there just now. Wait until that is done, and try again.",
    "refused": "The owner of the other box said no.",
    "own_mesh": "This box is in a mesh already. Say that it is to leave that one; then it can join another.",
    "same_mesh": "This box is in that very mesh already.",
    "not_home": "This box is not its mesh's home node. Open the page of the home node to add a box.",
    "no_room": "The disk of this box is full, so it cannot keep that it joined. Make some room, and join again.",
    "unreachable": "The other box did not answer. Check its address, and that both are on the same network.",
    "stopped": "Joining was stopped.",
}


class MembershipDamagedError(IdentityError):
    """What makes this node a member cannot be read."""

    def __init__(self, folder: str) -> None:
        super().__init__(
            f"The mesh membership in {folder} is damaged. Remove membership.json there and restart; then let this box "
            "join again."
        )


class PeerRefusedError(MeshError):
    """A node that called is not served; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(PEER_REFUSALS[code])
        self.code = code


PEER_REFUSALS = {
    "stranger": "This node is not a member of this mesh.",
    "revoked": "This node was removed from the mesh by its owner.",
    "expired": "This node's certificate is over. It renews it at the home node as soon as it reaches it.",
    "not_yet": "This node's certificate begins in the future: one of the two clocks is wrong by days.",
    "no_mesh": "This node is in no mesh.",
}


class EngineGoneError(MeshError):
    """This node's own engine cannot take a model now."""


class HelpRefusedError(MeshError):
    """This node computes no vectors for others now."""

    def __init__(self) -> None:
        super().__init__("This node computes no vectors for others now. Ask again later, or another one.")


class ModelNotWantedError(MeshError):
    """A model cannot be copied to another node at the owner's wish; the sentence says why."""


class UpdateNotWantedError(MeshError):
    """A node is not updated at the owner's wish; the sentence says why."""


class NodeUnreachableError(MeshError):
    """Another node did not answer, or broke off."""


class NotHomeError(MeshError):
    """Only the home node of the mesh can do this."""

    def __init__(self) -> None:
        super().__init__("Only the home node of the mesh can do this. Open its page.")


class NoRoomError(MeshError):
    """There is no room on the disk for what makes this node a member."""

    def __init__(self) -> None:
        super().__init__("The disk of this box is full, so it cannot keep what a mesh needs. Make some room first.")


class NoSuchRequestError(MeshError):
    """Nobody waits under that number."""

    def __init__(self) -> None:
        super().__init__("Nobody waits to be let in under that number any more. Look at the list again.")


class ForeignEngineError(MeshError):
    """An engine of another make cannot be used; `code` names the reason, the message says what to do."""

    def __init__(self, code: str, **told: object) -> None:
        super().__init__(FOREIGN_REFUSALS[code].format(**told))
        self.code = code


FOREIGN_REFUSALS = {
    "unfit_address": (
        "This is no address of an engine. Type it as 192.168.1.20:11434 or https://name/v1, without a name or password."
    ),
    "unfit_name": "An engine's name is one line of at most 40 characters. Choose another one.",
    "unfit_key": "A key is one line without spaces. Copy it again.",
    "unknown_host": "Nothing on this network has the name “{host}”. Type the engine's IP address instead.",
    "away": (
        "{address} is outside this house. Whatever is asked there leaves the house, and its operator can read it. "
        "If you want that, say so for this engine and add it again."
    ),
    "away_plain": "An engine outside the house is spoken to only over https, so that nobody on the way reads along.",
    "nowhere": "{address} is no address of one machine. Type the address of the engine's own.",
    "barred": (
        "This box's system keeps the mesh to home networks, so {host} cannot be reached. "
        "The README says which setting the owner of the box has to add for an engine outside the house."
    ),
    "no_answer": "Nothing answers at {host}, port {port}. Check the address, and that the engine runs there.",
    "silent": "{host} was reached and said nothing. The engine may be starting or hang; try again in a moment.",
    "not_encrypted": (
        "{host} was reached at port {port} and does not answer over https. Try the address with http:// before it, "
        "or see whether the engine hangs."
    ),
    "certificate": (
        "{host} shows a certificate that nobody vouches for, so somebody else may pretend to be it. If the engine made "
        "it itself, compare its SHA-256 on that machine and give it here: {fingerprint}"
    ),
    "other_certificate": "{host} shows another certificate than the one you vouched for. Its SHA-256: {fingerprint}",
    "no_openai": (
        "Something answers at {host}, but it does not speak the OpenAI API. Check the port, and whether the address "
        "has to end with /v1."
    ),
    "no_model": "The engine at {host} answers and has no model. Load one there, and add it again.",
    "wrong_key": "The engine at {host} wants a key, or another one than it was given. Check the key.",
    "known": "This engine was added already, as “{name}”.",
    "name_taken": "Another engine is called “{name}”. Choose another name.",
    "full": "There are as many engines as may be. Remove one first.",
    "unknown": "There is no such engine here. Reload the list.",
}


class LendingRefusedError(MeshError):
    """This node lends no memory now; the message is the end of a sentence that begins with its name."""


class WireRefusedError(MeshError):
    """There can be no WireGuard wire to a node now; the message is the reason. Another way is taken."""


class SplitRefusedError(MeshError):
    """A model cannot run over several nodes now; the message is a sentence with the numbers."""


class BenchRefusedError(MeshError):
    """Something could not be measured; the message is a sentence that says why."""
