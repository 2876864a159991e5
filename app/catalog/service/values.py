"""The columns of titles and details, as tables of content have them."""

from datetime import date
from typing import Any, Final

from app.catalog.domain import Details, popularity_of
from app.media.domain import clean_text
from app.naming.service import sort_title

MOST_TITLE: Final = 500
NAMELESS: Final = "?"


def title_of(file_name: str) -> str:
    """The title of what has none but the name of its file."""
    return clean_text(file_name.rpartition(".")[0] or file_name, MOST_TITLE) or NAMELESS


def titled(title: str, sorted_by: str | None = None) -> dict[str, str]:
    """The columns of a title."""
    shown = title[:MOST_TITLE]
    return {"title": shown, "sort_title": sort_title(sorted_by or shown)[:MOST_TITLE]}


def details_values(details: Details) -> dict[str, Any]:
    """The columns that details say something about; a table takes those it has."""
    values: dict[str, Any] = {
        "original_title": (details.original_title or "")[:MOST_TITLE] or None,
        "overview": details.overview,
        "tagline": details.tagline,
        "runtime": details.runtime,
        "rating": details.rating,
        "votes": details.votes,
        "popularity": popularity_of(details.rating, details.votes),
        "trailer_url": details.trailer_url,
        "year": details.year,
        "status": details.status,
        "absolute": details.absolute,
    }
    for name in ("release_date", "last_air_date"):
        if day := getattr(details, name):
            values[name] = date.fromisoformat(day)
    if details.title:
        values |= titled(details.title, details.sort_title)
    return {name: value for name, value in values.items() if value is not None}
