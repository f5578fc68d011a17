"""Money as people write it. Inside it is an integer number of mils, 1/1000 of the account's currency."""

MILS_PER_UNIT = 1000


def dollars(mils: int) -> str:
    """Mils as text with two decimals, three where needed: -900000 is `-900.00`, 15625 is `15.625`."""
    sign = "-" if mils < 0 else ""
    whole, rest = divmod(abs(mils), MILS_PER_UNIT)
    cents, tenth = divmod(rest, 10)
    return f"{sign}{whole}.{cents:02d}{tenth or ''}"
