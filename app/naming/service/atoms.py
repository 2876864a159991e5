"""Words cut where letters meet digits: "S01E02" is "s", 1, "e", 2."""

import re
from typing import NamedTuple

from app.naming.service.lexicon import Strength, Tag
from app.naming.service.marks import Mark
from app.naming.service.tokens import Token

RUNS = re.compile(r"\d+|[^\W\d_]+")
OPEN_TAGS = frozenset({Tag.EPISODE, Tag.YEAR})
LONGEST = 8
"""Digits of a number; a longer run is none."""
GLUED = ""


class Atom(NamedTuple):
    """A run of letters or of digits. `value` is -1 for letters; `gap` is the text before it."""

    text: str
    value: int
    token: int
    gap: str
    bracket: int

    @property
    def width(self) -> int:
        return len(self.text)


END = Atom("", -1, -1, "\n", -1)


def cut(tokens: list[Token], at: list[Mark | None]) -> list[Atom]:
    """The atoms of a name; what is surely a release word becomes one empty atom."""
    atoms: list[Atom] = []
    for index, token in enumerate(tokens):
        key, found = token.key, at[index]
        if found is not None and found.strength is Strength.STRONG and found.tag not in OPEN_TAGS:
            atoms.append(Atom("", -1, index, token.gap, token.group))
        elif key.isalpha():
            atoms.append(Atom(key, -1, index, token.gap, token.group))
        elif key.isdecimal():
            value = int(key) if len(key) <= LONGEST else -1
            atoms.append(Atom(key, value, index, token.gap, token.group))
        else:
            gap = token.gap
            for run in RUNS.findall(key):
                value = int(run) if run.isdecimal() and len(run) <= LONGEST else -1
                atoms.append(Atom(run, value, index, gap, token.group))
                gap = GLUED
    return atoms
