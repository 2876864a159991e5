"""Searching the catalogue: by words of any of its titles, and what people took part in."""

import re
import unicodedata
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Final

from msgspec import structs

from bench.metadata.catalogue import Catalogue
from bench.metadata.titles import Naming

WORD: Final = re.compile(r"\w+")
MOST: Final = 200


class Finder:
    """Films, shows and people by their names, the likeliest first."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue

    def films(self, text: str) -> list[int]:
        """Those of which a title has all these words."""
        return _found(self._films, text, lambda n: _names(self.catalogue.named(n)))

    def shows(self, text: str) -> list[int]:
        """Those of which a title has all these words."""
        return _found(self._shows, text, lambda n: _names(self.catalogue.named_show(n)))

    def people(self, text: str) -> list[int]:
        """Those whose name has all these words."""
        return _found(self._people, text, lambda n: (self.catalogue.person(n).name,))

    def took_part(self, person: int) -> tuple[list[int], list[int]]:
        """Films and shows that somebody acted in or made."""
        return list(self._parts["film"].get(person, ())), list(self._parts["show"].get(person, ()))

    @cached_property
    def _films(self) -> Mapping[str, "array[int]"]:
        made = self.catalogue
        return _index((n, _names(made.named(n))) for n in range(made.films))

    @cached_property
    def _shows(self) -> Mapping[str, "array[int]"]:
        made = self.catalogue
        return _index((n, _names(made.named_show(n))) for n in range(made.shows))

    @cached_property
    def _people(self) -> Mapping[str, "array[int]"]:
        made = self.catalogue
        return _index((n, (made.person(n).name,)) for n in range(made.people))

    @cached_property
    def _parts(self) -> Mapping[str, Mapping[int, "array[int]"]]:
        made = self.catalogue
        found: dict[str, dict[int, array[int]]] = {}
        for kind, count in (("film", made.films), ("show", made.shows)):
            by_person: dict[int, array[int]] = defaultdict(lambda: array("i"))
            for number in range(count):
                for person in {p for some in made.cast_and_crew(kind, number) for p in some}:
                    by_person[person].append(number)
            found[kind] = by_person
        return found


def words_of(text: str) -> list[str]:
    """In small letters and without accents."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return WORD.findall("".join(c for c in plain if not unicodedata.combining(c)))


def _names(naming: Naming) -> tuple[str, ...]:
    return tuple(str(name) for name in structs.astuple(naming))


def _index(named: Iterable[tuple[int, tuple[str, ...]]]) -> Mapping[str, "array[int]"]:
    found: dict[str, array[int]] = defaultdict(lambda: array("i"))
    for number, names in named:
        for word in {word for name in names for word in words_of(name)}:
            found[word].append(number)
    return found


def _found(
    index: Mapping[str, "array[int]"], text: str, names: Callable[[int], tuple[str, ...]]
) -> list[int]:
    wanted = words_of(text)
    lists = sorted((index.get(word, ()) for word in dict.fromkeys(wanted)), key=len)
    if not lists or not lists[0]:
        return []
    among = set(lists[0]).intersection(*lists[1:])
    ranked = []
    for number in among:
        spelled = [words_of(name) for name in names(number)]
        whole = [one for one in spelled if set(wanted) <= set(one)]
        if whole:
            ranked.append((wanted not in spelled, min(map(len, whole)), number))
    return [number for *_, number in sorted(ranked)[:MOST]]
