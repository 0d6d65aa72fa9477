"""`hearth-mesh` on a machine whose clock is wrong: python -m tests.mesh.network.skewed SECONDS --config FILE.

Where a file `later` lies beside the settings, so many seconds more have passed, also by the clock that only goes
forward; what is due every ten minutes is done every second.
"""

import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

from services import mesh_circle, run_mesh


def later(file: Path) -> float:
    """How many seconds have passed that nobody waited for."""
    return float(file.read_text()) if file.exists() else 0.0


def main(ahead_seconds: str, *arguments: str) -> int:
    file = Path(arguments[-1]).with_name("later")
    mesh_circle.now = lambda: datetime.now(UTC) + timedelta(seconds=float(ahead_seconds) + later(file))
    vars(mesh_circle)["time"] = SimpleNamespace(monotonic=lambda: time.monotonic() + later(file))
    vars(run_mesh)["RENEW_SECONDS"] = 1.0
    return run_mesh.main(arguments)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
