"""What files are said to be, checked: a client may say anything."""

from app.catalog.domain import MOST_NUMBER, MOST_SEASON, SOURCES
from app.items.domain import ItemId, ItemKind
from app.matching.domain import (
    MOST_EPISODES,
    MOST_IDS,
    MOST_TITLE,
    BadTarget,
    Choice,
    Numbers,
    Title,
)
from app.scanning.domain import Target

YEARS = range(1870, 2101)


def target_of(choice: Choice) -> Target:
    """Raises BadTarget with the sentence that says why not."""
    given = [part for part in (choice.items, choice.movie, choice.episode) if part]
    if len(given) != 1:
        raise BadTarget("Give exactly one of itemIds, movie and episode.")
    if choice.items:
        return _of_items(choice)
    if choice.movie is not None:
        title = _checked(choice.movie)
        return Target(kind=ItemKind.MOVIE, title=title.title, year=title.year, ids=title.ids)
    assert choice.episode is not None, "one is given"  # noqa: S101
    return _of_numbers(choice.episode)


def _of_items(choice: Choice) -> Target:
    kinds = {kind for kind, _ in choice.items}
    if kinds not in ({ItemKind.MOVIE.value}, {ItemKind.EPISODE.value}):
        raise BadTarget("itemIds takes the id of a movie, or ids of episodes.")
    kind = ItemKind(kinds.pop())
    if len(choice.items) > (1 if kind is ItemKind.MOVIE else MOST_EPISODES):
        raise BadTarget("Files are one film; a file holds at most 100 episodes.")
    return Target(kind=kind, items=tuple(dict.fromkeys(ItemId(i) for _, i in choice.items)))


def _checked(title: Title) -> Title:
    text = title.title.strip()
    if not text or len(text) > MOST_TITLE or not text.isprintable():
        raise BadTarget(f"A title has 1 to {MOST_TITLE} characters, all of them printable.")
    if title.year is not None and title.year not in YEARS:
        raise BadTarget(f"A year lies between {YEARS[0]} and {YEARS[-1]}.")
    most = MOST_IDS if title.record is None else len(SOURCES)
    if len(title.ids) > most or not title.ids.keys() <= SOURCES:
        raise BadTarget(f"Ids are of {', '.join(sorted(SOURCES))}.")
    for value in title.ids.values():
        if not value or len(value) > 50 or not (value.isascii() and value.isalnum()):
            raise BadTarget("An id has letters and digits only.")
    return Title(title=text, year=title.year, ids=title.ids)


def _of_numbers(given: Numbers) -> Target:
    if (given.show_id is None) == (given.show is None):
        raise BadTarget("Say which show: its id, or its title.")
    ways = [bool(given.episodes), bool(given.absolute), given.air_date is not None]
    if sum(ways) != 1:
        raise BadTarget("Count in one way: episodes, absolute numbers, or the day it was aired.")
    numbers = (*given.episodes, *given.absolute)
    if len(numbers) > MOST_EPISODES or any(not 0 <= n <= MOST_NUMBER for n in numbers):
        raise BadTarget(f"At most {MOST_EPISODES} numbers, from 0 to {MOST_NUMBER}.")
    if given.episodes and given.season is None:
        raise BadTarget("Numbers of episodes need their season; 0 holds the specials.")
    if given.season is not None and not 0 <= given.season <= MOST_SEASON:
        raise BadTarget(f"A season is counted from 0 to {MOST_SEASON}.")
    if given.air_date is not None and given.air_date.year not in YEARS:
        raise BadTarget(f"A day lies between {YEARS[0]} and {YEARS[-1]}.")
    show = _checked(given.show) if given.show is not None else None
    return Target(
        kind=ItemKind.EPISODE,
        show_id=given.show_id,
        title=show.title if show else None,
        year=show.year if show else None,
        ids=show.ids if show else {},
        season=given.season,
        episodes=given.episodes,
        absolute=given.absolute,
        air_date=given.air_date,
    )
