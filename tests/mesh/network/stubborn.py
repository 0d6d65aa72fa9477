"""`hearth-mesh` of somebody who does not heed that the owner removed it: python -m tests.mesh.network.stubborn."""

import sys

from mesh.belonging import Belonging
from services import run_mesh

if __name__ == "__main__":
    for told in ("offered", "leave"):
        setattr(Belonging, told, lambda *_: None)
    sys.exit(run_mesh.main(sys.argv[1:]))
