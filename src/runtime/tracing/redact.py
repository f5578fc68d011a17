"""Takes secrets out of the words of an exception: what the environment calls a secret, and user data in addresses."""

import os
import re
from collections.abc import Mapping

MAX_CHARACTERS = 200
_LEAST_SECRET = 6  # a shorter value would blank out ordinary words
_SECRET_NAME = re.compile(r"KEY|TOKEN|SECRET|PASS|CREDENTIAL|AUTH|USERNAME|CANARY", re.IGNORECASE)
_USER_DATA = re.compile(r"(?<=://)[^/\s@]+@")


def redacted(text: str, environ: Mapping[str, str] = os.environ) -> str:
    """The text, shortened, with `***` for each secret that is known by its variable's name."""
    for name, value in environ.items():
        if len(value) >= _LEAST_SECRET and _SECRET_NAME.search(name):
            text = text.replace(value, "***")
    text = _USER_DATA.sub("***@", text)
    return text if len(text) <= MAX_CHARACTERS else text[: MAX_CHARACTERS - 1] + "…"
