"""`hearth watch` and `hearth unwatch`: folders of this machine whose files are on a shelf."""

import argparse
from typing import Any

from services.command.local import answered, connected, only_done


def act(given: argparse.Namespace) -> int:
    """Watch a folder; without one, print which are watched, or say of one that what it misses is really gone."""
    with connected(given.data) as client:
        if given.gone is not None:
            print(told(answered(client.post(f"/api/folders/{given.gone}/gone"))))
            return 0
        if given.path is None:
            folders = answered(client.get("/api/folders"))["folders"]
            print("\n".join(map(told, folders)) or "No folder is watched yet. `hearth watch PATH` watches one.")
            return 0
        asked = {"path": str(given.path.absolute()), "shelf": given.shelf or "private"}
        print(told(answered(client.post("/api/folders", json=asked))))
    return 0


def act_stop(given: argparse.Namespace) -> int:
    """Watch a folder no longer; its files stay in the library."""
    with connected(given.data) as client:
        only_done(client.delete(f"/api/folders/{given.id}"))
    print("It is watched no longer. What came from it stays in the library.")
    return 0


def told(folder: dict[str, Any]) -> str:
    """One line about a folder, one for what is wrong with it, and one for what can be done."""
    lines = [f"{folder['id']}  {folder['path']}  ({folder['files']} files)"]
    if folder["problem"]:
        lines.append(f"    {folder['problem']}")
    if folder["missing"]:
        lines.append(f"    If they are really gone: hearth watch --gone {folder['id']}")
    return "\n".join(lines)
