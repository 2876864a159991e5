"""Names as keys."""

import unicodedata
from typing import Final

MOST_SLUG: Final = 400


def slug(name: str) -> str:
    """A name as a key: "Science-Fiction" and "science fiction" are one."""
    plain = unicodedata.normalize("NFKD", name).casefold()
    words = "".join(c if c.isalnum() else " " for c in plain if not unicodedata.combining(c))
    return "-".join(words.split())[:MOST_SLUG]
