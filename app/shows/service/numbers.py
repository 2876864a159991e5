"""Which episodes a file holds: by its name, and by the NFO file beside it."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from msgspec import Struct, structs

from app.catalog.domain import MOST_NUMBER, MOST_SEASON, Details
from app.naming.domain import EpisodeName
from app.shows.domain import SPECIALS, Ordering

MOST_IN_FILE: Final = 100


class Slot(Struct, frozen=True, kw_only=True):
    """What is said of an episode's place: its season and number, or what it is counted or aired
    as. `day` of a numbered one is when it was aired, and does not say which one it is.
    """

    season: int | None = None
    number: int | None = None
    absolute: int | None = None
    day: date | None = None

    @property
    def ordering(self) -> Ordering:
        """How it is told from others."""
        if self.number is not None:
            return Ordering.STANDARD
        return Ordering.DAILY if self.absolute is None else Ordering.ABSOLUTE


def slots_of(name: EpisodeName, said: Sequence[Details]) -> tuple[Slot, ...]:
    """The episodes in a file, each once. Nothing where neither its name nor an NFO file says.

    A season and number in the name win over those of an NFO file, which win over a count and a day.
    """
    slots = [slot for slot in _slots(name, said) if _is_sane(slot)]
    return tuple(dict.fromkeys(slots))[:MOST_IN_FILE]


def _slots(name: EpisodeName, said: Sequence[Details]) -> list[Slot]:
    season = SPECIALS if name.season is None and name.is_special else name.season
    if name.episodes:
        counts = _paired(name.absolute, len(name.episodes))
        pairs = zip(name.episodes, counts, strict=True)
        where = 1 if season is None else season
        found = [Slot(season=where, number=n, absolute=count) for n, count in pairs]
        return [_with_day(slot, details_of(found, said)) for slot in found]
    numbered = [d for d in said if d.season is not None and d.episode is not None]
    if numbered:
        counts = _paired(name.absolute, len(numbered))
        return [
            Slot(
                season=d.season,
                number=d.episode,
                absolute=d.absolute or count,
                day=name.air_date or _day(d),
            )
            for d, count in zip(numbered, counts, strict=True)
        ]
    if name.absolute:
        if season is not None:
            return [Slot(season=season, number=n) for n in name.absolute]
        return [Slot(absolute=n) for n in name.absolute]
    return [Slot(day=name.air_date)] if name.air_date is not None else []


def details_of(slots: Sequence[Slot], said: Sequence[Details]) -> Mapping[Slot, Details]:
    """What an NFO file says of each of its video's episodes: by their numbers, else as they stand;
    one that says something else than the only episode's number is of that one all the same.
    """
    numbered: dict[tuple[int | None, int | None], Details] = {
        (d.season, d.episode): d for d in said if d.episode is not None
    }
    found = {
        slot: numbered[slot.season, slot.number]
        for slot in slots
        if (slot.season, slot.number) in numbered
    }
    if not found and len(said) == len(slots):
        found = dict(zip(slots, said, strict=True))
    elif not found and said and len(said) < len(slots) and not numbered:
        found = {slots[0]: said[0]}
    return found


def _with_day(slot: Slot, said: Mapping[Slot, Details]) -> Slot:
    details = said.get(slot)
    if details is None:
        return slot
    return structs.replace(slot, day=_day(details), absolute=slot.absolute or details.absolute)


def _paired(counts: Sequence[int], length: int) -> Sequence[int | None]:
    return counts if len(counts) == length else [None] * length


def _day(details: Details) -> date | None:
    return date.fromisoformat(details.release_date) if details.release_date else None


def _is_sane(slot: Slot) -> bool:
    season_fits = slot.season is None or 0 <= slot.season <= MOST_SEASON
    counted = (slot.number, slot.absolute)
    return season_fits and all(n is None or 0 <= n <= MOST_NUMBER for n in counted)
