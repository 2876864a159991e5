"""The catalogue as Simkl tells it; anime are kept apart from shows."""

from collections.abc import Mapping, Sequence
from typing import Final

from starlette.responses import Response

from bench.metadata import words
from bench.metadata.records import Episode, Film, Score, Show
from bench.metadata.speaking.speaker import KEYS, Asked, Document, Said, Shelf, json

TYPES: Final = {"movies": "movie", "tv": "tv", "anime": "anime"}
SOURCES: Final = ("imdb", "tvdb", "tmdb", "mal", "anidb", "anilist", "kitsu")


class Simkl:
    """Films, shows and anime; what is not there is null."""

    name, path = "simkl", ""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def documents(self) -> Mapping[str, Document]:
        return {
            "/search/id": self._find,
            "/search/{type}": self._search,
            "/{place}/episodes/{id}": self._episodes,
            "/{place}/{id}": self._title,
        }

    def refusal(self, asked: Asked) -> Response | None:
        if asked.headers.get("simkl-api-key") == KEYS["simkl"]["client_id"]:
            return None
        said = {"error": "client_id_failed", "code": 412, "message": "No such client_id."}
        return json(said, 412)

    def missing(self, _: Asked) -> Response:
        return json(None)

    def _search(self, asked: Asked) -> object:
        text, type_ = asked.params.get("q", ""), asked.path["type"]
        found: Sequence[Film | Show]
        if type_ == "movie":
            found = self._shelf.searched_films(text)
        elif type_ == "tv":
            found = self._shelf.searched_shows(text)
        else:
            found = self._shelf.anime(text)
        fitting = [one for one in found if _place(one) == type_ or type_ == "movie"]
        return [_brief(one, search=True) for one in fitting[: asked.whole("limit", 10)]]

    def _find(self, asked: Asked) -> object:
        for source in SOURCES:
            id_ = asked.params.get(source)
            both = (self._shelf.film(source, id_), self._shelf.show(source, id_))
            wanted = asked.params.get("type", "")
            found = [one for one in both if one is not None and wanted in ("", _of_type(one))]
            if id_ is not None and found:
                return [_brief(one) for one in found]
        return []

    def _its(self, asked: Asked) -> Film | Show | None:
        its = self._shelf.title("simkl", asked.path["id"])
        wanted = TYPES.get(asked.path["place"])
        return its if its is not None and wanted == _place(its) else None

    def _title(self, asked: Asked) -> Said | None:
        its = self._its(asked)
        if its is None:
            return None
        text = its.texts["en"]
        said = _brief(its) | {
            "en_title": text.title,
            "alt_titles": [{"name": its.texts["de"].title, "lang": 4, "type": "official"}],
            "fanart": _file("movie" if isinstance(its, Film) else "tv", its.number),
            "runtime": its.runtime,
            "certification": its.certifications["US"],
            "overview": text.overview,
            "genres": [words.GENRES[one].en for one in its.genres],
            "country": its.country,
            "language": its.original_language.upper(),
            "studios": [{"id": one, "name": words.STUDIOS[one][0]} for one in its.studios],
            "ratings": {"simkl": _score(its.ratings["simkl"]), "imdb": _score(its.ratings["imdb"])},
            "trailers": [{"name": "Trailer", "youtube": its.trailer, "size": 1080}],
            "users_recommendations": [_brief(one) for one in self._like(its)],
        }
        if isinstance(its, Film):
            director = self._shelf.catalogue.person(its.crew[0].person).name
            return said | {"released": its.released.isoformat(), "budget": its.budget,
                           "revenue": its.revenue, "director": director}  # fmt: skip
        return said | {
            "first_aired": its.released.isoformat(),
            "last_aired": its.last_aired.isoformat(),
            "network": words.NETWORKS[its.network][0],
            "status": "ended" if its.ended else "airing",
            "total_episodes": sum(len(one.episodes) for one in its.regular),
        }

    def _like(self, its: Film | Show) -> Sequence[Film | Show]:
        return self._shelf.films(its.like) if isinstance(its, Film) else self._shelf.shows(its.like)

    def _episodes(self, asked: Asked) -> object:
        its = self._its(asked)
        if not isinstance(its, Show):
            return []
        return [_episode(its, one) for season in its.seasons for one in season.episodes]


def _place(its: Film | Show) -> str:
    if isinstance(its, Film):
        return "movie"
    return "anime" if its.anime else "tv"


def _of_type(its: Film | Show) -> str:
    return "movie" if isinstance(its, Film) else "tv"


def _brief(its: Film | Show, *, search: bool = False) -> Said:
    ids = {source: its.ids[source] for source in SOURCES if source in its.ids}
    said = {
        "title": its.romaji or its.title,
        "en_title": its.title,
        "year": its.year,
        "type": _place(its),
        "poster": _file(_of_type(its), its.number),
        "ids": {"simkl_id" if search else "simkl": int(its.ids["simkl"]), **ids},
    }
    return said | ({"anime_type": "tv"} if isinstance(its, Show) and its.anime else {})


def _episode(show: Show, its: Episode) -> Said:
    place: Said = {"episode": its.number, "type": "episode"} if its.season else {"type": "special"}
    if its.season and not show.anime:
        place["season"] = its.season
    return place | {
        "title": its.texts["en"].title,
        "description": its.texts["en"].overview,
        "aired": True,
        "img": _file("episode", its.key),
        "date": f"{its.aired.isoformat()}T20:00:00Z",
        "ids": {"simkl_id": int(its.ids["simkl"])},
    }


def _file(of: str, number: int) -> str:
    """Without size and ending."""
    return f"{number % 90:02}/{of}{number:08}"


def _score(score: Score) -> Said:
    return {"rating": score.value, "votes": score.votes}
