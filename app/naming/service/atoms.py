"""Words cut where letters meet digits: "S01E02" is "s", 1, "e", 2."""

import re

from msgspec import Struct

from app.naming.service.lexicon import Strength, Tag
from app.naming.service.marks import Mark
from app.naming.service.tokens import CLOSING, Token

RUNS = re.compile(r"\d+|[^\W\d_]+")
OPEN_TAGS = frozenset({Tag.EPISODE, Tag.YEAR})
LONGEST = 8
"""Digits of a number; a longer run is none."""
GLUED = ""
CLOSED = "".join(CLOSING)
SPACES = re.compile(r"\s{2,}")


class Atom(Struct, gc=False):
    """A run of letters or of digits. `value` is -1 for letters; `gap` is the text before it."""

    text: str
    value: int
    token: int
    gap: str
    bracket: int
    width: int


END = Atom("", -1, -1, "\n", -1, 0)


def cut(tokens: list[Token], at: list[Mark | None]) -> list[Atom]:
    """The atoms of a name; what is surely a release word becomes one empty atom.

    A bare "720" may be an episode's number behind a dash.
    """
    atoms: list[Atom] = []
    for index, token in enumerate(tokens):
        key, found, gap = token.key, at[index], token.gap
        if len(gap) > 1:
            gap = gap.lstrip(CLOSED)
            if "  " in gap:
                gap = SPACES.sub(" ", gap)
        if found is not None and (
            (found.strength is Strength.STRONG and found.tag not in OPEN_TAGS)
            or (found.tag is Tag.RESOLUTION and "-" not in gap)
        ):
            atoms.append(Atom("", -1, index, gap, token.group, 0))
        elif key.isalpha():
            atoms.append(Atom(key, -1, index, gap, token.group, len(key)))
        elif key.isdecimal():
            width = len(key)
            value = int(key) if width <= LONGEST else -1
            atoms.append(Atom(key, value, index, gap, token.group, width))
        else:
            for run in RUNS.findall(key):
                value = int(run) if run.isdecimal() and len(run) <= LONGEST else -1
                atoms.append(Atom(run, value, index, gap, token.group, len(run)))
                gap = GLUED
    return atoms
