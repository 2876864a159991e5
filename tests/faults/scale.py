"""How big the numbers are: whole with SCALE=full, a twentieth otherwise."""

import os
import random
from typing import Final

FULL: Final = os.environ.get("SCALE") == "full"
SEED: Final = int(os.environ.get("SEED", "0")) or random.SystemRandom().randrange(1, 1 << 31)


def scaled(full: int, short: int | None = None) -> int:
    """`full`, or in a short run `short` or a twentieth."""
    if FULL:
        return full
    return short if short is not None else max(1, full // 20)


def dice(what: str) -> random.Random:
    """A generator whose seed is printed; SEED=… makes it the same again."""
    print(f"{what}: SEED={SEED} SCALE={'full' if FULL else 'short'}")
    return random.Random(f"{what}:{SEED}")
