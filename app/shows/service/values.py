"""What NFO files say of shows, in the words that are kept."""

from typing import Final

from msgspec import structs

from app.catalog.domain import Details
from app.shows.domain import ShowStatus

STATUSES: Final = {
    "continuing": ShowStatus.CONTINUING,
    "returning series": ShowStatus.CONTINUING,
    "returning": ShowStatus.CONTINUING,
    "running": ShowStatus.CONTINUING,
    "on air": ShowStatus.CONTINUING,
    "ended": ShowStatus.ENDED,
    "completed": ShowStatus.ENDED,
    "finished": ShowStatus.ENDED,
    "upcoming": ShowStatus.UPCOMING,
    "planned": ShowStatus.UPCOMING,
    "in production": ShowStatus.UPCOMING,
    "pilot": ShowStatus.UPCOMING,
    "unreleased": ShowStatus.UPCOMING,
    "canceled": ShowStatus.CANCELLED,
    "cancelled": ShowStatus.CANCELLED,
}


def show_status(said: str | None) -> str | None:
    """A status in the words that are kept; None where it is not known."""
    status = STATUSES.get(" ".join((said or "").casefold().split()))
    return status.value if status is not None else None


def show_details(said: Details) -> Details:
    """Details of a show itself: pictures of its seasons are theirs, a status is one of ours."""
    return structs.replace(
        said,
        status=show_status(said.status),
        pictures=tuple(p for p in said.pictures if p.season is None),
    )


def season_details(number: int, show: Details | None, own: Details | None) -> Details | None:
    """What the NFO files of a season and of its show say of it together."""
    said = [own] if own is not None else []
    if show is not None:
        pictures = tuple(p for p in show.pictures if p.season == number)
        title = show.season_titles.get(number)
        if pictures or title:
            said.append(Details(title=title, pictures=pictures))
    if not said:
        return None
    first, *others = said
    more = [p for other in others for p in other.pictures]
    return structs.replace(
        first,
        title=first.title or next((o.title for o in others if o.title), None),
        pictures=(*first.pictures, *more),
    )
