"""`hearth-web`: the page and the public HTTPS port; the only daemon that strangers reach."""

import asyncio
import dataclasses
import logging
import sys
from collections.abc import Sequence

import uvloop

from services import credentials, notify
from services.arguments import settings_from
from services.device import read_device
from services.doors import accepts, open_doors
from services.errors import ServicesError
from services.serving import Front, serve
from services.settings import Settings
from webui.app import build_app
from webui.redirect import build_app as build_redirect

log = logging.getLogger(__name__)


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until told to stop; 1 where the front door can't be opened."""
    notify.configure_logging("hearth-web")
    try:
        uvloop.run(_serve(settings_from(argv, __doc__ or "")))
    except ServicesError as error:
        log.error("%s", error)
        return 1
    return 0


async def _serve(settings: Settings) -> None:
    places = settings.places
    doors = open_doors(settings.listen)
    name = read_device(places).name
    web = dataclasses.replace(settings.web, host_names=(name, *settings.web.host_names))
    secure = Front(
        app=build_app(assistant_socket=places.assistant_socket, mesh_socket=places.mesh_socket, settings=web),
        sockets=doors.https,
        certificate=credentials.path("tls.crt"),
        key=credentials.path("tls.key"),
    )
    plain = Front(app=build_redirect(https_port=settings.listen.https_port), sockets=doors.http)

    async def page_served() -> bool:
        return await asyncio.to_thread(accepts, doors.https[0])

    await serve([secure, plain], status="The page is served", check=page_served)


if __name__ == "__main__":
    sys.exit(main())
