"""Whose a call at a loopback door is, told from the kernel's table, and by the kernel itself."""

import os
import socket
from pathlib import Path

from services.door_guard import is_ours, owner

TABLE = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 100 1 0 100 0 0 10 0
   1: 0100007F:C350 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1000        0 101 1 0 20 4 0 10 -1
   2: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 102 1 0 20 4 0 10 -1
"""


def test_the_table_tells_the_caller_and_not_the_one_who_was_called(tmp_path: Path) -> None:
    table = tmp_path / "tcp"
    table.write_text(TABLE)

    assert owner(table, ("127.0.0.1", 50000), 8080) == 1000
    assert owner(table, ("127.0.0.1", 50001), 8080) is None
    assert owner(table, ("127.0.0.1", 50000), 8081) is None


def test_a_call_of_our_own_is_ours() -> None:
    with socket.create_server(("127.0.0.1", 0)) as door, socket.create_connection(door.getsockname()) as caller:
        table = Path("/proc/self/net/tcp")

        assert owner(table, caller.getsockname(), door.getsockname()[1]) == os.getuid()
        assert is_ours(door, caller.getsockname())
        assert not is_ours(door, ("127.0.0.1", 1))
