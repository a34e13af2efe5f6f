"""`python -m molt_build` is `molt-build`."""

import sys

from molt_build.cli import main

sys.exit(main())
