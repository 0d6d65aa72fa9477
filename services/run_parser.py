"""`hearth-parser@`: reads one file that it is handed on standard input's socket, and ends."""

import socket
import sys

from assistant.parser.worker import serve


def main() -> int:
    """Serve the one connection that systemd (or the library) gave us as file descriptor 0."""
    with socket.socket(fileno=0) as connection:
        serve(connection)
    return 0


if __name__ == "__main__":
    sys.exit(main())
