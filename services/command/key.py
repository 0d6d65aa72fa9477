"""`hearth key`: make, list and take back the keys that programs use."""

import argparse
from typing import Any

from services.command.local import answered, connected, only_done


def act_create(given: argparse.Namespace) -> int:
    """Make a key and print its secret, which is shown this once."""
    with connected(given.data) as client:
        made = answered(client.post("/api/keys", json={"name": given.name}))
    print(made["secret"])
    return 0


def act_list(given: argparse.Namespace) -> int:
    """Print every key of the box's owner with its last use."""
    with connected(given.data) as client:
        keys = answered(client.get("/api/keys"))["keys"]
    print("\n".join(map(told, keys)) or "There are no keys yet. `hearth key create NAME` makes one.")
    return 0


def act_revoke(given: argparse.Namespace) -> int:
    """Take a key back."""
    with connected(given.data) as client:
        only_done(client.delete(f"/api/keys/{given.id}"))
    print("This key opens nothing any more.")
    return 0


def told(key: dict[str, Any]) -> str:
    """One line about a key."""
    used = f"last used {key['used_at'][:16].replace('T', ' ')} UTC" if key["used_at"] else "never used"
    return f"{key['id']}  {key['beginning']}…  {key['name']}  ({used})"
