"""A machine that is hot or runs on the rest of its battery is spared by the others, which say so, until it is well."""

from pathlib import Path

import pytest

from tests.mesh.network.asking import assistant_of, busy
from tests.mesh.network.conftest import Lan, NewNode
from tests.mesh.network.node import DIGEST, Node, joined, running

pytestmark = [pytest.mark.mesh, pytest.mark.timeout(120)]

SUPPLY, ZONE = "supplies/BAT0", "zones/thermal_zone0"


def told(folder: Path, name: str, **values: str) -> None:
    """What the machine's kernel says of this device."""
    (folder / name).mkdir(parents=True, exist_ok=True)
    for value, text in values.items():
        (folder / name / value).write_text(text + "\n")


@pytest.mark.parametrize(
    ("battery", "millidegrees", "reason"),
    [
        (("Discharging", "12"), "50000", "runs on a battery below 30%"),
        (("Full", "100"), "97000", "is at 97 °C"),
    ],
)
async def test_a_machine_that_is_hot_or_low_is_spared_and_said_to_be_so_until_it_is_well(
    node: NewNode, lan: Lan, short_folder: Path, battery: tuple[str, str], millidegrees: str, reason: str
) -> None:
    told(short_folder, SUPPLY, type="Battery", status=battery[0], capacity=battery[1])
    told(short_folder, ZONE, temp=millidegrees)
    mounts = " && ".join(
        f"mount --bind {short_folder / ours} /sys/class/{theirs}"
        for ours, theirs in (("supplies", "power_supply"), ("zones", "thermal"))
    )
    laptop = ("unshare", "--mount", "sh", "-c", f'{mounts} && exec "$@"', "sh")
    home = node("alpha")
    worker = Node(
        short_folder / "beta", "beta", enter=(*lan.enter["beta"], *laptop), address=lan.addresses["beta"], port=7377
    )

    async def unused_because() -> str:
        seen = await home.ask("GET", f"/nodes?digest={DIGEST}")
        return str(home.other(seen, "beta")["unused_because"])

    async with running(home, worker):
        await joined(home, worker)
        await home.until(lambda seen: home.other(seen, "beta")["report"]["vitals"]["temperature_celsius"])
        await home.until(lambda seen: home.other(seen, "beta")["report"]["engine"] == "ready")
        vitals = home.other(await home.seen(), "beta")["report"]["vitals"]
        assert vitals["temperature_celsius"] == int(millidegrees) / 1000
        assert vitals["battery_share"] == int(battery[1]) / 100
        assert await unused_because() == reason
        async with assistant_of(home) as assistant, busy(assistant):
            assert (await assistant.ask("question")).computed_on == "this box"

            told(short_folder, SUPPLY, status="Charging")
            told(short_folder, ZONE, temp="60000")
            await home.until(lambda seen: home.other(seen, "beta")["report"]["vitals"]["is_charging"])
            assert await unused_because() == ""
            assert (await assistant.ask("question")).computed_on == "beta"
