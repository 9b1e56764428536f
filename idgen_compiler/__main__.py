"""`python -m idgen_compiler` is the command `idgen`."""

from __future__ import annotations

import sys

from idgen_compiler.cli import main

sys.exit(main())
