"""Ids of metadata sources in names: {tmdb-603}, [imdbid-tt0133093], tt0133093."""

import re

from app.naming.domain import ExternalId

BRACKETED = re.compile(
    r"[\[{(]\s?(tmdb|imdb|tvdb|tvmaze|anidb|anilist|mal)(?:id)?[-=: ]\s?"
    r"(tt\d{5,10}|\d{1,10})\s?[\]})]",
    re.IGNORECASE,
)
EDITION = re.compile(r"\{edition[- ]([^{}]{1,80})\}", re.IGNORECASE)
"""Plex's way to say the edition in a file name."""
BARE_IMDB = re.compile(r"(?<![^\W_])tt\d{7,9}(?![^\W_])", re.IGNORECASE)


def take_ids(text: str) -> tuple[tuple[ExternalId, ...], str]:
    """The ids in a name, and the name without them."""
    lower = text.lower()
    ids: list[ExternalId] = []
    if "db" in lower or "anilist" in lower or "mal" in lower or "tvmaze" in lower:
        found = BRACKETED.finditer(text)
        ids.extend(ExternalId(source=m[1].lower(), value=m[2].lower()) for m in found)
        text = BRACKETED.sub(" ", text)
    if "tt" in lower:
        found = BARE_IMDB.finditer(text)
        ids.extend(ExternalId(source="imdb", value=m[0].lower()) for m in found)
        text = BARE_IMDB.sub(" ", text)
    return tuple(dict.fromkeys(ids)), text


def take_edition(text: str) -> tuple[str | None, str]:
    """The edition in braces, and the name without it."""
    if "{" not in text:
        return None, text
    match = EDITION.search(text)
    if match is None:
        return None, text
    return match[1].strip() or None, f"{text[: match.start()]} {text[match.end() :]}"
