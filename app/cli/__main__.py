"""`python -m app.cli`: the command line of this source tree."""

import sys

from app.cli.root import main

sys.exit(main())
