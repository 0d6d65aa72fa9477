"""Nodes are found through the real Avahi, and discovery outlives everything that happens to it."""

import asyncio
from pathlib import Path

from mesh.announcement import SERVICE_TYPE
from mesh.avahi import ALL_INTERFACES, conversation
from services import private_avahi
from tests.mesh.conftest import AvahiFactory, announcement, discovering, until

BOX, OTHER = announcement("hearth-aaaa", "a"), announcement("hearth-bbbb", "b")


async def test_two_nodes_on_one_host_see_each_other_and_not_themselves(avahi: AvahiFactory) -> None:
    async with avahi() as bus, discovering(BOX, bus) as box, discovering(OTHER, bus) as other:
        await until(lambda: bool(box.peers and other.peers))

        assert [peer.name for peer in box.peers] == ["hearth-bbbb"]
        assert [peer.node_id for peer in other.peers] == [BOX.node_id]
        assert box.peers[0].port == 443
        assert (box.announced_as, box.problem) == ("hearth-aaaa", None)


async def test_a_stranger_with_avahis_own_tool_sees_what_is_announced(avahi: AvahiFactory) -> None:
    async with avahi() as bus, discovering(BOX, bus) as box:
        await until(lambda: box.announced_as is not None)

        browser = await asyncio.create_subprocess_exec(
            *("avahi-browse", "--resolve", "--terminate", "--parsable", SERVICE_TYPE),
            env={"DBUS_SYSTEM_BUS_ADDRESS": bus, "PATH": "/usr/bin"},
            stdout=asyncio.subprocess.PIPE,
        )
        seen = (await browser.communicate())[0].decode()

        assert "hearth-aaaa;_hearth._tcp;local;box.local" in seen
        assert f'"id={BOX.node_id}"' in seen
        assert f'"fp={BOX.fingerprint}"' in seen


async def test_a_node_that_leaves_is_forgotten(avahi: AvahiFactory) -> None:
    async with avahi() as bus, discovering(BOX, bus) as box:
        async with discovering(OTHER, bus):
            await until(lambda: bool(box.peers))

        await until(lambda: not box.peers)


async def test_a_name_that_is_taken_is_exchanged_for_another(avahi: AvahiFactory) -> None:
    twin = announcement("hearth-aaaa", "c")

    async with avahi() as bus, discovering(BOX, bus) as box:
        await until(lambda: box.announced_as is not None)
        async with discovering(twin, bus) as second:
            await until(lambda: second.announced_as is not None)

            assert second.announced_as == "hearth-aaaa #2"
            await until(lambda: [peer.node_id for peer in second.peers] == [BOX.node_id])


async def test_after_a_restart_of_avahi_the_node_is_announced_again(root: None, short_folder: Path) -> None:
    config = private_avahi.AvahiConfig(host_name="box", interfaces=("lo",))
    with (short_folder / "log").open("ab") as log_file:
        async with private_avahi.bus(short_folder, log_file) as bus, discovering(BOX, bus) as box:
            await until(lambda: "avahi-daemon" in (box.problem or ""))
            for _ in range(2):
                async with private_avahi.avahi_on(bus, short_folder, log_file, config):
                    await until(lambda: box.announced_as == "hearth-aaaa" and box.problem is None)
                await until(lambda: box.announced_as is None)

            assert "avahi-daemon" in (box.problem or "")


async def test_the_bus_may_come_late_and_go_again(short_folder: Path) -> None:
    with (short_folder / "log").open("ab") as log_file:
        async with discovering(BOX, f"unix:path={short_folder / 'bus'}") as box:
            await until(lambda: "no system D-Bus" in (box.problem or ""))
            async with private_avahi.bus(short_folder, log_file):
                await until(lambda: "avahi-daemon" in (box.problem or ""))
            await until(lambda: "no system D-Bus" in (box.problem or ""))


async def test_what_is_no_node_is_left_out_and_the_list_is_bounded(avahi: AvahiFactory) -> None:
    async with avahi() as bus, conversation(bus, SERVICE_TYPE) as rogue, discovering(BOX, bus, most_peers=6) as box:
        await rogue.announce("<script>", 443, [b"v=1", b"id=" + b"x" * 200], [ALL_INTERFACES])
        async with discovering(OTHER, bus):
            await until(lambda: bool(box.peers))

            assert [peer.name for peer in box.peers] == ["hearth-bbbb"]


async def test_two_hosts_on_one_cable_see_each_other(
    avahi: AvahiFactory, two_hosts: tuple[tuple[str, ...], tuple[str, ...]]
) -> None:
    first, second = two_hosts
    async with (
        avahi("one", ("cable",), first) as bus_one,
        avahi("two", ("cable",), second) as bus_two,
        discovering(BOX, bus_one) as box,
        discovering(OTHER, bus_two) as other,
    ):
        await until(lambda: bool(box.peers and other.peers))

        assert [(peer.name, peer.address) for peer in box.peers] == [("hearth-bbbb", "10.77.0.2")]
        assert [(peer.name, peer.address) for peer in other.peers] == [("hearth-aaaa", "10.77.0.1")]


async def test_a_cloned_identity_on_another_host_is_told_to_the_owner(
    avahi: AvahiFactory, two_hosts: tuple[tuple[str, ...], tuple[str, ...]]
) -> None:
    first, second = two_hosts
    async with (
        avahi("one", ("cable",), first) as bus_one,
        avahi("two", ("cable",), second) as bus_two,
        discovering(BOX, bus_one) as box,
        discovering(BOX, bus_two) as clone,
    ):
        await until(lambda: "copied" in (box.problem or "") and "copied" in (clone.problem or ""))

        assert (box.peers, clone.peers) == ((), ())
