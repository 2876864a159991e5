"""The catalogue's pictures as fanart.tv lists them, version 3 of its API."""

from collections.abc import Mapping
from typing import Final

from starlette.responses import Response

from bench.metadata import pictures
from bench.metadata.records import Film, Show
from bench.metadata.speaking.speaker import KEYS, Asked, Document, Said, Shelf, json

# Of each list, what its pictures are, and in which languages ("" for none).
Lists = Mapping[str, tuple[str, tuple[str, ...]]]
OF_MOVIES: Final[Lists] = {
    "hdmovielogo": ("logo", ("en", "de")),
    "movieposter": ("poster", ("en", "de", "00")),
    "moviebackground": ("backdrop", ("", "")),
    "moviebanner": ("banner", ("en",)),
    "moviethumb": ("still", ("en",)),
    "hdmovieclearart": ("art", ("en",)),
}
OF_SHOWS: Final[Lists] = {
    "hdtvlogo": ("logo", ("en", "de")),
    "tvposter": ("poster", ("en", "de", "00")),
    "showbackground": ("backdrop", ("", "")),
    "tvbanner": ("banner", ("en",)),
    "tvthumb": ("still", ("en",)),
    "hdclearart": ("art", ("en",)),
}


class Fanarttv:
    """Films by the ids of TMDb and IMDb, shows by those of TheTVDB."""

    name, path = "fanarttv", "/v3"

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def documents(self) -> Mapping[str, Document]:
        return {"/movies/{id}": self._movie, "/tv/{id}": self._show}

    def refusal(self, asked: Asked) -> Response | None:
        given = asked.headers.get("api-key") or asked.params.get("api_key")
        if given == KEYS["fanarttv"]["api_key"]:
            return None
        return json({"status": "error", "error message": "Not authorized: invalid API key"}, 401)

    def missing(self, _: Asked) -> Response:
        return json({"status": "error", "error message": "Not found"}, 404)

    def _movie(self, asked: Asked) -> Said | None:
        id_ = asked.path["id"]
        its = self._shelf.film("imdb" if id_.startswith("tt") else "tmdb", id_)
        if its is None:
            return None
        ids = {"tmdb_id": its.ids["tmdb"], "imdb_id": its.ids["imdb"]}
        return {"name": its.title, **ids, **_listed(its, "movie", OF_MOVIES)}

    def _show(self, asked: Asked) -> Said | None:
        its = self._shelf.show("tvdb", asked.path["id"])
        if its is None:
            return None
        seasons = [
            _image("poster", "season", one.key, "en", place) | {"season": str(one.number)}
            for place, one in enumerate(its.seasons)
        ]
        named = {"name": its.title, "thetvdb_id": its.ids["tvdb"]}
        return named | _listed(its, "tv", OF_SHOWS) | {"seasonposter": seasons}


def _listed(its: Film | Show, of: str, lists: Lists) -> Said:
    return {
        name: [_image(what, of, its.number, tag, p) for p, tag in enumerate(languages)]
        for name, (what, languages) in lists.items()
    }


def _image(what: str, of: str, number: int, tag: str, place: int) -> Said:
    width, height = pictures.SIZES[what]
    return {
        "id": str(1000 * number + place),
        "url": f"http://assets.fanart.tv/fanart/{pictures.name(what, of, number, f'fan{place}')}",
        "lang": tag,
        "likes": str(9 - place),
        "width": str(width),
        "height": str(height),
    }
