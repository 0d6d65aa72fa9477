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
