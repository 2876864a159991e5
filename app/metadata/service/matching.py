"""Which of the found is the sought.

Ids decide. Without one a title has to agree, and a year where both say one; what could as well be
another of the found is never sure, however well its title fits: remakes share titles.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from rapidfuzz import fuzz

from app.metadata.domain import Hit, Match, Sought
from app.naming.service import normal_title

ALIKE: Final = 0.95  # at most, for titles that are not the same
LEAST: Final = 0.6  # two titles that agree less have nothing to do with each other
OTHER_NUMBER: Final = 0.5  # "Alien 3" is not "Alien"
WITHOUT_YEAR: Final = 0.9  # and the title counts twice: "Predators" is not "Predator"
NEXT_YEAR: Final = 0.93  # first shown at a festival, or elsewhere
OTHER_YEAR: Final = 0.45
SECOND_TITLE: Final = 0.97  # alternative titles are shared more often
OTHER_LENGTH: Final = 0.7
LENGTHS_DIFFER: Final = 0.2
RIVALLED: Final = 0.7  # at most, where another one fits as well
MARGIN: Final = 0.05
MOST_OTHERS: Final = 30
SIGNS: Final = "="  # no key of words begins with it
MOST_COMPARED: Final = 150  # characters
KNOWN: Final = 20  # times as many votes as its rivals make one the meant
NUMERALS: Final = {
    "i": "1", "ii": "2", "iii": "3", "iv": "4", "v": "5", "vi": "6", "vii": "7", "viii": "8",
    "ix": "9", "x": "10", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5",
}  # fmt: skip
NUMBER: Final = re.compile(r"\d+")


def matched(sought: Sought, found: Sequence[Hit]) -> list[Match]:
    """All of them, the surest first; of equals in the order in which they were found."""
    decided = [_by_ids(sought.ids, hit.ids) for hit in found]
    keys = [_key(title) for title in sought.titles]
    likely = [
        (hit, _by_saying(sought, keys, hit) if sure is None else sure)
        for hit, sure in zip(found, decided, strict=True)
    ]
    matches = [
        Match(hit=hit, score=score if sure else min(score, _ceiling(hit, score, likely)))
        for (hit, score), sure in zip(likely, decided, strict=True)
    ]
    return sorted(matches, key=lambda match: -match.score)


def best(matches: Sequence[Match], threshold: float) -> Hit | None:
    """The one that it is; None where that is not sure."""
    return matches[0].hit if matches and matches[0].score >= threshold else None


def _agreement(mine: str, theirs: str) -> float:
    """How far the keys of two titles agree, from 0 to 1: 1 for two spellings of the same."""
    if mine == theirs or mine.replace(" ", "") == theirs.replace(" ", ""):
        return 1.0 if mine else 0.0
    if SIGNS in mine or SIGNS in theirs:
        return 0.0
    found = max(fuzz.ratio(mine, theirs), fuzz.token_sort_ratio(mine, theirs) * 0.98) / 100
    if NUMBER.findall(mine) != NUMBER.findall(theirs):
        found *= OTHER_NUMBER
    if set(mine.split()) != set(theirs.split()) and _begins(mine, theirs):
        found = max(found, LEAST)  # a subtitle that one of them leaves out
    return min(found * found, ALIKE) if found >= LEAST else 0.0


def _begins(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    return long.startswith(f"{short} ") and len(short.split()) > 1


def _key(title: str) -> str:
    """Words under which spellings meet; numerals are numbers, unless they come first ("V"). What
    holds no word is its signs.
    """
    text = title[:MOST_COMPARED].strip()
    first, *others = normal_title(text).split() or [""]
    if not first:
        return f"{SIGNS}{text.casefold()}" if text else ""
    return " ".join([first, *(NUMERALS.get(word, word) for word in others)])


def _by_saying(sought: Sought, keys: Sequence[str], hit: Hit) -> float:
    """By title, year and length."""
    found = _by_title(keys, hit)
    if sought.year is None or hit.year is None:
        found *= found * WITHOUT_YEAR
    elif abs(sought.year - hit.year) == 1:
        found *= NEXT_YEAR
    elif sought.year != hit.year:
        found *= OTHER_YEAR
    if sought.runtime and hit.runtime:
        longer = max(sought.runtime, hit.runtime)
        if abs(sought.runtime - hit.runtime) > LENGTHS_DIFFER * longer:
            found *= OTHER_LENGTH
    return round(found, 3)


def _by_ids(mine: Mapping[str, str], theirs: Mapping[str, str]) -> float | None:
    """An id that both have decides; one that agrees before any that does not."""
    shared = [mine[source] == theirs[source] for source in mine.keys() & theirs.keys()]
    return (1.0 if any(shared) else 0.0) if shared else None


def _by_title(keys: Sequence[str], hit: Hit) -> float:
    first = [_key(hit.title), *([_key(hit.original_title)] if hit.original_title else [])]
    others = [_key(title) for title in hit.alternative_titles[:MOST_OTHERS]]
    found = 0.0
    for place, key in enumerate(keys):
        mine = max(_agreement(key, other) for other in first)
        if mine < 1:
            best_other = max((_agreement(key, other) for other in others), default=0.0)
            mine = max(mine, SECOND_TITLE * best_other)
        found = max(found, mine if place == 0 else mine * SECOND_TITLE)
    return found


def _ceiling(hit: Hit, score: float, likely: Sequence[tuple[Hit, float]]) -> float:
    """Nothing is sure that another of the same provider rivals, unless all the world knows it."""
    rivals = [
        other
        for other, theirs in likely
        if other.source == hit.source and other.id != hit.id and theirs >= score - MARGIN
    ]
    famous = all((hit.votes or 0) >= KNOWN * max(other.votes or 0, 1) for other in rivals)
    return 1.0 if famous else RIVALLED
