"""Which numbers are years of films."""

from datetime import UTC, datetime

FIRST_YEAR = 1878
YEARS_AHEAD = 5
"""Films are announced a few years ahead; a later number is part of a title ("2049")."""
LAST_YEAR = datetime.now(UTC).year + YEARS_AHEAD
"""Read once: a process does not run for years."""
LAST_BRACKETED_YEAR = 2099


def is_year(number: int, *, bracketed: bool = False) -> bool:
    return FIRST_YEAR <= number <= (LAST_BRACKETED_YEAR if bracketed else LAST_YEAR)
