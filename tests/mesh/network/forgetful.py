"""`hearth-mesh` of before anything was left out between nodes: python -m tests.mesh.network.forgetful --config FILE.

It names nothing that it keeps, and where others leave something out it does not know what that was.
"""

import json
import sys
from typing import Any

from mesh import links, port
from mesh.report import EXCHANGE, Exchange
from services import run_mesh

LATER = ("stock", "way", "unchanged", "knows")


class Older:
    """An exchange as it was."""

    def dump_json(self, said: Exchange) -> bytes:
        return json.dumps(_as_before(EXCHANGE.dump_json(said))).encode()

    def validate_json(self, content: bytes) -> Exchange:
        return EXCHANGE.validate_json(json.dumps(_as_before(content)))


def _as_before(content: bytes) -> dict[str, Any]:
    return {key: value for key, value in json.loads(content).items() if key not in LATER}


if __name__ == "__main__":
    vars(links)["EXCHANGE"] = vars(port)["EXCHANGE"] = Older()
    sys.exit(run_mesh.main(sys.argv[1:]))
