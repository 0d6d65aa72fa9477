"""What the kernel of a test boot is told besides: to report once it has settled, and how a network card is set up."""

import base64


def kernel_words(network: str) -> str:
    """The words; `network` is a .network file of systemd-networkd that comes before the image's own."""
    credential = base64.b64encode(network.encode()).decode()
    report = "systemd.wants=hearth-report.service"
    return f"{report} systemd.set_credential_binary=network.network.10-uplink:{credential}"
