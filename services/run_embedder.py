"""`hearth-embedder`: turns text into vectors in a process of its own, a child of the assistant."""

import socket
import sys

from assistant.embedding.worker import serve


def main() -> int:
    """Serve the assistant on file descriptor 0 until it closes the connection."""
    with socket.socket(fileno=0) as connection:
        serve(connection)
    return 0


if __name__ == "__main__":
    sys.exit(main())
