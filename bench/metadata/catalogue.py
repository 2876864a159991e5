"""A catalogue of films, shows and people that nobody made: all of it follows from a seed.

Nothing is held: whatever is asked for is made from its number, the same one every time. Of fifty
films three are a collection, one has the title of another, one is called by a number, two are anime
and four are in other languages than English; of six shows one is an anime.
"""

from datetime import date, timedelta
from functools import lru_cache
from random import Random
from typing import Any, Final

from bench.metadata import titles, words
from bench.metadata.ids import ids_of
from bench.metadata.records import (
    Collection,
    Episode,
    Film,
    Job,
    Person,
    Role,
    Score,
    Season,
    Show,
    Text,
)
from bench.metadata.titles import Naming

BLOCK: Final = 50
PARTS: Final = (10, 11, 12)
COUNTED: Final = 20
FIRST_OF_TWO, SECOND_OF_TWO = 29, 30
LANGUAGES: Final = {5: "de", 15: "de", 25: "fr", 40: "fr", 35: "ja", 45: "ja"}
FIRST_YEAR, LAST_YEAR = 1935, 2024
MOST_FILMS: Final = titles.MOST - 2000
MOST_PEOPLE: Final = 6000
NAMESAKES: Final = 100  # one person of so many is called like the one before
SPECIALS: Final = 2
SEASONS_EACH, EPISODES_EACH = 10, 100  # room for ids
CREW: Final = (
    ("Director", "Directing"), ("Screenplay", "Writing"), ("Producer", "Production"),
    ("Original Music Composer", "Sound"),
)  # fmt: skip
MARKS: Final = (
    {"US": "G", "DE": "0", "GB": "U"}, {"US": "PG", "DE": "6", "GB": "PG"},
    {"US": "PG-13", "DE": "12", "GB": "12A"}, {"US": "R", "DE": "16", "GB": "15"},
)  # fmt: skip
MARKS_OF_SHOWS: Final = (
    {"US": "TV-PG", "DE": "6", "GB": "PG"}, {"US": "TV-14", "DE": "12", "GB": "12"},
    {"US": "TV-MA", "DE": "16", "GB": "15"},
)  # fmt: skip
RATERS: Final = (
    "imdb", "rottentomatoes", "metacritic", "tmdb", "trakt", "simkl", "letterboxd", "tvmaze",
    "anilist", "anidb", "mal", "kitsu",
)  # fmt: skip


class Catalogue:
    """Films, shows, people and collections, by number from 0 on."""

    def __init__(self, films: int, shows: int, seed: int = 7) -> None:
        if films > MOST_FILMS or shows > 1000:
            raise ValueError(f"There are titles for {MOST_FILMS} films and 1000 shows.")
        self.films, self.shows, self.seed = films, shows, seed
        self.people = min(MOST_PEOPLE, 120 + (films + shows) // 2)
        self.film = lru_cache(512)(self._film)
        self.show = lru_cache(64)(self._show)

    @property
    def collections(self) -> int:
        """How many there are; the last one may lack films."""
        return max(0, (self.films - PARTS[0] - 1) // BLOCK + 1)

    def collection(self, number: int) -> Collection:
        """Films that belong together."""
        start = number * BLOCK
        name = self.named(start + PARTS[0])
        told = {"en": ("{} Collection", "All films."), "de": ("{} Filmreihe", "Alle Filme."),
                "fr": ("{} - Saga", "Tous les films.")}  # fmt: skip
        texts = {
            tag: Text(form.format(getattr(name, tag)), about) for tag, (form, about) in told.items()
        }
        films = tuple(start + part for part in PARTS if start + part < self.films)
        return Collection(number=number, ids=ids_of("collection", number), texts=texts, films=films)

    def person(self, number: int) -> Person:
        """Somebody."""
        pick = self._random("person", number)
        like = number - 1 if number % NAMESAKES == NAMESAKES - 1 else number
        rest, first = divmod(like, len(words.FIRST_NAMES))
        initial, last = divmod(rest * 7 + first, len(words.LAST_NAMES))
        middle = f" {chr(ord('A') + initial // 7 % 26)}." if initial >= 7 else ""
        born = date(pick.randint(1900, 1999), pick.randint(1, 12), pick.randint(1, 28))
        dead = born.year < 1930
        name = f"{words.FIRST_NAMES[first]}{middle} {words.LAST_NAMES[last]}"
        town = pick.choice(words.NOUNS)
        return Person(
            number=number,
            name=name,
            ids=ids_of("person", number),
            born=born,
            died=date(born.year + 70, 6, 1) if dead else None,
            birthplace=f"{town.en}ton, {pick.choice(list(words.COUNTRIES.values()))[1]}",
            department="Directing" if number % 10 == 0 else "Acting",
            biographies={
                "en": f"{name} was born in {born.year} and is best known for films about the sea.",
                "de": f"{name}, Jahrgang {born.year}, wurde mit Filmen über das Meer bekannt.",
            },
        )

    def named(self, number: int) -> Naming:
        """The title of a film."""
        block, place = divmod(number, BLOCK)
        if place in PARTS:
            return titles.naming(block * BLOCK + PARTS[0]).numbered(place - PARTS[0] + 1)
        if place == COUNTED:
            return titles.counted(101 + block * 7)
        if self.is_anime_film(number):
            return titles.anime(block * 2 + (place == 45), film=True)
        return titles.naming(number - 1 if place == SECOND_OF_TWO else number)

    def named_show(self, number: int) -> Naming:
        """The title of a show."""
        if self.is_anime(number):
            return titles.anime(number, film=False)
        return titles.naming(number + 41)

    @staticmethod
    def is_anime(show: int) -> bool:
        """Whether a show is one."""
        return show % 6 == 5

    @staticmethod
    def is_anime_film(film: int) -> bool:
        """Whether a film is one."""
        return LANGUAGES.get(film % BLOCK) == "ja"

    def year(self, film: int) -> int:
        """The year that a film was first shown in."""
        place = film % BLOCK
        if place in PARTS[1:]:
            return self.year(film - place + PARTS[0]) + 3 * (place - PARTS[0])
        years = LAST_YEAR - FIRST_YEAR - 8
        found = FIRST_YEAR + self._random("year", film).randrange(years)
        if place != SECOND_OF_TWO:
            return found
        # Years apart from the one that it shares its title with.
        return FIRST_YEAR + (self.year(film - 1) - FIRST_YEAR + 10 + found % (years - 20)) % years

    def cast_and_crew(self, kind: str, number: int) -> tuple[list[int], list[int]]:
        """Who plays, and who makes it, in the order of CREW."""
        pick = self._random(f"people of {kind}", number)
        found = pick.sample(range(self.people), 6 + pick.randrange(4) + len(CREW))
        return found[len(CREW) :], found[: len(CREW)]

    def _film(self, number: int) -> Film:
        pick, place = self._random("film", number), number % BLOCK
        released = date(self.year(number), pick.randint(1, 12), pick.randint(1, 28))
        language = LANGUAGES.get(place, "en")
        shared = self._title("film", number, self.named(number), language)
        return Film(
            **shared,
            released=released,
            runtime=pick.randint(82, 139),
            certifications=pick.choice(MARKS),
            like=_others(pick, number, self.films),
            part_of=number // BLOCK if place in PARTS else None,
            budget=pick.randint(1, 90) * 1_000_000,
            revenue=pick.randint(1, 400) * 1_000_000,
        )

    def _show(self, number: int) -> Show:
        pick = self._random("show", number)
        released = date(1985 + pick.randrange(38), pick.randint(1, 12), pick.randint(1, 28))
        anime = self.is_anime(number)
        shared = self._title("show", number, self.named_show(number), "ja" if anime else "en")
        runtime = pick.choice((24, 42, 47, 58)) if not anime else 24
        numbers = [0] if number % 4 == 1 and not anime else []
        numbers += range(1, 2 if anime else 2 + pick.randrange(3))
        return Show(
            **shared,
            released=released,
            runtime=runtime,
            certifications=pick.choice(MARKS_OF_SHOWS),
            like=_others(pick, number, self.shows),
            network=pick.randrange(len(words.NETWORKS)),
            ended=number % 3 != 0,
            seasons=tuple(self._season(number, one, released, runtime) for one in numbers),
        )

    def _season(self, show: int, number: int, began: date, runtime: int) -> Season:
        key = show * SEASONS_EACH + number
        pick = self._random("season", key)
        count = SPECIALS if number == 0 else 3 + pick.randrange(6)
        begins = began + timedelta(days=max(0, number - 1) * 364 + (180 if number == 0 else 0))
        told = {"en": ("Specials", "Season"), "de": ("Extras", "Staffel"),
                "fr": ("Épisodes spéciaux", "Saison"),
                "ja": ("スペシャル", "シーズン")}  # fmt: skip
        texts = {
            tag: Text(special if number == 0 else f"{season} {number}", self._told(pick)[tag])
            for tag, (special, season) in told.items()
        }
        episodes = tuple(
            self._episode(key, place, begins + timedelta(days=7 * (place - 1)), runtime)
            for place in range(1, count + 1)
        )
        ids = ids_of("season", key)
        return Season(key=key, number=number, ids=ids, texts=texts, episodes=episodes)

    def _episode(self, season: int, number: int, aired: date, runtime: int) -> Episode:
        key = season * EPISODES_EACH + number
        pick = self._random("episode", key)
        name, told = titles.naming(pick.randrange(titles.MOST)), self._told(pick)
        director, writer, *guests = pick.sample(range(self.people), 4)
        anime = self.is_anime(season // SEASONS_EACH)
        ids = ids_of("episode", key)
        return Episode(
            key=key,
            season=season % SEASONS_EACH,
            number=number,
            ids={source: id_ for source, id_ in ids.items() if anime or source not in _ANIME},
            texts={tag: Text(getattr(name, tag), told[tag]) for tag in words.LANGUAGES},
            aired=aired,
            runtime=runtime,
            rating=_score(pick),
            director=director,
            writer=writer,
            guests=tuple(Role(one, pick.choice(words.FIRST_NAMES)) for one in guests),
        )

    def _title(self, kind: str, number: int, name: Naming, language: str) -> dict[str, Any]:
        """The fields that films and shows share, but those that hang together with their dates."""
        pick, anime = self._random(f"title of {kind}", number), language == "ja"
        cast, crew = self.cast_and_crew(kind, number)
        told, years = self._told(pick), pick.randint(3, 90)
        tags = ["en", "de"] + [t for t in ("fr", "ja") if t == language or number % 3 == len(t) - 2]
        country = pick.choice(("US", "GB", "AT")) if language == "en" else None
        if language == "de" and name.de == name.en:
            country = "DE"
        return {
            "number": number,
            "ids": ids_of(kind, number, anime=anime),
            "texts": {
                tag: Text(getattr(name, tag), told[tag], words.TAGLINES[tag].format(years=years))
                for tag in dict.fromkeys(tags)
            },
            "original_language": language,
            "romaji": name.romaji if anime else None,
            "genres": tuple(pick.sample(range(len(words.GENRES)), pick.randint(1, 3))),
            "keywords": tuple(pick.sample(words.KEYWORDS, 3)),
            "studios": tuple(pick.sample(range(len(words.STUDIOS)), 2)),
            "country": country or words.LANGUAGES[language][1],
            "ratings": {source: _score(pick) for source in RATERS},
            "cast": tuple(Role(one, pick.choice(words.FIRST_NAMES)) for one in cast),
            "crew": tuple(Job(one, *what) for one, what in zip(crew, CREW, strict=True)),
            "trailer": f"{kind}-{number:06}",
            "anime": anime,
        }

    def _told(self, pick: Random) -> dict[str, str]:
        hero, other = (pick.choice(words.FIRST_NAMES) for _ in range(2))
        years, telling = pick.randint(3, 90), pick.choice(words.TELLINGS)
        return {
            tag: form.format(hero=hero, other=other, years=years) for tag, form in telling.items()
        }

    def _random(self, what: str, number: int) -> Random:
        return Random(f"{self.seed} {what} {number}")


_ANIME: Final = frozenset({"anidb", "kitsu"})


def _others(pick: Random, number: int, count: int) -> tuple[int, ...]:
    found = pick.sample(range(count), min(count, 7))
    return tuple(one for one in found if one != number)[:6]


def _score(pick: Random) -> Score:
    return Score(pick.randint(30, 95) / 10, pick.randint(50, 200_000))
