"""Draws pages of text as pictures for tests, with the font that Pillow brings or another one."""

import io
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

A4 = (1240, 1754)
"""In pixels at 150 dots an inch."""
LEFT, TOP, LINE = 100, 120, 60


def page(lines: Sequence[str], size: tuple[int, int] = A4, font: Path | None = None) -> Image.Image:
    """A white page with these lines in black."""
    picture = Image.new("L", size, 255)
    draw = ImageDraw.Draw(picture)
    letters = ImageFont.truetype(font, 34) if font else ImageFont.load_default(34)
    for number, line in enumerate(lines):
        draw.text((LEFT, TOP + LINE * number), line, fill=0, font=letters)
    return picture


def saved(pages: Sequence[Image.Image], kind: str) -> bytes:
    """The pages as a file of this kind (PNG, TIFF, PDF …)."""
    out = io.BytesIO()
    first, *others = pages
    first.save(out, format=kind, **({"save_all": True, "append_images": others} if others else {}), resolution=150)
    return out.getvalue()
