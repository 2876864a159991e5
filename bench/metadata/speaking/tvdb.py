"""The catalogue as TheTVDB tells it, version 4 of its API."""

from collections.abc import Mapping
from typing import Final

import msgspec
from starlette.responses import Response

from bench.metadata import words
from bench.metadata.ids import number_of
from bench.metadata.records import Film, Season, Show
from bench.metadata.speaking import tvdb_parts as parts
from bench.metadata.speaking.speaker import KEYS, Asked, Document, Said, Shelf, json

TOKEN: Final = "eyJhbGciOiJIUzI1NiJ9.d29ybGQ.c2lnbmVk"
PAGE: Final = 500


class Tvdb:
    """Shows above all, in the order of their airing; films and people."""

    name, path = "tvdb", "/v4"

    def __init__(self, shelf: Shelf) -> None:
        self._shelf, self._made = shelf, shelf.catalogue

    def documents(self) -> Mapping[str, Document]:
        return {
            "/login": self._login,
            "/languages": lambda _: _wrapped([{"id": three} for three, *_ in _LANGUAGES]),
            "/search": self._search,
            "/search/remoteid/{id}": self._remote,
            "/movies/{id}/extended": self._movie,
            "/series/{id}/extended": self._series,
            "/series/{id}/artworks": self._series,
            "/series/{id}/episodes/{order}": self._episodes,
            "/series/{id}/episodes/{order}/{language}": self._episodes,
            "/seasons/{id}/extended": self._season,
            "/seasons/{id}/translations/{language}": self._season_text,
            "/episodes/{id}/extended": self._episode,
            "/people/{id}/extended": self._person,
        }

    def refusal(self, asked: Asked) -> Response | None:
        if asked.headers.get("authorization") == f"Bearer {TOKEN}" or asked.body:
            return None
        return json({"status": "failure", "message": "Unauthorized", "data": None}, 401)

    def missing(self, _: Asked) -> Response:
        said = {"status": "failure", "message": "NotFoundException: record not found"}
        return json({**said, "data": None}, 404)

    def _login(self, asked: Asked) -> object:
        given = msgspec.json.decode(asked.body or b"{}")
        if given.get("apikey") != KEYS["tvdb"]["api_key"]:
            said = "InvalidAPIKey: apikey is missing or invalid"
            return json({"status": "failure", "message": said, "data": None}, 401)
        return _wrapped({"token": TOKEN})

    def _search(self, asked: Asked) -> Said:
        text, what = asked.params.get("query", ""), asked.params.get("type")
        most = asked.whole("limit", 50)
        if what == "person":
            people = map(self._made.person, self._shelf.finder.people(text)[:most])
            return _wrapped([parts.person_found(one) for one in people])
        films = self._shelf.searched_films(text) if what in (None, "movie") else []
        shows = self._shelf.searched_shows(text) if what in (None, "series") else []
        found: list[Film | Show] = [*films, *shows]
        return _wrapped([parts.found(one) for one in found[:most]])

    def _remote(self, asked: Asked) -> Said:
        found: list[Said] = []
        for source in ("imdb", "wikidata"):
            id_ = asked.path["id"]
            film, show = self._shelf.film(source, id_), self._shelf.show(source, id_)
            person = self._shelf.person(source, id_)
            found += [{"movie": parts.named(film)}] if film is not None else []
            found += [{"series": parts.named(show)}] if show is not None else []
            if person is not None:
                found.append({"people": parts.someone(self._made.person(person))})
        return _wrapped(found)

    def _movie(self, asked: Asked) -> Said | None:
        its = self._shelf.film("tvdb", asked.path["id"])
        if its is None:
            return None
        together = self._made.collection(its.part_of) if its.part_of is not None else None
        said = parts.title(self._made, its) | {
            "budget": str(its.budget),
            "boxOffice": str(its.revenue),
            "runtime": its.runtime,
            "first_release": {"country": its.country.lower(), "date": its.released.isoformat()},
            "companies": {"studio": None, "network": None,
                          "production": [parts.studio(one) for one in its.studios]},
            "lists": [parts.listed(together)] if together is not None else None,
            "tagOptions": [{"id": p, "name": word} for p, word in enumerate(its.keywords)],
        }  # fmt: skip
        return _wrapped(said)

    def _series(self, asked: Asked) -> Said | None:
        its = self._shelf.show("tvdb", asked.path["id"])
        if its is None:
            return None
        said = parts.title(self._made, its) | {
            "averageRuntime": its.runtime,
            "firstAired": its.released.isoformat(),
            "lastAired": its.last_aired.isoformat(),
            "nextAired": "",
            "defaultSeasonType": 1,
            "companies": [parts.studio(one) for one in its.studios],
            "originalNetwork": parts.network(its.network),
            "latestNetwork": parts.network(its.network),
            "seasons": [parts.season(one, its.ids["tvdb"]) for one in its.seasons],
            "tags": [{"id": p, "name": word, "tagName": "Theme"}
                     for p, word in enumerate(its.keywords)],
            "lists": None,
        }  # fmt: skip
        said["artworks"] += [parts.season_artwork(one) for one in its.seasons]
        return _wrapped(said)

    def _episodes(self, asked: Asked) -> Said | None:
        its = self._shelf.show("tvdb", asked.path["id"])
        if its is None or asked.path["order"] not in ("official", "default"):
            return None
        code = asked.path.get("language", words.LANGUAGES[its.original_language][0])
        tag = _TAGS.get(code)
        season, number = asked.whole("season", -1), asked.whole("episodeNumber", -1)
        listed = [
            parts.episode(e, its.ids["tvdb"], tag)
            for one in its.seasons
            for e in one.episodes
            if season in (-1, one.number) and number in (-1, e.number)
        ]
        page = asked.whole("page", 0)
        here = listed[page * PAGE : (page + 1) * PAGE]
        following = page + 1 if (page + 1) * PAGE < len(listed) else None
        links = {"prev": None, "self": "", "next": f"?page={following}" if following else None,
                 "total_items": len(listed), "page_size": PAGE}  # fmt: skip
        held = {"series": parts.named(its), "episodes": here}
        return {**_wrapped(held), "links": links}

    def _of_season(self, asked: Asked) -> tuple[Show, Season] | None:
        key = number_of("season", "tvdb", asked.path["id"])
        show = key // 10 if key is not None else self._made.shows
        if show >= self._made.shows:
            return None
        its = self._made.show(show)
        season = next((one for one in its.seasons if one.key == key), None)
        return (its, season) if season is not None else None

    def _season(self, asked: Asked) -> Said | None:
        found = self._of_season(asked)
        if found is None:
            return None
        show, its = found
        id_, own = show.ids["tvdb"], show.original_language
        codes = [words.LANGUAGES[tag][0] for tag in its.texts]
        more = {
            "episodes": [parts.episode(one, id_, own) for one in its.episodes],
            "artwork": [parts.season_artwork(its)],
            "nameTranslations": codes,
            "overviewTranslations": codes,
        }
        return _wrapped(parts.season(its, id_) | more)

    def _season_text(self, asked: Asked) -> Said | None:
        found, tag = self._of_season(asked), _TAGS.get(asked.path["language"])
        text = found[1].texts.get(tag or "") if found is not None else None
        if text is None:
            return None
        told = {"name": text.title, "overview": text.overview, "isPrimary": False}
        return _wrapped({**told, "language": asked.path["language"]})

    def _episode(self, asked: Asked) -> Said | None:
        key = number_of("episode", "tvdb", asked.path["id"])
        show = key // 1000 if key is not None else self._made.shows
        if show >= self._made.shows:
            return None
        its = self._made.show(show)
        found = next((e for one in its.seasons for e in one.episodes if e.key == key), None)
        if found is None:
            return None
        said = parts.episode(found, its.ids["tvdb"], its.original_language)
        more = {
            "characters": parts.of_episode(self._made, found),
            "remoteIds": [parts.remote("IMDB", found.ids["imdb"])],
            "translations": parts.translations(found.texts),
        }
        return _wrapped(said | more)

    def _person(self, asked: Asked) -> Said | None:
        number = self._shelf.person("tvdb", asked.path["id"])
        if number is None:
            return None
        films, shows = self._shelf.finder.took_part(number)
        roles: list[Film | Show] = [*self._shelf.films(films[:20])]
        roles += self._shelf.shows(shows[:20])
        return _wrapped(parts.person(self._made.person(number), roles))


_LANGUAGES: Final = tuple(words.LANGUAGES.values())
_TAGS: Final = {three: tag for tag, (three, *_) in words.LANGUAGES.items()}


def _wrapped(data: object) -> Said:
    return {"status": "success", "data": data}
