"""The zoo's probe: prints the venue's ledger, and tells an animal that waits for it that it was asked."""

import os
import sys
from contextlib import suppress
from pathlib import Path

sys.stdout.write(Path(sys.argv[1]).read_text(encoding="utf-8"))
with suppress(OSError):  # nobody waits for it
    os.write(os.open("asked", os.O_WRONLY | os.O_NONBLOCK), b"x")
