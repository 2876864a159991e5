"""The catalogue as OMDb tells it: texts all of them, and everything under one address."""

from collections.abc import Mapping
from datetime import date
from typing import Final

from starlette.responses import Response

from bench.metadata import pictures, words
from bench.metadata.ids import number_of
from bench.metadata.records import Episode, Film, Show
from bench.metadata.speaking.speaker import (
    KEYS,
    Asked,
    Document,
    Said,
    Shelf,
    json,
    kind,
    of_ten,
)

PAGE: Final = 10
NONE: Final = "N/A"
MONTHS: Final = "JanFebMarAprMayJunJulAugSepOctNovDec"
TYPES: Final = {"movie": Film, "series": Show}


class Omdb:
    """Films, shows and episodes in English, and what others give them."""

    name, path = "omdb", ""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf, self._made = shelf, shelf.catalogue

    def documents(self) -> Mapping[str, Document]:
        return {"/": self._answer}

    def refusal(self, asked: Asked) -> Response | None:
        given = asked.params.get("apikey")
        if given == KEYS["omdb"]["api_key"]:
            return None
        return json(_failed("Invalid API key!" if given else "No API key provided."), 401)

    def missing(self, _: Asked) -> Response:
        return json(_failed("Movie not found!"))

    def _answer(self, asked: Asked) -> Said:
        if "s" in asked.params:
            return self._search(asked)
        if "i" in asked.params:
            return self._known(asked)
        named = self._named(asked, asked.params.get("t", ""))
        exact = [one for one in named if one.title.lower() == asked.params.get("t", "").lower()]
        return self._title(exact[0]) if exact else _failed("Movie not found!")

    def _named(self, asked: Asked, text: str) -> list[Film | Show]:
        year, sort = asked.params.get("y"), TYPES.get(asked.params.get("type", ""))
        found: list[Film | Show] = [*self._shelf.searched_films(text)]
        found += self._shelf.searched_shows(text)
        return [
            one
            for one in found
            if (sort is None or isinstance(one, sort)) and year in (None, str(one.year))
        ]

    def _search(self, asked: Asked) -> Said:
        found = self._named(asked, asked.params["s"])
        page = asked.whole("page", 1)
        here = found[(page - 1) * PAGE : page * PAGE]
        if not here:
            return _failed("Movie not found!")
        listed = [
            {name: said[name] for name in ("Title", "Year", "imdbID", "Type", "Poster")}
            for said in map(self._title, here)
        ]
        return {"Search": listed, "totalResults": str(len(found)), "Response": "True"}

    def _known(self, asked: Asked) -> Said:
        id_ = asked.params["i"]
        its = self._shelf.title("imdb", id_)
        if its is None:
            episode = self._of_id(id_)
            return self._episode(*episode) if episode else _failed("Error getting data.")
        if not isinstance(its, Show) or "Season" not in asked.params:
            return self._title(its)
        wanted = asked.whole("Season", -1)
        season = next((one for one in its.regular if one.number == wanted), None)
        if season is None:
            return _failed("Series or season not found!")
        if "Episode" in asked.params:
            place = asked.whole("Episode", -1)
            found = [one for one in season.episodes if one.number == place]
            return (
                self._episode(its, found[0]) if found else _failed("Series or episode not found!")
            )
        listed = [
            {"Title": one.texts["en"].title, "Released": one.aired.isoformat(),
             "Episode": str(one.number), "imdbRating": str(one.rating.value),
             "imdbID": one.ids["imdb"]}
            for one in season.episodes
        ]  # fmt: skip
        return {"Title": its.title, "Season": str(wanted), "totalSeasons": str(len(its.regular)),
                "Episodes": listed, "Response": "True"}  # fmt: skip

    def _of_id(self, id_: str) -> tuple[Show, Episode] | None:
        key = number_of("episode", "imdb", id_)
        show = key // 1000 if key is not None else self._made.shows
        if show >= self._made.shows:
            return None
        its = self._made.show(show)
        episodes = (one for season in its.regular for one in season.episodes)
        found = next((one for one in episodes if one.key == key), None)
        return (its, found) if found is not None else None

    def _title(self, its: Film | Show) -> Said:
        text, ratings = its.texts["en"], its.ratings
        critics = round(of_ten(ratings["rottentomatoes"].value, 100))
        score = round(of_ten(ratings["metacritic"].value, 100))
        said = {
            "Title": text.title,
            "Year": _years(its),
            "Rated": its.certifications["US"],
            "Released": _day(its.released),
            "Runtime": f"{its.runtime} min",
            "Genre": ", ".join(words.GENRES[one].en for one in its.genres),
            **self._people(its),
            "Plot": text.overview,
            "Language": words.LANGUAGES[its.original_language][2],
            "Country": words.COUNTRIES[its.country][1],
            "Awards": NONE,
            "Poster": _picture("poster", kind(its), its.number),
            "Ratings": [
                {"Source": "Internet Movie Database", "Value": f"{ratings['imdb'].value}/10"},
                {"Source": "Rotten Tomatoes", "Value": f"{critics}%"},
                {"Source": "Metacritic", "Value": f"{score}/100"},
            ],
            "Metascore": str(score),
            "imdbRating": str(ratings["imdb"].value),
            "imdbVotes": f"{ratings['imdb'].votes:,}",
            "imdbID": its.ids["imdb"],
        }
        if isinstance(its, Show):
            more = {"Type": "series", "totalSeasons": str(len(its.regular))}
        else:
            more = {"Type": "movie", "DVD": NONE, "BoxOffice": f"${its.revenue:,}",
                    "Production": NONE, "Website": NONE}  # fmt: skip
        return said | more | {"Response": "True"}

    def _people(self, its: Film | Show) -> Said:
        director, writer = (self._made.person(its.crew[place].person).name for place in (0, 1))
        names = (self._made.person(role.person).name for role in its.cast[:4])
        shown = NONE if isinstance(its, Show) else director
        return {"Director": shown, "Writer": writer, "Actors": ", ".join(names)}

    def _episode(self, show: Show, its: Episode) -> Said:
        text, person = its.texts["en"], self._made.person
        return {
            "Title": text.title,
            "Year": str(its.aired.year),
            "Rated": show.certifications["US"],
            "Released": _day(its.aired),
            "Season": str(its.season),
            "Episode": str(its.number),
            "Runtime": f"{its.runtime} min",
            "Genre": ", ".join(words.GENRES[one].en for one in show.genres),
            "Director": person(its.director).name,
            "Writer": person(its.writer).name,
            "Actors": ", ".join(person(role.person).name for role in its.guests),
            "Plot": text.overview,
            "Language": words.LANGUAGES[show.original_language][2],
            "Country": words.COUNTRIES[show.country][1],
            "Poster": _picture("still", "episode", its.key),
            "Ratings": [{"Source": "Internet Movie Database", "Value": f"{its.rating.value}/10"}],
            "Metascore": NONE,
            "imdbRating": str(its.rating.value),
            "imdbVotes": f"{its.rating.votes:,}",
            "imdbID": its.ids["imdb"],
            "seriesID": show.ids["imdb"],
            "Type": "episode",
            "Response": "True",
        }


def _failed(why: str) -> Said:
    return {"Response": "False", "Error": why}


def _years(its: Film | Show) -> str:
    if isinstance(its, Film):
        return str(its.year)
    return f"{its.year}–{its.last_aired.year if its.ended else ''}"


def _day(when: date) -> str:
    return f"{when.day:02} {MONTHS[when.month * 3 - 3 : when.month * 3]} {when.year}"


def _picture(what: str, of: str, number: int) -> str:
    name = pictures.name(what, of, number, "imdb")
    width, _ = pictures.SIZES[what]
    return f"https://m.media-amazon.com/images/M/{name.removesuffix('.jpg')}._V1_SX{width}.jpg"
