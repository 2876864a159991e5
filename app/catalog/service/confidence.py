"""How sure it is that a file is of the film or episode that it is taken for: a number from 0 to 1.

One rule for films and episodes; they differ by what speaks for them.
"""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from app.catalog.domain import TitleSource, differ

SURE: Final = 1.0  # by an id, or because somebody said so
# Who names the title: a file name without meaning says nothing, a tag what a program left there.
TRUST: Final[Mapping[TitleSource, float]] = {
    TitleSource.FILE: 0.15,
    TitleSource.TAGS: 0.7,
    TitleSource.NAME: 0.8,
    TitleSource.PROVIDER: 0.85,
    TitleSource.NFO: 0.9,
    TitleSource.HAND: 0.95,
}
CONFIRMED: Final = 0.75  # of what is left to certainty, a year or a number closes so much
CONTRADICTED: Final = 0.5
DOUBTED: Final = 0.4  # at most, when the lengths do not agree
LENGTHS_DIFFER: Final = 0.15
MOST_CANDIDATES: Final = 10  # of one file
LEAST: Final = 0.2  # what is less likely is not worth a look


class Evidence(Struct, frozen=True, kw_only=True):
    """What is known of a file against an item; None is what one of the two does not say.

    `title` is how far titles agree, from 0 to 1. `numbered` says whether an episode's name has its
    number: None for films. `misplaced` is a name of the other kind of content.
    """

    said_by: TitleSource
    ids: bool = False
    title: float = 1.0
    year: bool | None = None
    numbered: bool | None = None
    misplaced: bool = False


def confidence(evidence: Evidence) -> float:
    """From 0 to 1. Ids win over everything."""
    if evidence.ids:
        return SURE
    found = TRUST[evidence.said_by] * evidence.title
    named = evidence.said_by is not TitleSource.FILE
    for agrees in (evidence.year, evidence.numbered):
        if agrees and named:
            found += (1 - found) * CONFIRMED * evidence.title
        elif agrees is False:
            found *= CONTRADICTED
    if evidence.misplaced and evidence.said_by is not TitleSource.NFO:
        found *= CONTRADICTED
    return round(found, 3)


def measured(sure: float, known: float | None, found: float | None, *, cut: bool = False) -> float:
    """A confidence once the file's length is found, beside the item's; both in seconds.

    Another `cut` is as long as it likes to be, and what is certain stays so.
    """
    if sure >= SURE or cut or not known or not found:
        return sure
    differ = abs(known - found) > LENGTHS_DIFFER * max(known, found)
    return min(sure, DOUBTED) if differ else sure


def by_ids(sure: float, mine: Mapping[str, str], theirs: Mapping[str, str]) -> float:
    """A confidence where both may have ids: one that they share is certainty, one that differs
    makes them others.
    """
    if not mine.keys() & theirs.keys():
        return sure
    return LEAST if differ(mine, theirs) else SURE


def likeness(one: str, other: str) -> float:
    """How far two keys of titles agree, from 0 to 1: by the pairs of letters that they share."""
    if one == other:
        return 1.0
    mine, theirs = _pairs(one), _pairs(other)
    whole = sum(mine.values()) + sum(theirs.values())
    if not whole:
        return 0.0
    shared = sum(min(count, theirs.get(pair, 0)) for pair, count in mine.items())
    return round(2 * shared / whole, 3)


def _pairs(text: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for start in range(len(text) - 1):
        pair = text[start : start + 2]
        found[pair] = found.get(pair, 0) + 1
    return found
