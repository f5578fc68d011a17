"""The daemon, except that `--dry-run` is forgotten where it matters: it sends. Its venue must not take it."""

from risk_manager.__main__ import main
from risk_manager.sdk.enforcement import Enforcement

_init = Enforcement.__init__


def _forgets(self, **given):
    _init(self, **{**given, "dry_run": False})


Enforcement.__init__ = _forgets  # type: ignore[method-assign]  # the fault that this program plants

if __name__ == "__main__":
    main()
