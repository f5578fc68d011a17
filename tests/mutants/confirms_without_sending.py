"""The daemon, except that it sends nothing and says that the venue confirmed it. Smoke must not believe it."""

from risk_manager.__main__ import main
from risk_manager.sdk import enforcement, looking


async def _send_nothing(_self, _intent):
    return None


async def _see_what_is_wanted(_venue, _intent, _symbol_of):
    return looking.Reading(done=True, words="flat", events=())


enforcement.Enforcement._call = _send_nothing  # type: ignore[method-assign]  # the fault that this program plants
enforcement.look = _see_what_is_wanted

if __name__ == "__main__":
    main()
