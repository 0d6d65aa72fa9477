"""`hearth-mesh`: this node's identity, its announcement on the local network, and the nodes that it sees."""

import asyncio
import logging
import os
import sys
from collections.abc import Sequence

from mesh.agent import build_app
from mesh.announcement import Announcement
from mesh.discovery import Discovery
from mesh.errors import IdentityError
from mesh.identity import open_identity
from services import notify
from services.arguments import settings_from
from services.device import read_device
from services.errors import ServicesError
from services.serving import Front, serve, unix_socket
from services.settings import Settings

log = logging.getLogger(__name__)


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until told to stop; EX_CONFIG (78) where only a person can mend the identity."""
    notify.configure_logging("hearth-mesh")
    try:
        asyncio.run(_serve(settings_from(argv, __doc__ or "")))
    except IdentityError as error:
        log.error("%s", error)
        return os.EX_CONFIG
    except ServicesError as error:
        log.error("%s", error)
        return 1
    return 0


async def _serve(settings: Settings) -> None:
    places = settings.places
    device = read_device(places)
    identity = open_identity(places.mesh_state, device.device_id)
    discovery = Discovery(
        Announcement(node_id=identity.node_id, name=device.name, fingerprint=identity.fingerprint),
        port=settings.listen.https_port,
        settings=settings.mesh,
    )
    front = Front(
        app=build_app(identity=identity, name=device.name, discovery=discovery),
        sockets=[unix_socket(places.mesh_socket)],
    )
    await serve([front], status="The mesh agent answers", check=_answers, background=[discovery.run])


async def _answers() -> bool:
    """Being asked is the proof: the watchdog's question runs on the loop that serves."""
    return True


if __name__ == "__main__":
    sys.exit(main())
