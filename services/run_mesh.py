"""`hearth-mesh`: this node's identity, its announcement, and its links to the other nodes of its mesh."""

import asyncio
import logging
import os
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version

from assistant.engine.leases import Leases
from assistant.engine.watch import Patience
from assistant.parser.client import ChildTransport, Transport, UnitTransport
from firmware.network import read_network
from mesh.addresses import AddressBook
from mesh.agent import build_app
from mesh.agent_bench import bench_router
from mesh.agent_foreign import foreign_router
from mesh.agent_help import help_port, help_router
from mesh.agent_nodes import OwnersDesk, SeenAnswer, nodes_router
from mesh.agent_travel import travel_router
from mesh.agent_work import work_router
from mesh.announcement import Announcement
from mesh.belonging import Belonging
from mesh.bench_port import bench_port_router
from mesh.connections import Connections
from mesh.discovery import Discovery
from mesh.engine_door import EngineDoor
from mesh.errors import IdentityError
from mesh.foreign.engines import ForeignEngines
from mesh.helping import Helping
from mesh.hosting import Hosting
from mesh.identity import open_identity
from mesh.joining import Joining
from mesh.ledger import Ledger
from mesh.lending import Lending
from mesh.lending_port import lending_router
from mesh.links import Links
from mesh.own_report import OwnReport
from mesh.port import build_port
from mesh.routing import Router
from mesh.scheduler import SERVING_ROLES
from mesh.split import Split
from services import credentials, notify
from services.arguments import settings_from
from services.device import read_device, read_profile
from services.door_guard import is_ours
from services.doors import open_mesh_door
from services.errors import ServicesError
from services.mesh_engines import HouseEngines
from services.mesh_parts import HouseParts
from services.peer_protocol import protocol_for
from services.rpc_boxes import RpcBoxes
from services.serving import Front, serve, unix_socket
from services.settings import Places, Settings

log = logging.getLogger(__name__)

RENEW_SECONDS = 600.0


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until told to stop; EX_CONFIG (78) where only a person can mend the identity."""
    notify.configure_logging("hearth-mesh")
    try:
        given = list(sys.argv[1:] if argv is None else argv)
        asyncio.run(_serve(settings_from(given, __doc__ or ""), given))
    except IdentityError as error:
        log.error("%s", error)
        return os.EX_CONFIG
    except ServicesError as error:
        log.error("%s", error)
        return 1
    return 0


async def _serve(settings: Settings, arguments: Sequence[str]) -> None:
    places = settings.places
    device = read_device(places)
    identity = open_identity(places.mesh_state, device.device_id)
    profile = read_profile(places)
    belonging = Belonging(identity=identity, folder=places.mesh_state, name=device.name, now=_now)
    door = open_mesh_door(settings.listen.address, settings.mesh.port)
    port = int(door.getsockname()[1])
    discovery = Discovery(
        Announcement(node_id=identity.node_id, name=device.name, fingerprint=identity.fingerprint),
        port=port,
        settings=settings.mesh,
    )
    book = AddressBook(places.mesh_state, lambda: discovery.peers)
    key = credentials.read("engine.key")
    leases = Leases(desk=places.engine_desk, key=key, patience=Patience())
    parts = HouseParts(
        places.engine_desk, file_of=lambda digest: engines.file(digest), context_tokens=profile.context_tokens
    )
    engines = HouseEngines(places, leases=leases, context_tokens=profile.context_tokens, need_bytes=parts.need_bytes)
    await asyncio.to_thread(engines.offers)
    engine = EngineDoor(engines, key=key, slots=profile.parallel_slots)
    ledger, connections = Ledger(), Connections()
    lending = Lending(
        belonging,
        RpcBoxes(_rpc_transport(places, arguments), lend=parts.lent, threads=profile.threads),
        is_there=lambda node_id: (
            (link := links.links.get(node_id)) is not None and not link.is_silent(time.monotonic())
        ),
    )
    helping = Helping(
        may_help=lambda: belonging.membership is not None and belonging.membership.role in SERVING_ROLES,
        monotonic=time.monotonic,
    )
    own = OwnReport(
        node_id=identity.node_id,
        version=version("hearth"),
        engine=engine,
        ledger=ledger,
        state=places.mesh_state,
        port=lambda: port,
        now=_now,
        is_in_mesh=lambda: belonging.membership is not None,
        lags=lambda: {node_id: link.round_trip_seconds for node_id, link in links.links.items() if link.report},
        room=engines.room,
        lends=lambda: lending.is_willing,
        embeds=lambda: helping.model,
    )
    links = Links(belonging, book, report=own.told, monotonic=time.monotonic)
    foreign = ForeignEngines(places.mesh_state)
    router = Router(
        belonging=belonging,
        links=links,
        ledger=ledger,
        own_report=own.current,
        monotonic=time.monotonic,
        foreign=foreign,
    )
    split = Split(
        belonging=belonging,
        links=links,
        router=router,
        house=parts,
        is_ours=is_ours,
        monotonic=time.monotonic,
        least_tokens_per_second=settings.mesh.split_least_tokens_per_second,
        idle_seconds=settings.mesh.split_idle_seconds,
    )
    split_engine = EngineDoor(split, key=key, slots=1)
    hosting = Hosting(belonging, monotonic=time.monotonic)
    joining = Joining(
        belonging,
        on_joined=lambda address, at: book.worked(_home_of(belonging), (address, at)),
    )
    belonging.on_change(lambda: _cut(connections, belonging))
    desk = OwnersDesk(
        belonging=belonging,
        hosting=hosting,
        joining=joining,
        links=links,
        book=book,
        router=router,
        report=own.told,
        seen=lambda: [
            SeenAnswer(node_id=peer.node_id, name=peer.name, address=peer.address, port=peer.port)
            for peer in discovery.peers
        ],
        own_address=lambda: _own_address(settings.listen.address),
        port=lambda: port,
        monotonic=time.monotonic,
        split=split,
    )
    agent = build_app(
        identity=identity,
        name=device.name,
        discovery=discovery,
        routers=[
            nodes_router(desk),
            work_router(router, links, engine, foreign, split=split, split_engine=split_engine),
            foreign_router(foreign, ledger),
            travel_router(links),
            help_router(links, helping, monotonic=time.monotonic),
            bench_router(identity.node_id, links, engine, split, split_engine),
        ],
    )
    fronts = [
        Front(app=agent, sockets=[unix_socket(places.mesh_socket)]),
        Front(
            app=build_port(
                belonging=belonging,
                hosting=hosting,
                links=links,
                engine=engine,
                routers=[lending_router(lending), help_port(helping), bench_port_router(links)],
            ),
            sockets=[door],
            tls=belonging.server_context,
            protocol=protocol_for(connections, lending.serve),
        ),
    ]
    await serve(
        fronts,
        status="The mesh agent answers",
        check=_answers,
        background=[discovery.run, links.run, own.run, split.run, foreign.run, lambda: _renew(belonging)],
    )
    await foreign.close()
    await links.close()
    await engine.close()
    await split_engine.close()
    await leases.close()


async def _renew(belonging: Belonging) -> None:
    """On the home node: keep the own certificate fresh."""
    while True:
        belonging.renew_own()
        await asyncio.sleep(RENEW_SECONDS)


def _rpc_transport(places: Places, arguments: Sequence[str]) -> Transport:
    """systemd's sandbox where its socket is, else a child that shuts itself in."""
    if places.rpc_socket.is_socket():
        return UnitTransport(places.rpc_socket)
    return ChildTransport([sys.executable, "-m", "services.run_rpc", *arguments])


def _cut(connections: Connections, belonging: Belonging) -> None:
    if count := connections.cut_where(belonging.is_unwelcome):
        log.info("%s connections of nodes that belong no more were cut", count)


def _own_address(listened: str) -> str:
    """Where others reach this box: the address that it listens on, or its best one where it listens on all."""
    if listened not in {"::", "0.0.0.0"}:
        return listened
    return next((one.ip for one in read_network().addresses), "127.0.0.1")


def _home_of(belonging: Belonging) -> str:
    return "" if belonging.membership is None else belonging.membership.roster.home.node_id


def _now() -> datetime:
    return datetime.now(UTC)


async def _answers() -> bool:
    """Being asked is the proof: the watchdog's question runs on the loop that serves."""
    return True


if __name__ == "__main__":
    sys.exit(main())
