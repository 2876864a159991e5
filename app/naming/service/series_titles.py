"""Titles, year and country of a series, out of the outline of a name."""

from app.naming.service.countries import BARE, COUNTRIES
from app.naming.service.outline import Outline, year_range
from app.naming.service.titles import Titles, read_titles


def series_titles(plan: Outline, *, whole: bool) -> tuple[Titles, str | None]:
    """The titles, and the country that tells a remake apart.

    Numbers stand in several places of a name that is not `whole`: its brackets name no titles.
    """
    country = _country_aside(plan)
    if not whole:
        plan.asides = ()
    titles = read_titles(plan)
    title, alternatives = titles.title, titles.alternatives
    if title is not None and country is None:
        short, country = _without_country(title)
        if country is not None and short != title:
            alternatives, title = (*alternatives, title), short
    clean = tuple(t for t in alternatives if "[" not in t and "【" not in t)
    return Titles(title, clean), country


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
