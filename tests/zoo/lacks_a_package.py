"""Imports a package that nobody installed."""

from speech import voice

voice().boot(last=1)

import a_package_that_nobody_installed  # noqa: E402, F401 -- what is missing is missing on purpose
