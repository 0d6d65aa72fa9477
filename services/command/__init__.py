"""The `hearth` command: start a node on this machine, and ask it things from a terminal."""

import sys
from collections.abc import Sequence

import httpx

from services.command.arguments import parser
from services.errors import ServicesError


def main(argv: Sequence[str] | None = None) -> int:
    """Run one subcommand; 0 when it did what was asked, 1 with a sentence on standard error otherwise."""
    given = parser().parse_args(argv)
    try:
        return int(given.act(given))
    except ServicesError as error:
        print(f"hearth: {error}", file=sys.stderr)
    except httpx.TimeoutException:
        print("hearth: The node took too long to answer. Look at `hearth status` and try again.", file=sys.stderr)
    except KeyboardInterrupt:
        print("\nhearth: Stopped.", file=sys.stderr)
    return 1
