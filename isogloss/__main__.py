"""``python -m isogloss`` is the command ``isogloss``."""

import sys

from isogloss.gateway.cli import main

sys.exit(main())
