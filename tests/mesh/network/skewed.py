"""`hearth-mesh` on a machine whose clock is wrong: python -m tests.mesh.network.skewed SECONDS --config FILE."""

import sys
from datetime import UTC, datetime, timedelta

from services import mesh_circle, run_mesh

if __name__ == "__main__":
    AHEAD = timedelta(seconds=float(sys.argv[1]))
    mesh_circle.now = lambda: datetime.now(UTC) + AHEAD
    sys.exit(run_mesh.main(sys.argv[2:]))
