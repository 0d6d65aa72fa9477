"""What can go wrong while the image is made, booted or written; each message is a sentence for a person."""


class ImageError(Exception):
    """The image could not be made, booted or written; the message says why and what to type next."""


# Booting it (image/qemu.py, image/boot.py)


class MissingToolError(ImageError):
    """A program or firmware file that QEMU needs isn't installed; `make setup` installs all of them."""


class SigningKeyError(ImageError):
    """The key that signs updates can't be read; the message says what to do."""


class MissingImageError(ImageError):
    """There is no image to boot or to write yet; `make image` makes one."""


class NotAnImageError(ImageError):
    """The file is not a disk image of ours; the message says what is missing."""


class NotAUnifiedKernelError(ImageError):
    """The file isn't a unified kernel image with a kernel, an initrd and a command line; `make image` makes one."""


class GuestEndedError(ImageError):
    """The emulated PC ended before it was asked to; the message holds QEMU's own words and names the console's log."""


class GuestSilentError(ImageError):
    """The emulated PC did not show what was waited for in time; the message names the console's log."""


class MonitorError(ImageError):
    """QEMU's monitor refused a command or closed its socket."""


# Writing it to a stick (image/flash.py)


class RefusedDiskError(ImageError):
    """This disk is not one to overwrite; the message says why and which disk would do."""


class WriteFailedError(ImageError):
    """The stick could not be written to its end; try again, then another port, then another stick."""


class ReadBackDiffersError(ImageError):
    """What the stick gives back is not what was written to it: the stick is worn out or lies about its size."""


# Making it (image/make.py)


class NoMirrorError(ImageError):
    """This host's apt has no Debian archive that the image's packages could come from."""


class SetupMissingError(ImageError):
    """The engine, the models or the Python environment are not there yet; `make setup` makes them."""


class CompilingError(ImageError):
    """A Python file of the image can't be compiled by the image's Python; the message names it."""
