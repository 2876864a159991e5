"""Documents as a real catalogue has them: made, not copied, and the same ones in every run."""

import re
from collections.abc import Iterator
from functools import cached_property
from random import Random
from typing import Final
from uuid import UUID

from app.search.domain import Document, Number, SearchKind, Sight
from bench.search.names import name_of
from bench.search.titles import MOST_PEOPLE, Naming, Titles, Urn, coined, filled
from bench.search.words import GENRES, NETWORKS, NOUNS, STUDIO_WORDS

DAY: Final = 86_400.0
YEARS: Final = range(1920, 2026)
LIBRARIES: Final = tuple(UUID(int=0x0192_0000_0000_7000_8000_0000_0000_0000 + n) for n in range(5))
MOVIES_IN: Final = LIBRARIES[:3]
SHOWS_IN: Final = LIBRARIES[3:]
AGES: Final = {0: "G", 6: "TV-Y7", 12: "PG-13", 16: "R", 18: "NC-17"}
# Of twenty documents in a row.
KINDS: Final = (*[SearchKind.MOVIE] * 15, SearchKind.SHOW, *[SearchKind.EPISODE] * 2,
                *[SearchKind.PERSON] * 2)  # fmt: skip
FAME: Final = 1.3
"""How much more often the famous are cast: the first of 40,000 in some hundred films."""
_CLAUSES: Final = (
    "a {A} {N} has to {V} the {N} that nobody else remembers",
    "when the {N} of {C} begins to {V}, two {M} are left alone with a {A} {N}",
    "in {P}, {L} finds a {N} and the {A} {M} that belong to it",
    "{F} and a {A} {N} set out to {V} what the {M} have hidden",
    "nothing is left of the {N} but {G} and a {A} {N} {B} the {N}",
    "years after the {N}, {F} returns to {P} to {V} an old {N}",
)
NAMED: Final = re.compile(r"\{[CFLP]\}")
PLAIN: Final = re.compile(r"\{[AVNMGB]\}")
_BIRTHPLACES: Final = ("{P}", "{C}, {P}", "{C}")
_keywords, _genres, _studios = Urn(NOUNS), Urn(GENRES, 0.5), Random(3)
STUDIOS: Final = Urn([f"{coined(_studios)} {_studios.choice(STUDIO_WORDS)}" for _ in range(400)], 1)


class Corpus:
    """So many documents, by number: mostly movies, then shows, their episodes, and people."""

    def __init__(self, size: int = 100_000, seed: int = 7) -> None:
        self.size, self._seed = size, seed
        self.titles = Titles(seed)
        self.people = max(100, min(MOST_PEOPLE, size * MOST_PEOPLE // 100_000))

    def batches(self, size: int = 500) -> Iterator[list[Document]]:
        """All of it, so many at once."""
        for start in range(0, self.size, size):
            yield [self.document(n) for n in range(start, min(start + size, self.size))]

    def kind(self, number: int) -> SearchKind:
        return KINDS[number % len(KINDS)]

    def id(self, number: int) -> UUID:
        """As those of the product: they grow."""
        return UUID(int=(0x0193_0000_0000 + number) << 80 | 7 << 76 | 2 << 62 | number)

    def naming(self, number: int) -> Naming:
        """The titles of what is no person."""
        return self.titles.of(number)

    def person(self, number: int) -> int:
        """Whom the document of this number is about, by fame."""
        turn, place = divmod(number, len(KINDS))
        return (turn * 2 + place - KINDS.index(SearchKind.PERSON)) % self.people

    def cast(self, number: int) -> list[int]:
        """Who plays, by fame; nobody twice."""
        dice = self._dice(number, 8)
        count = dice.randint(20, 30)
        return list(dict.fromkeys(int(self.people * dice.random() ** FAME) for _ in range(count)))

    def year(self, number: int) -> int:
        """More of late."""
        return YEARS[int(len(YEARS) * self._dice(number, 9).random() ** 0.45)]

    def document(self, number: int) -> Document:
        """What is known of this number."""
        kind = self.kind(number)
        if kind is SearchKind.PERSON:
            return self._person(number)
        if kind is SearchKind.EPISODE:
            return self._episode(number)
        return self._title(number, kind)

    def _title(self, number: int, kind: SearchKind) -> Document:
        naming, dice = self.naming(number), self._dice(number, 10)
        sight = self._sight(number)
        directors = [name_of(int(self.people * dice.random() ** FAME))]
        genres = list(dict.fromkeys(_genres.draw(dice) for _ in range(dice.randint(1, 4))))
        keywords = [_keywords.draw(dice) for _ in range(dice.randint(2, 8))]
        studios = [STUDIOS.draw(dice)]
        texts = _titled(naming) | {
            "cast": tuple(name_of(who) for who in self.cast(number)),
            "directors": tuple(directors),
            "genres": tuple(genres),
            "studios": tuple(studios),
            "keywords": tuple(keywords),
            "overview": (_overview(dice),),
        }
        facets = self._shared(number, sight, naming.language) | {
            "genre": tuple(genres),
            "director": tuple(directors),
            "studio": tuple(studios),
            "keyword": tuple(dict.fromkeys(keywords)),
        }
        if kind is SearchKind.MOVIE:
            texts["collection"] = (f"{naming.series} Collection",) if naming.series else ()
            facets["resolution"] = (dice.choice(("720p", "1080p", "1080p", "2160p")),)
            facets["hdr"] = (_flag(dice, 0.2),)
        else:
            texts["networks"] = facets["network"] = (dice.choice(NETWORKS),)
            facets["status"] = (dice.choice(("ended", "returning", "canceled")),)
        return Document(
            id=self.id(number), kind=kind, sights=(sight,), texts=texts, facets=facets,
            numbers=self._numbers(number, dice),
        )  # fmt: skip

    def _episode(self, number: int) -> Document:
        dice = self._dice(number, 10)
        show = number - number % len(KINDS) + KINDS.index(SearchKind.SHOW)
        sight = self._sight(show)
        numbers = self._numbers(number, dice)
        del numbers[Number.POPULARITY]
        facets = self._shared(number, sight, "en") | {"season": (str(dice.randint(1, 9)),)}
        return Document(
            id=self.id(number),
            kind=SearchKind.EPISODE,
            sights=(sight,),
            texts={
                "title": (self.naming(number).title,),
                "show_titles": self.naming(show).all,
                "guests": tuple(name_of(who) for who in self.cast(number)[:6]),
                "overview": (_overview(dice),),
            },
            facets={name: facets[name] for name in ("year", "library", "available", "season")},
            numbers=numbers,
        )

    def _person(self, number: int) -> Document:
        who, dice = self.person(number), self._dice(number, 10)
        where = dice.sample(LIBRARIES, dice.randint(1, 5))
        born = dice.randint(1900, 2005)
        return Document(
            id=self.id(number),
            kind=SearchKind.PERSON,
            sights=tuple(Sight(library, dice.choice((*AGES, None))) for library in where),
            texts={
                "name": (name_of(who),),
                "birth_place": (filled(dice.choice(_BIRTHPLACES), dice),),
            },
            facets={
                "department": (dice.choice(("Acting", "Acting", "Directing", "Writing")),),
                "year": (str(born),),
            },
            numbers={Number.YEAR: born, Number.POPULARITY: round(900 / (who + 9) ** 0.7, 3)},
        )

    def _sight(self, number: int) -> Sight:
        dice = self._dice(number, 11)
        of_kind = SHOWS_IN if self.kind(number) is SearchKind.SHOW else MOVIES_IN
        return Sight(dice.choice(of_kind), dice.choice((*AGES, 12, 16, None)))

    def _shared(self, number: int, sight: Sight, language: str) -> dict[str, tuple[str, ...]]:
        certification = () if sight.age is None else (AGES[sight.age],)
        return {
            "year": (str(self.year(number)),),
            "language": (language,),
            "certification": certification,
            "library": (str(sight.library_id),),
            "available": (_flag(self._dice(number, 12), 0.9),),
        }

    def _numbers(self, number: int, dice: Random) -> dict[str, float]:
        """Some of them are known by all, most by nobody."""
        fame = min(5000.0, dice.paretovariate(0.9) - 1)
        year = self.year(number)
        return {
            Number.YEAR: float(year),
            Number.RELEASED: (year - 1970) * 365.25 * DAY + dice.randint(0, 364) * DAY,
            Number.ADDED: 1_700_000_000.0 + number * 60,
            Number.RATING: round(min(10.0, max(1.0, dice.gauss(6.3, 1.2))), 1),
            Number.VOTES: float(int(fame * 40)),
            Number.POPULARITY: round(fame, 3),
            Number.RUNTIME: float(dice.randint(60, 180)),
        }

    def _dice(self, number: int, what: int) -> Random:
        return Random((self._seed << 40) | (number << 4) | what)

    @cached_property
    def documented(self) -> dict[int, list[UUID]]:
        """Who has a document, by fame."""
        found: dict[int, list[UUID]] = {}
        for number in range(self.size):
            if self.kind(number) is SearchKind.PERSON:
                found.setdefault(self.person(number), []).append(self.id(number))
        return found


def _titled(naming: Naming) -> dict[str, tuple[str, ...]]:
    original = () if naming.original == naming.title else (naming.original,)
    return {
        "title": (naming.title,),
        "original_title": original,
        "translated_titles": naming.translated,
    }


def _overview(dice: Random) -> str:
    said: list[str] = []
    while sum(clause.count(" ") + 1 for clause in said) < 20:
        clause = _clause(dice.choice(_CLAUSES), dice)
        said.append(clause[0].upper() + clause[1:])
    return ". ".join(said) + "."


def _clause(pattern: str, dice: Random) -> str:
    """A sentence: words are small in it, names are not."""
    plain = PLAIN.sub(lambda word: filled(word[0], dice).lower(), pattern)
    return NAMED.sub(lambda name: filled(name[0], dice), plain)


def _flag(dice: Random, chance: float) -> str:
    return "true" if dice.random() < chance else "false"
