"""One pass over a name: words, the brackets around them, and what stands between."""

import re

from msgspec import Struct, field

MAX_LENGTH = 512
"""A file name has at most 255 bytes; what is longer is no name, and the rest is not read."""

PIECE = re.compile(r"([\W_]*?)([^\W_]+(?:['’ʼ´`][^\W_]+)*|[\[\](){}<>【】（）「」『』《》]|\Z)")
"""What stands between, and a word, a bracket or the end."""
OPENING = frozenset("[({<【（「『《")
CLOSING = frozenset("])}>】）」』》")
SQUARE = frozenset("[{【「『")
APOSTROPHE = str.maketrans("", "", "'’ʼ´`")

OUTSIDE = -1


class Token(Struct, gc=False):
    """A word. `gap` is the text since the word before, `group` the outermost bracket or OUTSIDE."""

    text: str
    key: str
    start: int
    end: int
    gap: str
    group: int


class Group(Struct):
    """An outermost bracket: its tokens are `first` up to but not including `last`."""

    kind: str
    start: int
    first: int
    end: int = 0
    last: int = 0


class Name(Struct):
    """A scanned name: its text, words and outermost brackets."""

    text: str
    tokens: list[Token] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)

    def group_of(self, index: int) -> Group | None:
        group = self.tokens[index].group
        return None if group == OUTSIDE else self.groups[group]


def scan(text: str) -> Name:
    name = Name(text=text[:MAX_LENGTH])
    text = name.text
    tokens, groups = name.tokens, name.groups
    depth = previous = position = 0
    group = OUTSIDE
    for gap, word in PIECE.findall(text):
        start = position + len(gap)
        position = start + len(word)
        if word.isalnum():
            between = gap if previous + len(gap) == start else text[previous:start]
            tokens.append(Token(word, word.lower(), start, position, between, group))
            previous = position
        elif len(word) > 1:
            key = word.lower().translate(APOSTROPHE)
            tokens.append(Token(word, key, start, position, text[previous:start], group))
            previous = position
        elif word in OPENING:
            if depth == 0:
                group = len(groups)
                groups.append(Group(kind=word, start=start, first=len(tokens)))
            depth += 1
        elif word:
            depth = max(depth - 1, 0)
            if depth == 0 and group != OUTSIDE:
                groups[group].end, groups[group].last = position, len(tokens)
                group = OUTSIDE
    if group != OUTSIDE:  # never closed: it holds the rest of the name
        groups[group].end, groups[group].last = len(text), len(tokens)
    return name
