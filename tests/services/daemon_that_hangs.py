"""A daemon for the supervisor's tests: says that it is ready and then nothing more."""

import time

from services import notify

if __name__ == "__main__":
    notify.configure_logging("hanging")
    notify.ready("hanging")
    time.sleep(60)
