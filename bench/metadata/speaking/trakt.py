"""The catalogue as Trakt tells it, version 2 of its API."""

from collections.abc import Mapping, Sequence
from typing import Final

from starlette.responses import Response

from bench.metadata import pictures, words
from bench.metadata.records import Episode, Film, Job, Role, Season, Show, Text
from bench.metadata.speaking.speaker import (
    KEYS,
    YOUTUBE,
    Asked,
    Document,
    Said,
    Shelf,
    kind,
    of_ten,
)

IMAGES: Final = "walter-r2.trakt.tv/images"
TYPES: Final = {"movie": Film, "show": Show}
SOURCES: Final = ("imdb", "tmdb", "tvdb", "trakt")


class Trakt:
    """Films and shows, what people think of them, and what is like them."""

    name, path = "trakt", ""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf, self._made = shelf, shelf.catalogue

    def documents(self) -> Mapping[str, Document]:
        return {
            "/search/{type}": self._search,
            "/search/{source}/{id}": self._find,
            "/shows/{id}/seasons": self._seasons,
            "/shows/{id}/seasons/{season}": self._episodes,
            "/{place}/{id}": self._title,
            "/{place}/{id}/people": self._people,
            "/{place}/{id}/translations": self._translations,
            "/{place}/{id}/ratings": self._ratings,
            "/{place}/{id}/related": self._related,
        }

    def refusal(self, asked: Asked) -> Response | None:
        if asked.headers.get("trakt-api-version") != "2":
            return Response(status_code=412)
        right = asked.headers.get("trakt-api-key") == KEYS["trakt"]["client_id"]
        return None if right else Response(status_code=403)

    def missing(self, _: Asked) -> Response:
        return Response(status_code=404)

    def _search(self, asked: Asked) -> object:
        text, types = asked.params.get("query", ""), asked.path["type"].split(",")
        films = self._shelf.searched_films(text) if "movie" in types else []
        shows = self._shelf.searched_shows(text) if "show" in types else []
        found: list[Film | Show] = [*films, *shows]
        most = asked.whole("limit", 10)
        return [self._found(one, 1000 - place) for place, one in enumerate(found[:most])]

    def _find(self, asked: Asked) -> object:
        source, id_ = asked.path["source"], asked.path["id"]
        if source not in SOURCES:
            return None
        both = (self._shelf.film(source, id_), self._shelf.show(source, id_))
        wanted = TYPES.get(asked.params.get("type", ""), (Film, Show))
        return [self._found(one, None) for one in both if isinstance(one, wanted)]

    def _found(self, its: Film | Show, score: float | None) -> Said:
        name = "movie" if isinstance(its, Film) else "show"
        return {"type": name, "score": score, name: self._told(its)}

    def _its(self, asked: Asked) -> Film | Show | None:
        """By its id here, or by that of IMDb."""
        finds = {"movies": self._shelf.film, "shows": self._shelf.show}
        find, id_ = finds.get(asked.path.get("place", "shows")), asked.path["id"]
        return find("imdb" if id_.startswith("tt") else "trakt", id_) if find else None

    def _title(self, asked: Asked) -> object:
        its = self._its(asked)
        return None if its is None else self._told(its)

    def _told(self, its: Film | Show) -> Said:
        text, score, of = its.texts["en"], its.ratings["trakt"], kind(its)
        said = {
            "title": text.title,
            "original_title": its.original_title,
            "year": its.year,
            "ids": _ids(its.ids, f"{of}-{its.number}"),
            "tagline": text.tagline,
            "overview": text.overview,
            "runtime": its.runtime,
            "country": its.country.lower(),
            "trailer": f"{YOUTUBE}{its.trailer}",
            "homepage": f"https://{of}{its.number}.example/",
            "rating": of_ten(score.value),
            "votes": score.votes,
            "comment_count": 0,
            "language": its.original_language,
            "genres": [words.GENRES[one].en.lower() for one in its.genres]
            + (["anime"] if its.anime else []),
            "certification": its.certifications["US"],
            "images": {
                name: [_image(what, of, its.number)]
                for name, what in (
                    ("poster", "poster"), ("fanart", "backdrop"), ("logo", "logo"),
                    ("clearart", "art"), ("banner", "banner"), ("thumb", "still"),
                )
            },
        }  # fmt: skip
        if isinstance(its, Film):
            return said | {"released": its.released.isoformat(), "status": "released"}
        return said | {
            "first_aired": f"{its.released.isoformat()}T12:00:00.000Z",
            "airs": {"day": "Sunday", "time": "21:00", "timezone": "Europe/London"},
            "network": words.NETWORKS[its.network][0],
            "status": "ended" if its.ended else "returning series",
            "aired_episodes": sum(len(one.episodes) for one in its.regular),
        }

    def _people(self, asked: Asked) -> object:
        its = self._its(asked)
        if its is None:
            return None
        crew: dict[str, list[Said]] = {}
        for job in its.crew:
            crew.setdefault(job.department.lower(), []).append(self._made_by(job))
        return {"cast": [self._played(role) for role in its.cast], "crew": crew}

    def _played(self, role: Role) -> Said:
        character = {"character": role.character, "characters": [role.character]}
        return character | self._person(role.person)

    def _made_by(self, job: Job) -> Said:
        return {"job": job.job, "jobs": [job.job], **self._person(job.person)}

    def _person(self, number: int) -> Said:
        its = self._made.person(number)
        ids = {"trakt": int(its.ids["trakt"]), "slug": f"person-{number}",
               "imdb": its.ids["imdb"], "tmdb": int(its.ids["tmdb"])}  # fmt: skip
        return {"person": {"name": its.name, "ids": ids},
                "images": {"headshot": [_image("profile", "person", number)]}}  # fmt: skip

    def _translations(self, asked: Asked) -> object:
        its = self._its(asked)
        return None if its is None else _translated(its.texts)

    def _ratings(self, asked: Asked) -> object:
        its = self._its(asked)
        if its is None:
            return None
        own = _score(its, "trakt", 10)
        if asked.params.get("extended") != "all":
            return own
        return {
            "trakt": own,
            "tmdb": _score(its, "tmdb", 10),
            "imdb": _score(its, "imdb", 10),
            "metascore": _score(its, "metacritic", 100),
            "rotten_tomatoes": _score(its, "rottentomatoes", 100),
        }

    def _related(self, asked: Asked) -> object:
        its = self._its(asked)
        if its is None:
            return None
        shown = self._shelf.films if isinstance(its, Film) else self._shelf.shows
        return [self._told(one) for one in shown(its.like)][: asked.whole("limit", 10)]

    def _seasons(self, asked: Asked) -> object:
        its = self._its(asked)
        return its if its is None else [_season(one) for one in _seasons_of(its)]

    def _episodes(self, asked: Asked) -> object:
        its, wanted = self._its(asked), asked.path["season"]
        seasons = _seasons_of(its) if its is not None else ()
        found = next((one for one in seasons if str(one.number) == wanted), None)
        if found is None:
            return None
        return [_episode(one, asked.params.get("translations")) for one in found.episodes]


def _seasons_of(its: Film | Show) -> Sequence[Season]:
    return its.seasons if isinstance(its, Show) else ()


def _season(its: Season) -> Said:
    text = its.texts["en"]
    return {
        "number": its.number,
        "ids": {source: int(its.ids[source]) for source in ("trakt", "tvdb", "tmdb")},
        "rating": 8.0,
        "votes": 10,
        "episode_count": len(its.episodes),
        "aired_episodes": len(its.episodes),
        "title": text.title,
        "overview": text.overview,
        "first_aired": f"{its.episodes[0].aired.isoformat()}T12:00:00.000Z",
        "images": {"poster": [_image("poster", "season", its.key)]},
    }


def _episode(its: Episode, translations: str | None) -> Said:
    text = its.texts["en"]
    said = {
        "season": its.season,
        "number": its.number,
        "title": text.title,
        "ids": {**{source: int(its.ids[source]) for source in ("trakt", "tvdb", "tmdb")},
                "imdb": its.ids["imdb"]},
        "number_abs": None,
        "overview": text.overview,
        "rating": its.rating.value,
        "votes": its.rating.votes,
        "first_aired": f"{its.aired.isoformat()}T12:00:00.000Z",
        "runtime": its.runtime,
        "images": {"screenshot": [_image("still", "episode", its.key)]},
    }  # fmt: skip
    if translations is None:
        return said
    told = {t: one for t, one in its.texts.items() if translations in ("all", t)}
    return said | {"translations": _translated(told)}


def _translated(texts: Mapping[str, Text]) -> list[Said]:
    return [
        {"title": text.title, "overview": text.overview, "tagline": text.tagline,
         "language": tag, "country": words.LANGUAGES[tag][1].lower()}
        for tag, text in texts.items()
    ]  # fmt: skip


def _score(its: Film | Show, source: str, scale: float) -> Said:
    score = its.ratings[source]
    return {"rating": of_ten(score.value, scale), "votes": score.votes}


def _ids(ids: Mapping[str, str], slug: str) -> Said:
    whole = {source: int(ids[source]) for source in ("trakt", "tmdb", "tvdb") if source in ids}
    return {**whole, "imdb": ids["imdb"], "slug": slug}


def _image(what: str, of: str, number: int) -> str:
    """Without https:// before it."""
    return f"{IMAGES}/{pictures.name(what, of, number, 'trakt')}"
