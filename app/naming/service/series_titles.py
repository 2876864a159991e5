"""Titles, year and country of a series, out of the outline of a name."""

from app.naming.service.countries import BARE, COUNTRIES
from app.naming.service.lexicon import Tag
from app.naming.service.outline import Outline, year_range
from app.naming.service.titles import Titles, is_latin, phrase, read_titles


def series_titles(plan: Outline, *, whole: bool) -> tuple[Titles, str | None]:
    """The titles, and the country that tells a remake apart.

    Numbers stand in several places of a name that is not `whole`: its brackets name no titles.
    """
    country = _country_aside(plan)
    if not whole:
        plan.asides = ()
    titles = read_titles(plan)
    title, alternatives = titles.title, titles.alternatives
    latin = _latin_bracket(plan) if title is not None and not is_latin(title) else ""
    if latin and title is not None:
        title, alternatives = latin, (title, *alternatives)
    if title is not None and country is None:
        short, country = _without_country(title)
        if country is not None and short != title:
            alternatives, title = (*alternatives, title), short
    clean = tuple(t for t in alternatives if "[" not in t and "【" not in t)
    return Titles(title, clean), country


def _latin_bracket(plan: Outline) -> str:
    """The words of the bracket behind that of the local title: "[标题 第2季][Title][05]"."""
    groups = plan.name.groups
    local = plan.tokens[plan.start].group
    if local < 0 or local + 1 >= len(groups):
        return ""
    behind = groups[local + 1]
    words = range(behind.first, behind.last)
    last = next((i for i in words if plan.at[i] is not None), behind.last)
    texts = [plan.tokens[i].text for i in range(behind.first, last)]
    if behind.first < plan.end or not texts or not all(is_latin(text) for text in texts):
        return ""
    numbered = any(m.tag is Tag.EPISODE and m.first >= last for m in plan.marks)
    worded = any(text.isalpha() and len(text) > 1 for text in texts)
    return phrase(plan, behind.first, last) if numbered and worded else ""


def series_year(plan: Outline) -> int | None:
    """The year, or the first one of a range: "1993-2004"."""
    if plan.year is not None:
        return int(plan.year.value)
    ranged = year_range(plan)
    return int(ranged.value) if ranged is not None and ranged.first > plan.start else None


def _country_aside(plan: Outline) -> str | None:
    """The country in a bracket of its own behind the title; the bracket names nothing else."""
    for aside in plan.asides:
        if aside.last - aside.first == 1:
            country = COUNTRIES.get(plan.tokens[aside.first].key)
            if country is not None:
                plan.asides = tuple(a for a in plan.asides if a is not aside)
                return country
    behind = plan.name.group_of(plan.end) if plan.start < plan.end < len(plan.tokens) else None
    if behind is None or behind.last - behind.first != 1:
        return None
    return COUNTRIES.get(plan.tokens[behind.first].key)


def _without_country(title: str) -> tuple[str, str | None]:
    """The country in brackets or in capitals behind a title."""
    rest, _, last = title.rpartition(" ")
    key = last.strip("()[]").lower()
    if not rest or key not in COUNTRIES:
        return title, None
    bracketed = last != last.strip("()[]")
    if bracketed or (key in BARE and last.isupper() and not rest.isupper()):
        return rest.rstrip(" -"), COUNTRIES[key]
    return title, None
