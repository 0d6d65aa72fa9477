"""The palette reads well in both lights."""

import dataclasses

import pytest

from webui.theme import DARK, LIGHT, Palette, contrast, stylesheet

TEXT = ("ink", "muted", "ember")
GROUNDS = ("ground", "surface", "sunken")
PAIRS = [(text, ground) for text in TEXT for ground in GROUNDS] + [
    ("on_ember", "ember"),
    ("ember", "ember_soft"),
    ("ink", "ember_soft"),
    ("ink", "glow"),
    ("moss", "moss_soft"),
    ("alarm", "alarm_soft"),
    ("alarm", "surface"),
    ("surface", "alarm"),
    ("ground", "ink"),
]


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_text_has_wcag_aa_contrast(palette: Palette, text: str, ground: str) -> None:
    assert contrast(getattr(palette, text), getattr(palette, ground)) >= 4.5


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("ground", ["ground", "surface"])
def test_the_edge_of_a_field_can_be_seen(palette: Palette, ground: str) -> None:
    assert contrast(palette.edge, getattr(palette, ground)) >= 3


def test_the_stylesheet_follows_the_devices_light() -> None:
    light, dark = stylesheet().split("@media (prefers-color-scheme: dark)")

    for name, value in dataclasses.asdict(LIGHT).items():
        assert f"--{name.replace('_', '-')}: {value};" in light
    assert f"--ground: {DARK.ground};" in dark


def test_black_on_white_has_the_greatest_contrast() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
