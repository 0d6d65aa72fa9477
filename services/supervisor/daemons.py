"""Which daemons make a node, and what each is handed; the same list that the systemd units follow."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Daemon:
    """One process of the node."""

    name: str
    module: str
    """What `python -m` runs."""
    told_as: str
    """The phrase a person reads while it starts."""
    credentials: tuple[str, ...] = ()
    """Names of files in the secrets folder that it may read."""
    watchdog_seconds: float = 60.0
    """It is restarted when it has not said for so long that it works."""


FIRST_BOOT = Daemon(name="hearth-firstboot", module="services.run_firstboot", told_as="This PC and its secrets")

DAEMONS = (
    Daemon(
        name="hearth-engine",
        module="services.run_engine",
        told_as="Language model",
        credentials=("engine.key",),
    ),
    Daemon(
        name="hearth-assistant",
        module="services.run_assistant",
        told_as="Library and search",
        credentials=("engine.key", "local.key"),
    ),
    Daemon(name="hearth-mesh", module="services.run_mesh", told_as="Mesh", credentials=("engine.key",)),
    Daemon(
        name="hearth-web",
        module="services.run_web",
        told_as="Web page",
        credentials=("tls.crt", "tls.key"),
    ),
)
