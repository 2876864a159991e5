"""A provider as data: where it is, how it may be asked, and how long its answers are good."""

import re
from typing import Final

from msgspec import Struct

NUMBER: Final = re.compile(r"[1-9][0-9]{0,11}", re.ASCII)
WORD: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}", re.ASCII)
MINUTE: Final = 60.0
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR


class ProviderSpec(Struct, frozen=True, kw_only=True):
    """`priority`: the higher, the earlier it is asked and the more it is believed. `rate` requests
    a second and `burst` at once, of all processes. `fresh` are seconds for which answers are kept,
    `fresh_search` those for which lists of hits are, where that is less. `images` are the hosts of
    its pictures. `ids` is what its ids look like, and `ids_of` whose they are where they are not
    its own.
    """

    name: str
    label: str
    priority: int
    address: str
    rate: float
    burst: float
    fresh: float = DAY
    fresh_search: float | None = None
    attempts: int = 3
    timeout: float = 10
    most_bytes: int = 3 << 20
    images: tuple[str, ...] = ()
    ids: re.Pattern[str] = NUMBER
    ids_of: str | None = None
    refused: frozenset[int] = frozenset({401, 403})
    used_up: bytes | None = None
    failing: tuple[bytes, ...] = ()
    known: str = "The Matrix"

    @property
    def source(self) -> str:
        """The source of the ids that it is asked by."""
        return self.ids_of or self.name
