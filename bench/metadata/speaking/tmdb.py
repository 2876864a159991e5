"""The catalogue as TMDb tells it, version 3 of its API."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from starlette.responses import Response

from bench.metadata.ids import number_of
from bench.metadata.records import Collection, Film, Person, Show, Title
from bench.metadata.speaking import tmdb_parts as parts
from bench.metadata.speaking.speaker import KEYS, Asked, Document, Said, Shelf, json, of_ten
from bench.metadata.speaking.tmdb_seasons import Seasons

SIZE: Final = 20
FOUND_BY: Final = {"imdb_id": "imdb", "tvdb_id": "tvdb", "wikidata_id": "wikidata"}


class Tmdb:
    """Films, shows, people and collections, in all languages."""

    name, path = "tmdb", "/3"

    def __init__(self, shelf: Shelf) -> None:
        self._shelf, self._made = shelf, shelf.catalogue
        self._seasons = Seasons(shelf)

    def documents(self) -> Mapping[str, Document]:
        return {
            "/search/movie": lambda asked: self._search(asked, self._films_found, film),
            "/search/tv": lambda asked: self._search(asked, self._shows_found, show),
            "/search/person": lambda asked: self._search(asked, self._people_found, person),
            "/find/{id}": self._find,
            "/movie/{id}": self._movie,
            "/movie/{id}/{part}": self._part_of_movie,
            "/tv/{id}": self._tv,
            "/tv/{id}/season/{season}/episode/{episode}": self._seasons.episode,
            "/tv/{id}/season/{season}": self._seasons.season,
            "/tv/{id}/{part}": self._part_of_tv,
            "/person/{id}": self._person,
            "/collection/{id}": self._collection,
            "/configuration": lambda _: parts.CONFIGURATION,
        }

    def refusal(self, asked: Asked) -> Response | None:
        key = KEYS["tmdb"]["api_key"]
        bearer = asked.headers.get("authorization", "")
        if key in (asked.params.get("api_key"), bearer.removeprefix("Bearer ")):
            return None
        said = "Invalid API key: You must be granted a valid key."
        return json({"status_code": 7, "status_message": said, "success": False}, 401)

    def missing(self, _: Asked) -> Response:
        said = "The resource you requested could not be found."
        return json({"success": False, "status_code": 34, "status_message": said}, 404)

    def _films_found(self, text: str) -> Sequence[Film]:
        return self._shelf.searched_films(text)

    def _shows_found(self, text: str) -> Sequence[Show]:
        return self._shelf.searched_shows(text)

    def _people_found(self, text: str) -> Sequence[Person]:
        return [self._made.person(n) for n in self._shelf.finder.people(text)]

    def _search(
        self,
        asked: Asked,
        find: Callable[[str], Sequence[Any]],
        tell: Callable[[Any, str], Said],
    ) -> Said:
        found = find(asked.params.get("query", ""))
        tag, page = parts.language(asked), asked.whole("page", 1)
        here = found[(page - 1) * SIZE : page * SIZE]
        return parts.paged([tell(one, tag) for one in here], page, len(found), SIZE)

    def _find(self, asked: Asked) -> Said | None:
        source = FOUND_BY.get(asked.params.get("external_source", ""))
        if source is None:
            return None
        id_, tag = asked.path["id"], parts.language(asked)
        films = self._shelf.film(source, id_) if source != "tvdb" else None
        shows, who = self._shelf.show(source, id_), self._shelf.person(source, id_)
        return {
            "movie_results": [film(films, tag)] if films is not None else [],
            "tv_results": [show(shows, tag)] if shows is not None else [],
            "person_results": [person(self._made.person(who), tag)] if who is not None else [],
            "tv_episode_results": [],
            "tv_season_results": [],
        }

    def _movie(self, asked: Asked) -> Said | None:
        its = self._shelf.film("tmdb", asked.path["id"])
        if its is None:
            return None
        tag = parts.language(asked)
        said = parts.title(its, tag) | {
            "adult": False,
            "video": False,
            "budget": its.budget,
            "revenue": its.revenue,
            "imdb_id": its.ids["imdb"],
            "release_date": its.released.isoformat(),
            "runtime": its.runtime,
            "title": parts.text(its, tag).title,
            "original_title": its.original_title,
            "belongs_to_collection": None,
        }
        if its.part_of is not None:
            together = self._made.collection(its.part_of)
            said["belongs_to_collection"] = parts.collection(together, tag)
        return said | self._appended(asked, lambda part: self._movie_part(its, part, asked))

    def _part_of_movie(self, asked: Asked) -> Said | None:
        its = self._shelf.film("tmdb", asked.path["id"])
        return None if its is None else self._movie_part(its, asked.path["part"], asked)

    def _movie_part(self, its: Film, part: str, asked: Asked) -> Said | None:
        tag = parts.language(asked)
        if part == "credits":
            return parts.credited(self._made, its.cast, its.crew)
        if part == "release_dates":
            return parts.release_dates(its)
        if part == "keywords":
            return {"keywords": parts.keywords(its)}
        if part == "alternative_titles":
            return {"titles": parts.other_titles(its)}
        if part in ("similar", "recommendations"):
            like = [film(one, tag) for one in self._shelf.films(its.like)]
            return parts.paged(like, 1, len(like), SIZE)
        return parts.shared(its, part, asked)

    def _tv(self, asked: Asked) -> Said | None:
        its = self._shelf.show("tmdb", asked.path["id"])
        if its is None:
            return None
        tag = parts.language(asked)
        said = parts.title(its, tag) | self._seasons.counted(its) | {
            "created_by": [],
            "episode_run_time": [its.runtime],
            "first_air_date": its.released.isoformat(),
            "in_production": not its.ended,
            "languages": [its.original_language],
            "last_air_date": its.last_aired.isoformat(),
            "name": parts.text(its, tag).title,
            "original_name": its.original_title,
            "networks": [parts.network(its.network)],
            "next_episode_to_air": None,
            "origin_country": [its.country],
            "seasons": [self._seasons.named(one, tag) for one in its.seasons],
            "type": "Scripted",
        }  # fmt: skip
        return said | self._appended(asked, lambda part: self._tv_part(its, part, asked))

    def _part_of_tv(self, asked: Asked) -> Said | None:
        its = self._shelf.show("tmdb", asked.path["id"])
        return None if its is None else self._tv_part(its, asked.path["part"], asked)

    def _tv_part(self, its: Show, part: str, asked: Asked) -> Said | None:
        tag = parts.language(asked)
        if part == "aggregate_credits":
            episodes = sum(len(one.episodes) for one in its.regular)
            return parts.aggregated(self._made, its.cast, its.crew, episodes)
        if part == "content_ratings":
            return parts.content_ratings(its)
        if part == "keywords":
            return {"results": parts.keywords(its)}
        if part == "alternative_titles":
            return {"results": parts.other_titles(its)}
        if part in ("similar", "recommendations"):
            like = [show(one, tag) for one in self._shelf.shows(its.like)]
            return parts.paged(like, 1, len(like), SIZE)
        return parts.shared(its, part, asked)

    def _person(self, asked: Asked) -> Said | None:
        number = self._shelf.person("tmdb", asked.path["id"])
        if number is None:
            return None
        its, tag = self._made.person(number), parts.language(asked)
        said = {
            "adult": False,
            "also_known_as": [its.name.upper()],
            "biography": its.biographies.get(tag, ""),
            "birthday": its.born.isoformat(),
            "deathday": its.died.isoformat() if its.died is not None else None,
            "gender": number % 3,
            "homepage": None,
            "id": int(its.ids["tmdb"]),
            "imdb_id": its.ids["imdb"],
            "known_for_department": its.department,
            "name": its.name,
            "place_of_birth": its.birthplace,
            "popularity": 1.5 + number % 40,
            "profile_path": parts.file("profile", "person", number),
        }
        return said | self._appended(asked, lambda part: self._person_part(its, part, asked))

    def _person_part(self, its: Person, part: str, asked: Asked) -> Said | None:
        tag = parts.language(asked)
        if part == "images":
            return {"profiles": [parts.image("profile", "person", its.number, None, 0)]}
        if part == "external_ids":
            return {"imdb_id": its.ids["imdb"], "wikidata_id": its.ids["wikidata"],
                    "facebook_id": None, "tvrage_id": None}  # fmt: skip
        if part == "translations":
            said = {tag: {"biography": told, "name": ""} for tag, told in its.biographies.items()}
            return {"translations": [parts.translation(tag, data) for tag, data in said.items()]}
        return self._filmography(its, tag) if part == "combined_credits" else None

    def _filmography(self, its: Person, tag: str) -> Said:
        films, shows = self._shelf.finder.took_part(its.number)
        roles = [*self._shelf.films(films), *self._shelf.shows(shows)]
        return parts.filmography(its.number, roles, tag, listed)

    def _collection(self, asked: Asked) -> Said | None:
        number = number_of("collection", "tmdb", asked.path["id"])
        if number is None or number >= self._made.collections:
            return None
        its, tag = self._made.collection(number), parts.language(asked)
        said = parts.collection(its, tag) | {
            "original_name": its.texts["en"].title,
            "original_language": "en",
            "overview": parts.told(its.texts, tag).overview,
            "parts": [film(one, tag) for one in self._shelf.films(its.films)],
        }
        return said | self._appended(asked, lambda part: self._collection_part(its, part, asked))

    def _collection_part(self, its: Collection, part: str, asked: Asked) -> Said | None:
        if part == "translations":
            data = {t: {"title": text.title, "overview": text.overview, "homepage": ""}
                    for t, text in its.texts.items()}  # fmt: skip
            return {"translations": [parts.translation(t, one) for t, one in data.items()]}
        return parts.images("collection", its.number, asked) if part == "images" else None

    def _appended(self, asked: Asked, part: Callable[[str], Said | None]) -> Said:
        names = asked.params.get("append_to_response", "").split(",")
        found = ((name, part(name)) for name in names[:20] if name)
        return {name: said for name, said in found if said is not None}


def result(its: Title, tag: str) -> Said:
    """What lists hold of a film or a show."""
    text, score = parts.text(its, tag), its.ratings["tmdb"]
    what = "movie" if isinstance(its, Film) else "tv"
    return {
        "adult": False,
        "backdrop_path": parts.file("backdrop", what, its.number),
        "genre_ids": list(its.genres),
        "id": int(its.ids["tmdb"]),
        "media_type": what,
        "original_language": its.original_language,
        "overview": text.overview,
        "popularity": 100 - its.number % 97,
        "poster_path": parts.file("poster", what, its.number, "en0"),
        "vote_average": of_ten(score.value),
        "vote_count": score.votes,
    }


def film(its: Film, tag: str) -> Said:
    """What lists hold of a film."""
    return result(its, tag) | {
        "original_title": its.original_title,
        "release_date": its.released.isoformat(),
        "title": parts.text(its, tag).title,
        "video": False,
    }


def show(its: Show, tag: str) -> Said:
    """What lists hold of a show."""
    return result(its, tag) | {
        "first_air_date": its.released.isoformat(),
        "name": parts.text(its, tag).title,
        "origin_country": [its.country],
        "original_name": its.original_title,
    }


def listed(its: Film | Show, tag: str) -> Said:
    """What lists hold of either."""
    return film(its, tag) if isinstance(its, Film) else show(its, tag)


def person(its: Person, _: str) -> Said:
    """What lists hold of somebody."""
    return {
        "adult": False,
        "gender": its.number % 3,
        "id": int(its.ids["tmdb"]),
        "known_for": [],
        "known_for_department": its.department,
        "name": its.name,
        "original_name": its.name,
        "popularity": 1.5 + its.number % 40,
        "profile_path": parts.file("profile", "person", its.number),
    }
