"""`hearth-gate`: lets a boot count as good once the product works, as somebody in the house would find it.

It opens the page and asks the health over HTTPS, the way a browser does. Where that never comes, this boot is not
blessed, and the boot loader goes back to the version before (Automatic Boot Assessment, systemd).
"""

import logging
import ssl
import sys
import time
from collections.abc import Sequence

import httpx

from services import notify
from services.arguments import settings_from
from services.settings import ListenSettings

log = logging.getLogger(__name__)

PATIENCE_SECONDS = 840.0
POLL_SECONDS = 1.0


def main(argv: Sequence[str] | None = None) -> int:
    """0 as soon as the page is served and the engine answers; 1 when the patience ends."""
    notify.configure_logging("hearth-gate")
    listen = settings_from(argv, __doc__ or "").listen
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        missing = missing_part(listen)
        if missing is None:
            log.info("The page is served and the engine answers: this boot is good")
            return 0
        time.sleep(POLL_SECONDS)
    log.error("This boot is not good: %s", missing)
    return 1


def missing_part(listen: ListenSettings) -> str | None:
    """What does not work yet, as a phrase; None where all of it does."""
    # The certificate is this box's own and the connection is to itself: there is nobody to be mistaken for.
    trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trust.check_hostname = False
    trust.verify_mode = ssl.CERT_NONE
    try:
        with httpx.Client(base_url=f"https://localhost:{listen.https_port}", verify=trust, timeout=30) as visitor:
            page = visitor.get("/", follow_redirects=True)
            health = visitor.get("/api/health")
    except httpx.HTTPError:
        return "the page is not served"
    if page.status_code != httpx.codes.OK or health.status_code != httpx.codes.OK:
        return f"the page answers {page.status_code} and the assistant {health.status_code}"
    engine = health.json()["engine"]
    return None if engine == "ready" else f"the engine is {engine}"


if __name__ == "__main__":
    sys.exit(main())
