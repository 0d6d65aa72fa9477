"""The token of a new box's QR code, on its way from the code's address through the log-in to the page of nodes."""

import re
from collections.abc import Mapping

_TOKEN = re.compile(r"[0-9a-hjkmnp-tv-z]{26}")


def token_in(given: Mapping[str, str]) -> str:
    """The token among the fields of an address or a form; nothing where there is none of its form."""
    found = given.get("invite", "")
    return found if _TOKEN.fullmatch(found) else ""


def with_token(path: str, token: str) -> str:
    """The address of a page, with the token where there is one."""
    return f"{path}?invite={token}" if token else path
