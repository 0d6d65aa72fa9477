"""The picture and the code that let a new box in."""

import segno

from webui.components.basics import box, text


def qr_picture(content: str, label: str) -> None:
    """A QR code as a picture of its own, dark on light in either mode so that every camera reads it."""
    address = segno.make(content, error="m").png_data_uri(scale=6, border=3, dark="#2a221d", light="#ffffff")
    box("img", "qr", src=address, alt=label)


def words_shown(words: tuple[str, ...]) -> None:
    """Four words to compare with another screen."""
    with box("p", "join-words"):
        for word in words:
            text("span", word)
