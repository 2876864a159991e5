"""Refreshing: what can be, how it ended, and when it is due again."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from msgspec import Struct

from app.catalog.domain.said import Guess, MetadataField, MetadataState
from app.core.errors import Invalid, NotFound, Unavailable


class Refreshable(StrEnum):
    """What there are records of at providers; also the prefixes of its ids."""

    MOVIE = "movie"
    SHOW = "show"
    SEASON = "season"
    EPISODE = "episode"
    PERSON = "person"
    COLLECTION = "collection"


TITLES: Final = (Refreshable.MOVIE, Refreshable.SHOW)
AGAIN: Final = timedelta(minutes=30)  # what was asked for less than that ago is not asked for again
LEASE: Final = timedelta(minutes=15)  # for which whoever takes what is due has it
DAY: Final = timedelta(days=1)
WEEK: Final = timedelta(days=7)
MONTH: Final = timedelta(days=30)
YEAR: Final = timedelta(days=365)
FIRST_RETRY: Final = timedelta(minutes=15)
MOST_FAILURES: Final = 1000
UNWRITABLE: Final = "What providers answered could not be kept; the log of the server says why."
RUNNING: Final = frozenset({"continuing", "upcoming"})


class Age(Struct, frozen=True, kw_only=True):
    """By what it is told how soon something is worth another look."""

    status: str | None = None
    release_date: date | None = None
    next_air_date: date | None = None


def due_again(age: Age, now: datetime) -> datetime:
    """Running shows and films to come daily, films of the last year weekly, all else monthly; and
    on the day after the next episode is aired.
    """
    wait = MONTH
    if age.status in RUNNING:
        wait = DAY
    elif age.status is None and age.release_date is not None:
        old = now.date() - age.release_date
        wait = DAY if old < timedelta(0) else WEEK if old < YEAR else MONTH
    due = now + wait
    if age.next_air_date is not None and age.next_air_date >= now.date():
        aired = datetime.combine(age.next_air_date + DAY, time(6), UTC)
        due = min(due, aired)
    return due


def retry_at(failures: int, now: datetime, retry_after: float | None = None) -> datetime:
    """After the `failures`-th failure in a row, counted from 1: a quarter of an hour, doubled up to
    a day; not before whoever failed wants to be asked again.
    """
    doubled: int = 1 << min(failures - 1, 10)
    wait = min(FIRST_RETRY * doubled, DAY)
    return now + max(wait, timedelta(seconds=min(retry_after or 0, DAY.total_seconds())))


class Outcome(Struct, frozen=True, kw_only=True):
    """How a refresh ended: the state of the item, and what it may be where that is open."""

    state: MetadataState
    problem: str | None = None
    guesses: tuple[Guess, ...] = ()
    retry_after: float | None = None


class Edit(Struct, frozen=True, kw_only=True):
    """What somebody says of an item: columns of its table, and lists of names. A field that is
    said becomes locked.
    """

    fields: tuple[MetadataField, ...]
    values: Mapping[str, object] = {}
    genres: tuple[str, ...] | None = None
    certification: str | None = None


class Requested(Struct, frozen=True, kw_only=True):
    """What was asked to be refreshed; not `accepted` where that was done, or asked for, less than
    half an hour ago.
    """

    kind: str
    id: UUID
    accepted: bool


class NobodyAnswered(Unavailable):
    """No provider that knows it could be asked."""

    def __init__(self, problem: str, retry_after: float | None) -> None:
        super().__init__(f"No provider answered. {problem}".strip(), retry_after=retry_after)


class NothingThere(NotFound):
    """There is no such thing, or the viewer may not see it."""

    def __init__(self, field: str = "id") -> None:
        super().__init__("There is nothing of this id.", field=field)


class NothingEdited(Invalid):
    """An edit that says nothing."""

    def __init__(self) -> None:
        super().__init__("Say at least one field.", field="input")


class BadRecord(Invalid):
    """No provider has such a record."""

    def __init__(self) -> None:
        super().__init__(
            "Give a provider and its id of the record, such as tmdb:603.", field="record"
        )
