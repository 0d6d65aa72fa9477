"""`hearth-mesh`: this node's identity, its announcement, and its links to the other nodes of its mesh."""

import asyncio
import logging
import os
import sys
import time
from collections.abc import Sequence

import uvloop

from mesh.agent import build_app
from mesh.agent_bench import bench_router
from mesh.agent_foreign import foreign_router
from mesh.agent_help import help_port, help_router
from mesh.agent_nodes import OwnersDesk, nodes_router
from mesh.agent_travel import travel_router
from mesh.agent_updates import updates_router
from mesh.agent_wishes import wishes_port_router, wishes_router
from mesh.agent_work import work_router
from mesh.belonging import Belonging
from mesh.bench_port import bench_port_router
from mesh.errors import IdentityError
from mesh.lending_port import lending_router
from mesh.port import build_port
from mesh.updates_port import updates_port_router
from services import notify
from services.arguments import settings_from
from services.errors import ServicesError
from services.mesh_circle import Circle
from services.mesh_dispatch import Dispatch
from services.mesh_own_engine import OwnEngine
from services.peer_protocol import protocol_for
from services.serving import Front, serve, unix_socket
from services.settings import Places, Settings

log = logging.getLogger(__name__)

RENEW_SECONDS = 600.0
KEEP_SECONDS = 5.0


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until told to stop; EX_CONFIG (78) where only a person can mend the identity."""
    notify.configure_logging("hearth-mesh")
    try:
        given = list(sys.argv[1:] if argv is None else argv)
        uvloop.run(_serve(settings_from(given, __doc__ or ""), given))
    except IdentityError as error:
        log.error("%s", error)
        return os.EX_CONFIG
    except ServicesError as error:
        log.error("%s", error)
        return 1
    return 0


async def _serve(settings: Settings, arguments: Sequence[str]) -> None:
    circle = Circle(settings)
    own = OwnEngine(settings, arguments, circle, is_there=lambda node_id: dispatch.is_there(node_id))
    dispatch = Dispatch(settings, circle, own)
    await own.read()
    await serve(
        [_agent(settings.places, circle, own, dispatch), _port(circle, own, dispatch)],
        status="The mesh agent answers",
        check=_answers,
        background=[
            circle.discovery.run,
            dispatch.links.run,
            dispatch.report.run,
            dispatch.speeds.run,
            dispatch.kept_outcomes.run,
            dispatch.split.run,
            dispatch.foreign.run,
            dispatch.update_order.run,
            lambda: _renew(circle.belonging),
            lambda: _keep(circle.belonging),
        ],
    )
    await dispatch.close()
    await own.close()


def _agent(places: Places, circle: Circle, own: OwnEngine, dispatch: Dispatch) -> Front:
    """For the other daemons of this box."""
    links, split, split_door = dispatch.links, dispatch.split, dispatch.split_door
    desk = OwnersDesk(
        belonging=circle.belonging,
        hosting=circle.hosting,
        joining=circle.joining,
        links=links,
        book=circle.book,
        router=dispatch.router,
        report=dispatch.report.told,
        seen=circle.seen,
        own_addresses=circle.addresses,
        port=lambda: circle.port,
        monotonic=time.monotonic,
        split=split,
        twins=dispatch.twins,
        update_turn=dispatch.update_order.turn,
    )
    app = build_app(
        identity=circle.identity,
        name=circle.name,
        discovery=circle.discovery,
        routers=[
            nodes_router(desk),
            work_router(dispatch.router, links, own.door, dispatch.foreign, split=split, split_engine=split_door),
            foreign_router(dispatch.foreign, dispatch.ledger),
            travel_router(links),
            wishes_router(circle.belonging, links, dispatch.wishes),
            updates_router(
                circle.belonging,
                dispatch.update_order,
                dispatch.update_wish,
                works_for_others=lambda: bool(own.door.running_for_others or own.lending.lent_to),
            ),
            help_router(links, own.helping, monotonic=time.monotonic),
            bench_router(circle.identity.node_id, links, own.door, split, split_door),
        ],
    )
    return Front(app=app, sockets=[unix_socket(places.mesh_socket)])


def _port(circle: Circle, own: OwnEngine, dispatch: Dispatch) -> Front:
    """For other boxes."""
    app = build_port(
        belonging=circle.belonging,
        hosting=circle.hosting,
        links=dispatch.links,
        engine=own.door,
        twins=dispatch.twins,
        routers=[
            lending_router(own.lending),
            help_port(own.helping),
            bench_port_router(dispatch.links),
            wishes_port_router(dispatch.wishes),
            updates_port_router(circle.belonging, dispatch.updates, dispatch.update_wish),
        ],
    )
    return Front(
        app=app,
        sockets=[circle.door],
        tls=circle.belonging.server_context,
        protocol=protocol_for(circle.connections, own.lending.serve),
    )


async def _renew(belonging: Belonging) -> None:
    """On the home node: keep the own certificate fresh."""
    while True:
        belonging.renew_own()
        await asyncio.sleep(RENEW_SECONDS)


async def _keep(belonging: Belonging) -> None:
    """Try again what a full disk did not take."""
    while True:
        if not belonging.is_saved:
            belonging.save()
        await asyncio.sleep(KEEP_SECONDS)


async def _answers() -> bool:
    """Being asked is the proof: the watchdog's question runs on the loop that serves."""
    return True


if __name__ == "__main__":
    sys.exit(main())
