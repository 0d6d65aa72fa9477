"""`hearth-report`: one line on the console that says how a test boot went; never enabled on a person's box."""

import json
import re
import subprocess
import sys
from pathlib import Path

OURS = (
    "hearth-engine",
    "hearth-assistant",
    "hearth-mesh",
    "hearth-web",
    "hearth-firstboot",
    "hearth-console@tty1",
    "hearth-parser@1",
    "hearth-fetch@1",
    "hearth-rpc@1",
    "hearth-wire@1",
    "hearth-stick@1",
    "hearth-update@1",
)
_SLOWEST = 15
_LISTENING = {"tcp": "0A", "tcp6": "0A", "udp": "07", "udp6": "07"}
"""The state, in /proc/net, of a socket that takes what comes (include/net/tcp_states.h)."""


def main() -> int:
    """Wait until the boot has settled, then print `HEARTH-REPORT {…}`."""
    state = _said("systemctl", "is-system-running", "--wait")
    units = _said("systemctl", "list-units", "--failed", "--plain", "--no-legend")
    report = {
        "state": state,
        "failed": [line.split()[0] for line in units.splitlines() if line],
        "listening": listening(Path("/proc/net")),
        "exposure": exposures(_said("systemd-analyze", "security", "--no-pager", *OURS)),
        "startup": _said("systemd-analyze", "time").split("\n")[0],
        "slowest": services(_said("systemd-analyze", "blame", "--no-pager"))[:_SLOWEST],
    }
    print(f"\nHEARTH-REPORT {json.dumps(report)}", flush=True)  # noqa: T201 - the console is where it reports
    return 0


def listening(folder: Path) -> list[str]:
    """Ports that others can reach, such as `tcp/443`, from the tables in /proc/net; loopback is left out."""
    ports: set[str] = set()
    for table, state in _LISTENING.items():
        for line in (folder / table).read_text(encoding="ascii").splitlines()[1:]:
            local, status = line.split()[1], line.split()[3]
            address, port = local.split(":")
            if status == state and not _is_loopback(address):
                ports.add(f"{table.removesuffix('6')}/{int(port, 16)}")
    return sorted(ports)


def exposures(text: str) -> dict[str, float]:
    """By unit, the overall figure (0 is best, 10 worst) from the output of `systemd-analyze security UNIT…`."""
    found = re.findall(r"Overall exposure level for (\S+)\.service: (\d+\.\d+) ", text)
    return {unit: float(figure) for unit, figure in found}


def services(blame: str) -> list[str]:
    """The services among the lines of `systemd-analyze blame`; devices only show when udev came to them."""
    return [line.strip() for line in blame.splitlines() if line.endswith(".service")]


def _is_loopback(address: str) -> bool:
    # /proc/net writes each 32-bit word in the machine's byte order: 127.0.0.1 is 0100007F.
    return (len(address) == 8 and address.endswith("7F")) or address == "0" * 24 + "01000000"


def _said(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
