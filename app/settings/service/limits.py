"""The numbers of rate limits: settings, read anew for every take."""

from collections.abc import Callable, Mapping
from typing import Final

from app.core.ratelimit import Limit, Tier
from app.settings.domain import (
    LIMITS_AUTH_BURST,
    LIMITS_AUTH_RATE,
    LIMITS_GLOBAL_BURST,
    LIMITS_GLOBAL_RATE,
    LIMITS_MUTATION_BURST,
    LIMITS_MUTATION_RATE,
    LIMITS_SEARCH_BURST,
    LIMITS_SEARCH_RATE,
    Setting,
)
from app.settings.service.settings import Settings

NUMBERS: Final[Mapping[Tier, tuple[Setting[float], Setting[int]]]] = {
    Tier.GLOBAL: (LIMITS_GLOBAL_RATE, LIMITS_GLOBAL_BURST),
    Tier.AUTH: (LIMITS_AUTH_RATE, LIMITS_AUTH_BURST),
    Tier.MUTATION: (LIMITS_MUTATION_RATE, LIMITS_MUTATION_BURST),
    Tier.SEARCH: (LIMITS_SEARCH_RATE, LIMITS_SEARCH_BURST),
}


def limits_of(settings: Settings) -> Callable[[Tier], Limit]:
    """What the limit of a tier is now."""

    def limit(tier: Tier) -> Limit:
        rate, burst = NUMBERS[tier]
        return Limit(settings.get(rate), settings.get(burst))

    return limit
