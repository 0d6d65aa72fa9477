"""`hearth-fetch@`: fetches one model that somebody wished for, over standard input's socket, and ends."""

import socket
import sys

from assistant.models.fetch_worker import serve


def main() -> int:
    """Serve the one connection that systemd (or the assistant) gave us as file descriptor 0."""
    with socket.socket(fileno=0) as connection:
        serve(connection)
    return 0


if __name__ == "__main__":
    sys.exit(main())
