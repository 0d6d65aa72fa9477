"""`python -m services.command` is `hearth`."""

import sys

from services.command import main

sys.exit(main())
