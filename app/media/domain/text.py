"""Texts out of files are hostile input: bounded, printable, encodable."""

import unicodedata

from app.media.domain.info import MAX_TEXT

# Cc control, Cs lone surrogate, Co private use, Cn unassigned and noncharacters
_DROPPED = frozenset({"Cc", "Cs", "Co", "Cn"})
# Overrides of the writing direction can make a name read as another one.
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")


def clean_text(value: str | None, limit: int = MAX_TEXT) -> str | None:
    """One line of at most `limit` printable characters; None when nothing remains."""
    if not value:
        return None
    # Cut first: a tag may be megabytes long, and each of its characters would be looked up.
    head = value[: limit * 4]
    if not (head.isascii() and head.isprintable()):
        head = "".join(
            " " if c.isspace() else c
            for c in head
            if c.isspace() or (unicodedata.category(c) not in _DROPPED and c not in _BIDI)
        )
    return " ".join(head.split())[:limit].rstrip() or None
