"""The catalogue's anime as Kitsu tells them, in JSON:API."""

from collections.abc import Mapping
from typing import Final

from starlette.responses import Response

from bench.metadata import pictures, words
from bench.metadata.records import Episode, Film, Show
from bench.metadata.speaking.speaker import Asked, Document, Said, Shelf, json, of_ten

IMAGES: Final = "https://media.kitsu.app/anime"
SITES: Final = {
    "myanimelist/anime": "mal", "anilist/anime": "anilist", "anidb": "anidb",
    "thetvdb/series": "tvdb", "trakt": "trakt",
}  # fmt: skip
PAGE: Final = 20


class Kitsu:
    """Films and shows with their episodes in pages; no key is wanted."""

    name, path = "kitsu", "/api/edge"

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def documents(self) -> Mapping[str, Document]:
        return {
            "/anime": self._search,
            "/anime/{id}": self._one,
            "/anime/{id}/episodes": self._episodes,
            "/mappings": self._mappings,
        }

    def refusal(self, _: Asked) -> Response | None:
        return None

    def missing(self, _: Asked) -> Response:
        said = {"title": "Record not found", "code": "404", "status": "404"}
        return json({"errors": [said]}, 404)

    def _search(self, asked: Asked) -> Said:
        found = self._shelf.anime(asked.params.get("filter[text]", ""))
        most = min(asked.whole("page[limit]", 10), PAGE)
        return {"data": [_told(one) for one in found[:most]], "meta": {"count": len(found)}}

    def _one(self, asked: Asked) -> Said | None:
        its = self._shelf.title("kitsu", asked.path["id"])
        if its is None:
            return None
        wanted = asked.params.get("include", "").split(",")
        included = [
            _resource("categories", one, {"title": words.GENRES[one].en}) for one in its.genres
        ]
        mappings = [
            _resource("mappings", place, {"externalSite": site, "externalId": its.ids[source]})
            for place, (site, source) in enumerate(SITES.items())
        ]
        more = included * ("categories" in wanted) + mappings * ("mappings" in wanted)
        return {"data": _told(its), "included": more}

    def _episodes(self, asked: Asked) -> Said | None:
        its = self._shelf.show("kitsu", asked.path["id"])
        if its is None:
            return None
        episodes = its.seasons[-1].episodes
        start = asked.whole("page[offset]", 0)
        here = episodes[start : start + min(asked.whole("page[limit]", 10), PAGE)]
        return {"data": [_episode(one) for one in here], "meta": {"count": len(episodes)}}

    def _mappings(self, asked: Asked) -> Said:
        source = SITES.get(asked.params.get("filter[externalSite]", ""))
        id_ = asked.params.get("filter[externalId]", "")
        both = (self._shelf.film(source, id_), self._shelf.show(source, id_)) if source else ()
        found = [_told(one) for one in both if one is not None and one.anime]
        return {"data": [_resource("mappings", 1, {})] * len(found), "included": found}


def _told(its: Film | Show) -> Said:
    of = "movie" if isinstance(its, Film) else "tv"
    score, text = its.ratings["kitsu"], its.texts["en"]
    poster, cover = (
        f"{IMAGES}/{its.ids['kitsu']}/{pictures.name(what, of, its.number, 'kitsu')}"
        for what in ("poster", "banner")
    )
    ended = its.released if isinstance(its, Film) else its.last_aired
    count = 1 if isinstance(its, Film) else len(its.seasons[-1].episodes)
    said: Said = {
        "slug": f"{of}-{its.number}",
        "synopsis": text.overview,
        "description": text.overview,
        "titles": {"en": its.title, "en_jp": its.romaji, "ja_jp": its.original_title},
        "canonicalTitle": its.romaji,
        "abbreviatedTitles": [],
        "averageRating": f"{of_ten(score.value, 100):.2f}",
        "ratingFrequencies": {"14": str(score.votes)},
        "userCount": score.votes * 2,
        "startDate": its.released.isoformat(),
        "endDate": ended.isoformat(),
        "nextRelease": None,
        "subtype": "movie" if isinstance(its, Film) else "TV",
        "status": "finished",
        "posterImage": {"original": poster, "large": poster},
        "coverImage": {"original": cover, "large": cover},
        "episodeCount": count,
        "episodeLength": its.runtime,
        "totalLength": its.runtime * count,
        "youtubeVideoId": its.trailer,
        "nsfw": False,
    }
    return _resource("anime", int(its.ids["kitsu"]), said)


def _episode(its: Episode) -> Said:
    titles = {"en_us": its.texts["en"].title, "ja_jp": its.texts["ja"].title}
    url = f"https://media.kitsu.app/episodes/{pictures.name('still', 'episode', its.key, 'kitsu')}"
    return _resource(
        "episodes",
        int(its.ids["kitsu"]),
        {
            "titles": titles,
            "canonicalTitle": its.texts["en"].title,
            "seasonNumber": 1,
            "number": its.number,
            "synopsis": its.texts["en"].overview,
            "airdate": its.aired.isoformat(),
            "airDate": its.aired.isoformat(),
            "length": its.runtime,
            "thumbnail": {"original": url},
        },
    )


def _resource(type_: str, id_: int, attributes: Said) -> Said:
    return {"id": str(id_), "type": type_, "attributes": attributes}
