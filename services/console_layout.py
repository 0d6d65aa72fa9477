"""Owns how the console looks: pure functions from the state to the text of a screen or of a serial line."""

import textwrap

import segno

from firmware.network import Address, Network
from services.console_state import Offer, ScreenState

MARGIN = "  "
GAP = 1
QUIET_MODULES = 4  # ISO/IEC 18004 wants four light modules around the symbol
HALF_BLOCKS = {(True, True): "█", (True, False): "▀", (False, True): "▄", (False, False): " "}
ENGINE_WORDS = {
    "ready": "Hearth is ready.",
    "starting": "The language model is starting.",
    "down": "The language model does not run; search works. Hearth starts it again by itself.",
}


def render(state: ScreenState, columns: int, lines: int, turn: int = 0) -> str:
    """A whole screen of exactly `lines` lines, each of at most `columns` characters; QR codes only where they fit.

    Of two that don't fit side by side one is shown at a time; `turn` counts, and each has its turn.
    """
    pictures = _pictures(state)
    for picture in (_side_by_side(pictures), pictures[turn % len(pictures)]) if pictures else ():
        room = columns - max(map(len, picture)) - GAP
        if len(picture) <= lines and room >= len(MARGIN) + 30:
            shown = _beside(_words(state, room - len(MARGIN)), picture, room)
            if len(shown) <= lines and max(map(len, shown)) <= columns:
                return _filled(shown, lines)
    text = _words(state, columns - 2 * len(MARGIN))
    return _filled(["", *(f"{MARGIN}{line}".rstrip() for line in text)], lines)


def report(state: ScreenState) -> str:
    """The same as plain lines for a serial line, one fact a line, the QR codes below."""
    lines = _words(state, 76)
    if state.offer and state.offer.link:
        lines += ["", f"To join {state.offer.home}: {state.offer.link}"]
    for picture in _pictures(state):
        lines += ["", *picture]
    return "\n".join(lines).strip("\n") + "\n"


def urls(state: ScreenState) -> list[str]:
    """Where a browser finds this box, the name first."""
    hosts = [f"{state.name}.local"] if state.name and state.network.addresses else []
    hosts += [_host(address.ip) for address in _shown(state.network)]
    return [f"https://{host}{_port(state)}" for host in hosts]


def setup_url(state: ScreenState) -> str | None:
    """What the QR code says: the set-up page at an IP address, with the code; None where there is nothing to scan.

    The code comes after `#`, so a browser never sends it anywhere but to the page that asks for it.
    """
    addresses = [address for address in _shown(state.network) if not address.ip.startswith("fe80")]
    if not addresses or not state.setup_code or state.unsupported:
        return None
    return f"https://{_host(addresses[0].ip)}{_port(state)}/setup#{state.setup_code}"


def qr_lines(text: str) -> list[str]:
    """A QR code in half blocks that draw its light modules, for a dark screen."""
    symbol = segno.make(text, micro=False, error="l")
    rows = [[not dark for dark in row] for row in symbol.matrix_iter(border=QUIET_MODULES)]
    if len(rows) % 2:
        rows.append([False] * len(rows[0]))
    pairs = zip(rows[::2], rows[1::2], strict=True)
    return ["".join(HALF_BLOCKS[pair] for pair in zip(upper, lower, strict=True)) for upper, lower in pairs]


def _words(state: ScreenState, width: int) -> list[str]:
    """The text of the screen; addresses and codes are never broken into two lines."""
    lines = ["Hearth", ""]
    if state.unsupported:
        return [*lines, *textwrap.wrap(state.unsupported, width)]
    if state.name:
        lines += [f"Name: {state.name}"]
    lines += [f"Address: {url}" for url in urls(state)]
    lines += textwrap.wrap(_network_words(state.network), width)
    lines += [""]
    if state.setup_code:
        lines += [f"Set-up code: {state.setup_code}", ""]
        lines += textwrap.wrap(_how_to_begin(state), width)
        if state.offer:
            lines += ["", *textwrap.wrap(_how_to_join(state.offer), width)]
    else:
        lines += textwrap.wrap(ENGINE_WORDS.get(state.engine or "", "Hearth is starting."), width)
    if state.fingerprint and urls(state):
        lines += ["", f"Fingerprint: {state.fingerprint}"]
        lines += textwrap.wrap("The browser warns once: the box made its own certificate. It begins like this.", width)
    return lines


def _network_words(network: Network) -> str:
    if any(not address.link_local for address in network.addresses):
        return ""
    if network.connected:
        return "No router has given this PC an address. Check the cable and the router; this screen follows by itself."
    return "No network was found. Plug in a network cable; the address then appears here by itself."


def _how_to_begin(state: ScreenState) -> str:
    if not urls(state):
        return "It is asked for by the set-up page."
    return "Open the address on a phone or PC in the same network and type the code, or scan the picture."


def _how_to_join(offer: Offer) -> str:
    if offer.is_member:
        return f"This PC computes for {offer.home} now. Nothing more is to be done here."
    if offer.words:
        words = " ".join(offer.words)
        return f"{offer.home} has to show these words: {words}. If it does, let this PC in there."
    if offer.problem:
        return f"Joining {offer.home} did not work: {offer.problem}"
    return (
        f"Or, if {offer.home} is yours: scan the picture “Join {offer.home}” with the phone on which you are logged in "
        "there. This PC then helps it."
    )


def _pictures(state: ScreenState) -> list[list[str]]:
    """The QR codes, each with its name below where there are two."""
    url = setup_url(state)
    if url is None:
        return []
    if state.offer is None or not state.offer.link or not state.setup_code:
        return [qr_lines(url)]
    return [_named(qr_lines(url), "Set up"), _named(qr_lines(state.offer.link), f"Join {state.offer.home}")]


def _named(picture: list[str], name: str) -> list[str]:
    width = max(map(len, picture))
    return [*picture, textwrap.shorten(name, width, placeholder="…").center(width)]


def _side_by_side(pictures: list[list[str]]) -> list[str]:
    """The pictures in one row, their names on one line."""
    lowest = max(map(len, pictures))
    columns = []
    for picture in pictures:
        blank = " " * max(map(len, picture))
        columns.append([*picture[:-1], *[blank] * (lowest - len(picture)), picture[-1].ljust(len(blank))])
    return [(" " * 2 * GAP).join(parts).rstrip() for parts in zip(*columns, strict=True)]


def _beside(words: list[str], picture: list[str], room: int) -> list[str]:
    """Text on the left, the picture on the right; a line that is too long for the left, an IPv6 address, goes below."""
    left = ["", *(f"{MARGIN}{line}".rstrip() for line in words)]
    long = [line for line in left if len(line) > room]
    left = [line for line in left if len(line) <= room]
    height = max(len(left), len(picture))
    pairs = zip(left + [""] * (height - len(left)), picture + [""] * (height - len(picture)), strict=True)
    return [*(f"{text:<{room + GAP}}{part}".rstrip() for text, part in pairs), *long]


def _filled(shown: list[str], lines: int) -> str:
    return "\n".join((shown + [""] * lines)[:lines])


def _shown(network: Network) -> list[Address]:
    """IPv4 where there is any: nobody types an IPv6 address who need not."""
    plain = [address for address in network.addresses if ":" not in address.ip]
    routed = [address for address in network.addresses if not address.link_local]
    return plain or routed or list(network.addresses)


def _host(ip: str) -> str:
    return f"[{ip}]" if ":" in ip else ip


def _port(state: ScreenState) -> str:
    return "" if state.https_port == 443 else f":{state.https_port}"
