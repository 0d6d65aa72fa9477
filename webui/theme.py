"""Hearth's colours, spacing and type, as CSS variables for `static/hearth.css`; the warm light of a fire on paper."""

import dataclasses
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """Colours by what they are for. Every text colour reads on every ground with WCAG AA contrast (4.5 to 1)."""

    ground: str
    """Behind everything."""
    surface: str
    """Cards, panels, the question box."""
    sunken: str
    """What lies a step deeper: the side bar, chips, quoted text."""
    ink: str
    """Text."""
    muted: str
    """Text that helps but does not lead."""
    line: str
    """Hairlines that only decorate."""
    edge: str
    """Borders of what can be typed into or pressed (3 to 1 against its ground)."""
    ember: str
    """The one accent: links, the main button, the keyboard's focus."""
    on_ember: str
    """Text on the accent."""
    ember_soft: str
    """A breath of the accent, behind text."""
    glow: str
    """The marker pen over exact words."""
    moss: str
    """Done and well."""
    moss_soft: str
    """Behind what is done and well."""
    alarm: str
    """Went wrong, or will delete."""
    alarm_soft: str
    """Behind what went wrong."""
    shade: str
    """Shadows."""


LIGHT = Palette(
    ground="#faf6f0",
    surface="#fffdfa",
    sunken="#f3ebe0",
    ink="#2a221d",
    muted="#67594e",
    line="#e8ddd0",
    edge="#978778",
    ember="#a63d17",
    on_ember="#ffffff",
    ember_soft="#fbe7da",
    glow="#ffe2a0",
    moss="#35633f",
    moss_soft="#e3efe1",
    alarm="#a1232b",
    alarm_soft="#fae3e1",
    shade="rgb(74 46 24 / 12%)",
)

DARK = Palette(
    ground="#191411",
    surface="#271f1a",
    sunken="#120e0b",
    ink="#f4eae0",
    muted="#bcaa9a",
    line="#3b3029",
    edge="#8a786a",
    ember="#f4935f",
    on_ember="#2b1206",
    ember_soft="#40281c",
    glow="#6e4b10",
    moss="#9acba4",
    moss_soft="#22331f",
    alarm="#f59a95",
    alarm_soft="#46211f",
    shade="rgb(0 0 0 / 45%)",
)

SPACING = {
    "1": "0.25rem",
    "2": "0.5rem",
    "3": "0.75rem",
    "4": "1rem",
    "5": "1.5rem",
    "6": "2rem",
    "7": "3rem",
    "8": "4.5rem",
}

TYPE_SIZES = {
    "small": "0.8125rem",
    "body": "1rem",
    "lead": "1.1875rem",
    "title": "1.5rem",
    "display": "clamp(1.9rem, 1.4rem + 2.4vw, 2.75rem)",
}

SANS = '"Figtree Variable", system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif'
SERIF = '"Fraunces Variable", "Iowan Old Style", Georgia, "Noto Serif", serif'


def stylesheet() -> str:
    """The variables, light by default and dark where the person's device asks for it."""
    shared = {
        **{f"space-{name}": value for name, value in SPACING.items()},
        **{f"type-{name}": value for name, value in TYPE_SIZES.items()},
        "sans": SANS,
        "serif": SERIF,
        "radius": "14px",
        "radius-small": "9px",
    }
    light = _block({"color-scheme": "light"}, shared, _variables(LIGHT))
    dark = _block({"color-scheme": "dark"}, _variables(DARK))
    return f"{light}@media (prefers-color-scheme: dark) {{\n{dark}}}\n"


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two `#rrggbb` colours, 1 to 21 (WCAG 2.2, relative luminance)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _variables(palette: Palette) -> dict[str, str]:
    return {field.name.replace("_", "-"): getattr(palette, field.name) for field in dataclasses.fields(palette)}


def _block(properties: dict[str, str], *variables: dict[str, str]) -> str:
    lines = [f"  {name}: {value};" for name, value in properties.items()]
    lines += [f"  --{name}: {value};" for group in variables for name, value in group.items()]
    return ":root {\n" + "\n".join(lines) + "\n}\n"


def _luminance(colour: str) -> float:
    channels = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
