"""Where the title of a name begins and ends, and which number is its year."""

from msgspec import Struct

from app.naming.service.languages import ARTICLES
from app.naming.service.lexicon import Strength, Tag
from app.naming.service.marks import Mark, mark
from app.naming.service.tokens import SQUARE, Group, Name, Token, scan
from app.naming.service.trust import Boundary, is_trusted

IN_FRONT = frozenset({Tag.VIDEO, Tag.SOURCE, Tag.RESOLUTION, Tag.AUDIO, Tag.MODIFIER})
"""What a name can begin with before its title."""

STRONG = Strength.STRONG
PREFIXED_WORDS = 4
LONGEST_PREFIX = 8

WEB_WORDS = frozenset({"web", "webdl", "webrip", "webhd"})


class Outline(Struct):
    """A name read as title and release words: the title is tokens `start` up to `end`."""

    name: Name
    tokens: list[Token]
    marks: list[Mark]
    at: list[Mark | None]
    start: int
    end: int = 0
    year: Mark | None = None
    year_is_prefix: bool = False
    boundary: Boundary = Boundary.NONE
    asides: tuple[Group, ...] = ()
    """Bracketed words at the end of the title: another title, or who made the film."""


def outline(text: str) -> Outline:
    name = scan(text)
    return planned(name, mark(name))


def planned(name: Name, marks: list[Mark]) -> Outline:
    """The outline of a scanned name whose words are marked."""
    at: list[Mark | None] = [None] * len(name.tokens)
    for found in marks:
        for index in range(found.first, found.last):
            at[index] = found
    plan = Outline(name, name.tokens, marks, at, _start(name, at))
    strong = _first_strong(plan)
    _choose_year(plan, strong)
    _set_end(plan, strong)
    _step_back(plan)
    return plan


def _start(name: Name, at: list[Mark | None]) -> int:
    """The first word that can belong to the title: past release words and groups in front."""
    count = len(name.tokens)
    index = 0
    while index < count:
        group = name.group_of(index)
        found = at[index]
        if group is not None:
            if group.last >= count or not _is_prefix(name, group, at):
                break
            index = group.last
        elif found is not None and found.tag in IN_FRONT and found.strength is Strength.STRONG:
            index = found.last
        else:
            break
    if index == 0 and _has_scene_prefix(name):
        return 1
    if index == count or name.group_of(index) is not None or _only_numbers(name, at, index):
        return _bracketed_start(name, at)
    return index


def _is_prefix(name: Name, group: Group, at: list[Mark | None]) -> bool:
    """A release group, a site, a year, or a number in a series: nothing of the title."""
    if group.kind in SQUARE:
        return True
    if group.last == group.first:
        return True
    if all(at[index] is not None for index in range(group.first, group.last)):
        return True
    return group.last - group.first == 1 and _is_ordinal(name.tokens[group.first].text)


def _has_scene_prefix(name: Name) -> bool:
    """Files of the scene are in lower case, their group in front: "grp-the.film.2010.720p"."""
    tokens = name.tokens
    return (
        len(tokens) > PREFIXED_WORDS
        and tokens[1].gap == "-"
        and len(tokens[0].text) <= LONGEST_PREFIX
        and not any(token.gap != "." for token in tokens[2:])
        and name.text.islower()
    )


def _is_ordinal(text: str) -> bool:
    return len(text) <= 2 and text.isdecimal()


def _only_numbers(name: Name, at: list[Mark | None], index: int) -> bool:
    """After a bracket in front only a number is left: the bracket is the title, as in "[REC] 2"."""
    if index == 0 or name.group_of(0) is None:
        return False
    words, spoken = 0, False
    for token in name.tokens[index:]:
        found = at[index]
        if token.group >= 0 or (found is not None and _ends_title(found)):
            numbered = found is not None and found.tag is Tag.EPISODE
            return words < 2 and not (numbered and (words or spoken))
        if found is None and not token.text.isdecimal():
            return False
        words += found is None
        spoken = spoken or found is not None
        index += 1
    return words < 2


def _ends_title(found: Mark) -> bool:
    return found.strength is STRONG or found.tag is Tag.YEAR


def _bracketed_start(name: Name, at: list[Mark | None]) -> int:
    """Every word stands in brackets: the title is in the second that has words of its own.

    The first names who made the release, unless it carries the year or stands alone.
    """
    worded: list[Group] = []
    for group in name.groups:
        span = range(group.first, group.last)
        if any(at[index] is None for index in span):
            worded.append(group)
            if any((m := at[index]) is not None and m.tag is Tag.YEAR for index in span):
                return group.first
    if not worded:
        return next((i for i, m in enumerate(at) if m and m.strength is not STRONG), len(at))
    numbered = next((i for i, m in enumerate(at) if m and m.tag is Tag.EPISODE), len(at))
    second = len(worded) > 1 and name.groups[0] is worded[0] and worded[1].first < numbered
    return worded[1].first if second else worded[0].first


def _first_strong(plan: Outline) -> int:
    for found in plan.marks:
        if found.strength is Strength.STRONG and found.first > plan.start:
            if found.tag is Tag.EDITION and _is_article(plan, found.first - 1):
                continue
            return found.first
    return len(plan.tokens)


def _is_article(plan: Outline, index: int) -> bool:
    """The title would be nothing but "The"."""
    return index == plan.start and plan.tokens[index].key in ARTICLES["en"]


def _choose_year(plan: Outline, strong: int) -> None:
    """Bracketed beats bare; of bare ones the last before the first release word is the year."""
    years = [m for m in plan.marks if m.tag is Tag.YEAR and not _in_range(plan, m)]
    if not years:
        return
    best = max(years, key=lambda m: _year_rank(plan, m, strong))
    if best.first == plan.start and plan.tokens[best.first].group < 0:
        if not _is_leading_year(plan, best, strong):
            return
        plan.year_is_prefix = True
        plan.start = best.last
    plan.year = best


def _year_rank(plan: Outline, found: Mark, strong: int) -> tuple[int, int]:
    """Higher is more likely the year of the film."""
    index = found.first
    group = plan.name.group_of(index)
    if group is not None and group.first != plan.start:
        if group.last - group.first == 1:
            return 5, -index
        if index in {group.first, group.last - 1}:
            return 4, -index
    if plan.start < index < strong:
        return 3, index
    if index > strong:
        return 2, -index
    return 1, -index


def _in_range(plan: Outline, found: Mark) -> bool:
    """Part of "2001-2011": the years of a collection, not of a film."""
    return any(
        neighbour is not None
        and neighbour.tag is Tag.YEAR
        and plan.tokens[max(index, found.first)].gap.strip() in {"-", "–"}
        for index in (found.first - 1, found.last)
        if 0 <= index < len(plan.at)
        for neighbour in (plan.at[index],)
    )


def year_range(plan: Outline) -> Mark | None:
    """The first year of a range."""
    return next((m for m in plan.marks if m.tag is Tag.YEAR and _in_range(plan, m)), None)


def _is_leading_year(plan: Outline, found: Mark, strong: int) -> bool:
    """A name like "2008 Some Film" is filed by year; "2046" and "1917 1080p" are titles."""
    if found.last == len(plan.tokens) or any(m.tag is Tag.EPISODE for m in plan.marks):
        return False
    words = min(strong, len(plan.tokens)) - found.last
    return words >= (1 if plan.tokens[found.last].gap == " - " else 2)


def _set_end(plan: Outline, strong: int) -> None:
    plan.end = len(plan.tokens)
    if strong < plan.end:
        found = plan.at[strong]
        numbers = found is not None and found.tag is Tag.EPISODE
        plan.end = _unbracketed(plan, strong)
        plan.boundary = Boundary.EPISODE if numbers else Boundary.RELEASE
    year = plan.year or year_range(plan)
    if year is not None and year.first > plan.start:
        before = _unbracketed(plan, year.first)
        if before <= plan.end:
            plan.end, plan.boundary = before, Boundary.YEAR
    if plan.end <= plan.start:
        plan.end = min(plan.start + 1, len(plan.tokens))


def _unbracketed(plan: Outline, index: int) -> int:
    """The word itself, or the first word of the bracket it stands in."""
    group = plan.name.group_of(index)
    return index if group is None or group.first <= plan.start else group.first


def _step_back(plan: Outline) -> None:
    """Words just before the boundary that speak of the release, too, are not of the title."""
    while plan.end - 1 > plan.start:
        index = plan.end - 1
        group = plan.name.group_of(index)
        if group is not None and group.first > plan.start:
            if any(plan.at[i] is not None for i in range(group.first, group.last)):
                plan.boundary = max(plan.boundary, Boundary.YEAR)
            else:
                plan.asides = (group, *plan.asides)
            plan.end = group.first
            continue
        found = plan.at[index]
        if found is None:
            if not _is_service(plan, index) and not _introduces_edition(plan, index):
                break
            plan.end = index
            continue
        if found.first <= plan.start or not _may_go(plan, found):
            break
        plan.end = found.first
        if plan.boundary is Boundary.NONE:
            plan.boundary = Boundary.RELEASE


def _may_go(plan: Outline, found: Mark) -> bool:
    if _is_article(plan, found.first - 1):
        return False
    words = plan.tokens[found.first : found.last]
    following = plan.at[plan.end] if plan.end < len(plan.at) else None
    shouted = all(t.text.isupper() for t in plan.tokens[plan.start : found.first])
    return is_trusted(found, words, plan.boundary, following, shouted=shouted) or (
        found.tag is Tag.LANGUAGE
        and plan.boundary is Boundary.YEAR
        and found.value in ARTICLES
        and plan.tokens[plan.start].key in ARTICLES[found.value] - ARTICLES["en"]
    )


def _introduces_edition(plan: Outline, index: int) -> bool:
    """The article of "The Final Cut" behind a title."""
    following = plan.at[plan.end] if plan.end < len(plan.at) else None
    return (
        following is not None and following.tag is Tag.EDITION and plan.tokens[index].key == "the"
    )


def _is_service(plan: Outline, index: int) -> bool:
    """An unknown word in capitals right before "WEB-DL" names who streams it."""
    if index + 1 >= len(plan.at) or index <= plan.start:
        return False
    following = plan.at[index + 1]
    if following is None or following.tag is not Tag.SOURCE:
        return False
    text = plan.tokens[index].text
    return (
        plan.tokens[following.first].key in WEB_WORDS
        and 2 <= len(text) <= 6
        and text.isupper()
        and not all(t.text.isupper() for t in plan.tokens[plan.start : index])
    )
