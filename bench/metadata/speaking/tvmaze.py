"""The catalogue's shows as TVmaze tells them."""

from collections.abc import Callable, Mapping
from typing import Final

from starlette.responses import RedirectResponse, Response

from bench.metadata import pictures, words
from bench.metadata.ids import id_of, number_of
from bench.metadata.records import Episode, Season, Show
from bench.metadata.speaking.speaker import Asked, Document, Said, Shelf, json

IMAGES: Final = "https://static.tvmaze.com/uploads/images/original_untouched"
LOOKED_UP: Final = {"thetvdb": "tvdb", "imdb": "imdb"}
KINDS: Final = {"poster": "poster", "background": "backdrop", "banner": "banner",
                "typography": "logo"}  # fmt: skip


class Tvmaze:
    """Shows with their episodes and people, in English; no key is wanted."""

    name, path = "tvmaze", ""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf, self._made = shelf, shelf.catalogue

    def documents(self) -> Mapping[str, Document]:
        return {
            "/search/shows": self._search,
            "/search/people": self._search_people,
            "/lookup/shows": self._lookup,
            "/shows/{id}": self._show,
            "/shows/{id}/episodes": self._episodes,
            "/shows/{id}/episodebynumber": self._by_number,
            "/episodes/{id}": self._episode,
            "/people/{id}": self._person,
        }

    def refusal(self, _: Asked) -> Response | None:
        return None

    def missing(self, _: Asked) -> Response:
        return json({"name": "Not Found", "message": "", "code": 0, "status": 404}, 404)

    def _search(self, asked: Asked) -> object:
        found = self._shelf.searched_shows(asked.params.get("q", ""))[:10]
        return [{"score": 0.9 - p / 100, "show": self._told(one)} for p, one in enumerate(found)]

    def _search_people(self, asked: Asked) -> object:
        found = self._shelf.finder.people(asked.params.get("q", ""))[:10]
        return [{"score": 0.9, "person": self._someone(number)} for number in found]

    def _lookup(self, asked: Asked) -> Response | None:
        for name, source in LOOKED_UP.items():
            its = self._shelf.show(source, asked.params.get(name))
            if its is not None:
                host = asked.headers.get("host", "")
                return RedirectResponse(f"http://{host}/tvmaze/shows/{its.ids['tvmaze']}", 301)
        return None

    def _its(self, asked: Asked) -> Show | None:
        return self._shelf.show("tvmaze", asked.path["id"])

    def _show(self, asked: Asked) -> Said | None:
        its = self._its(asked)
        if its is None:
            return None
        parts: dict[str, Callable[[], object]] = {
            "seasons": lambda: [_season(one) for one in its.regular],
            "episodes": lambda: [_episode(e) for one in its.regular for e in one.episodes],
            "cast": lambda: [
                self._member(role.person) | {"character": _character(role.character)}
                for role in its.cast
            ],
            "crew": lambda: [
                {"type": job.job, **self._member(job.person)} for job in its.crew
            ],
            "images": lambda: _images(its),
            "akas": lambda: [
                {"name": its.texts["de"].title,
                 "country": {"name": "Germany", "code": "DE", "timezone": "Europe/Busingen"}}
            ],
            "nextepisode": lambda: None,
        }  # fmt: skip
        wanted = [v for name, v in asked.params.items() if name.startswith("embed")]
        embedded = {name: parts[name]() for name in wanted if name in parts}
        said = {name: value for name, value in embedded.items() if value is not None}
        return self._told(its) | ({"_embedded": said} if said else {})

    def _episodes(self, asked: Asked) -> object:
        its = self._its(asked)
        if its is None:
            return None
        special = asked.params.get("specials") == "1"
        seasons = its.seasons if special else its.regular
        return [_episode(one) for season in seasons for one in season.episodes]

    def _by_number(self, asked: Asked) -> Said | None:
        its = self._its(asked)
        place = (asked.whole("season", 0), asked.whole("number", 0))
        episodes = (e for one in its.regular for e in one.episodes) if its is not None else ()
        found = next((one for one in episodes if (one.season, one.number) == place), None)
        return None if found is None else _episode(found)

    def _episode(self, asked: Asked) -> Said | None:
        key = number_of("episode", "tvmaze", asked.path["id"])
        show = key // 1000 if key is not None else self._made.shows
        seasons = self._made.show(show).seasons if show < self._made.shows else ()
        found = next((e for one in seasons for e in one.episodes if e.key == key), None)
        if found is None:
            return None
        guests = [
            self._member(role.person) | {"character": _character(role.character)}
            for role in found.guests
        ]
        jobs = (("Director", found.director), ("Writer", found.writer))
        crew = [{"guestCrewType": job, **self._member(number)} for job, number in jobs]
        wanted = {v for name, v in asked.params.items() if name.startswith("embed")}
        both = {"guestcast": guests, "guestcrew": crew}
        embedded = {name: said for name, said in both.items() if name in wanted}
        return _episode(found) | ({"_embedded": embedded} if embedded else {})

    def _person(self, asked: Asked) -> Said | None:
        number = self._shelf.person("tvmaze", asked.path["id"])
        return None if number is None else self._someone(number)

    def _member(self, number: int) -> Said:
        return {"person": self._someone(number), "self": False, "voice": False}

    def _someone(self, number: int) -> Said:
        its = self._made.person(number)
        return {
            "id": int(its.ids["tvmaze"]),
            "name": its.name,
            "country": {"name": "Germany", "code": "DE", "timezone": "Europe/Busingen"},
            "birthday": its.born.isoformat(),
            "deathday": its.died.isoformat() if its.died is not None else None,
            "gender": None,
            "image": _image("profile", "person", number),
        }

    def _told(self, its: Show) -> Said:
        text, score = its.texts["en"], its.ratings["tvmaze"]
        channel, country = words.NETWORKS[its.network]
        network = {
            "id": int(id_of("network", "tvmaze", its.network)),
            "name": channel,
            "country": {"name": words.COUNTRIES[country][1], "code": country},
        }
        genres = [words.GENRES[one].en for one in its.genres] + (["Anime"] if its.anime else [])
        return {
            "id": int(its.ids["tvmaze"]),
            "url": f"https://www.tvmaze.com/shows/{its.ids['tvmaze']}",
            "name": text.title,
            "type": "Animation" if its.anime else "Scripted",
            "language": words.LANGUAGES[its.original_language][2],
            "genres": genres,
            "status": "Ended" if its.ended else "Running",
            "runtime": its.runtime,
            "averageRuntime": its.runtime,
            "premiered": its.released.isoformat(),
            "ended": its.last_aired.isoformat() if its.ended else None,
            "officialSite": f"https://tv{its.number}.example/",
            "schedule": {"time": "21:00", "days": ["Sunday"]},
            "rating": {"average": score.value},
            "weight": 100 - its.number % 60,
            "network": network,
            "webChannel": None,
            "externals": {"tvrage": None, "thetvdb": int(its.ids["tvdb"]),
                          "imdb": its.ids["imdb"]},
            "image": _image("poster", "tv", its.number),
            "summary": f"<p>{text.overview}</p>",
            "updated": 1_700_000_000,
        }  # fmt: skip


def _season(its: Season) -> Said:
    return {
        "id": int(its.ids["tvmaze"]),
        "number": its.number,
        "name": "",
        "episodeOrder": len(its.episodes),
        "premiereDate": its.episodes[0].aired.isoformat(),
        "endDate": its.episodes[-1].aired.isoformat(),
        "image": _image("poster", "season", its.key),
        "summary": f"<p>{its.texts['en'].overview}</p>",
    }


def _episode(its: Episode) -> Said:
    text = its.texts["en"]
    return {
        "id": int(its.ids["tvmaze"]),
        "name": text.title,
        "season": its.season or 1,
        "number": its.number if its.season else None,
        "type": "regular" if its.season else "significant_special",
        "airdate": its.aired.isoformat(),
        "runtime": its.runtime,
        "rating": {"average": its.rating.value},
        "image": _image("still", "episode", its.key),
        "summary": f"<p>{text.overview}</p>",
    }


def _images(its: Show) -> list[Said]:
    found = []
    for place, (name, what) in enumerate(KINDS.items()):
        width, height = pictures.SIZES[what]
        url = _url(what, "tv", its.number)
        size = {"url": url, "width": width, "height": height}
        found.append({"id": place, "type": name, "main": place == 0,
                      "resolutions": {"original": size, "medium": size}})  # fmt: skip
    return found


def _character(name: str) -> Said:
    return {"id": sum(map(ord, name)), "name": name}


def _image(what: str, of: str, number: int) -> Said:
    url = _url(what, of, number)
    return {"medium": url, "original": url}


def _url(what: str, of: str, number: int) -> str:
    return f"{IMAGES}/{pictures.name(what, of, number, 'maze')}"
