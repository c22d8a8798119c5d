"""`python -m app.cli`: the command line of this very folder."""

import sys

from app.cli.root import main

sys.exit(main())
