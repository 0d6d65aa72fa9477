"""Owns whether Hearth can run on a PC at all, and the sentence for its owner where it cannot."""

from firmware.hardware import Hardware

LEAST_LEVEL = 2  # x86-64-v2, about 2009: numpy and onnxruntime end with an illegal instruction below it
LEAST_BYTES = 1_400_000_000  # what a PC sold with 1.5 GB shows after its firmware took a share


def unsupported(hardware: Hardware) -> str | None:
    """Why this PC cannot run Hearth, as a sentence that says what its owner can do; None where it can."""
    processor = hardware.processor
    if processor.level is not None and processor.level < LEAST_LEVEL:
        return (
            f"This PC's processor ({processor.model or 'of an unknown model'}) is too old for Hearth, which needs "
            "SSE4.2 as in PCs made since about 2009. Put the stick into a newer PC."
        )
    usable = hardware.memory.usable_bytes
    if usable is not None and usable < LEAST_BYTES:
        return (
            f"This PC has {usable / 1e9:.1f} GB of memory and Hearth needs at least 1.5 GB. "
            "Add memory, or put the stick into another PC."
        )
    return None
