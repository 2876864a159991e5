"""The catalogue's anime as MyAnimeList tells them, version 2 of its API."""

from collections.abc import Mapping
from typing import Final

from starlette.responses import Response

from bench.metadata import pictures, words
from bench.metadata.ids import id_of
from bench.metadata.records import Film, Show
from bench.metadata.speaking.speaker import KEYS, Asked, Document, Said, Shelf, json

IMAGES: Final = "https://cdn.myanimelist.net/images/anime"
LEAST, MOST = 3, 64
RATINGS: Final = {"G": "g", "PG": "pg", "PG-13": "pg_13", "R": "r", "TV-PG": "pg",
                  "TV-14": "pg_13", "TV-MA": "r"}  # fmt: skip


class Mal:
    """Films and shows; one question brings all of a title."""

    name, path = "mal", "/v2"

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def documents(self) -> Mapping[str, Document]:
        return {"/anime": self._search, "/anime/{id}": self._title}

    def refusal(self, asked: Asked) -> Response | None:
        if asked.headers.get("x-mal-client-id") == KEYS["mal"]["client_id"]:
            return None
        return json({"message": "Invalid client id", "error": "forbidden"}, 403)

    def missing(self, _: Asked) -> Response:
        return json({"message": "", "error": "not_found"}, 404)

    def _search(self, asked: Asked) -> object:
        text = asked.params.get("q", "")
        if not LEAST <= len(text) <= MOST:
            return json({"message": "invalid q", "error": "bad_request"}, 400)
        found = self._shelf.anime(text)[: asked.whole("limit", 100)]
        return {"data": [{"node": _brief(one)} for one in found], "paging": {}}

    def _title(self, asked: Asked) -> Said | None:
        its = self._shelf.title("mal", asked.path["id"])
        if its is None:
            return None
        ended = its.released if isinstance(its, Film) else its.last_aired
        return _brief(its) | {
            "end_date": ended.isoformat(),
            "mean": its.ratings["mal"].value,
            "status": "finished_airing",
            "genres": [{"id": one + 1, "name": words.GENRES[one].en} for one in its.genres],
            "num_episodes": 1 if isinstance(its, Film) else len(its.seasons[-1].episodes),
            "source": "light_novel",
            "rating": RATINGS[its.certifications["US"]],
            "pictures": [_picture(its, "mal1")],
            "studios": [{"id": int(id_of("studio", "mal", one)), "name": words.STUDIOS[one][0]}
                        for one in its.studios],
            "related_anime": [],
            "recommendations": [{"node": _brief(one), "num_recommendations": 3}
                                for one in self._shelf.liked(its)],
        }  # fmt: skip


def _brief(its: Film | Show) -> Said:
    began = {"year": its.year, "season": ("winter", "spring", "summer", "fall")[its.number % 4]}
    return {
        "id": int(its.ids["mal"]),
        "title": its.romaji or its.title,
        "main_picture": _picture(its, "mal0"),
        "alternative_titles": {"synonyms": [its.texts["de"].title], "en": its.title,
                               "ja": its.original_title},
        "start_date": its.released.isoformat(),
        "start_season": began,
        "synopsis": its.texts["en"].overview,
        "num_scoring_users": its.ratings["mal"].votes,
        "media_type": "movie" if isinstance(its, Film) else "tv",
        "average_episode_duration": its.runtime * 60,
        "nsfw": "white",
    }  # fmt: skip


def _picture(its: Film | Show, variant: str) -> Said:
    of = "movie" if isinstance(its, Film) else "tv"
    url = f"{IMAGES}/{its.number % 100}/{pictures.name('poster', of, its.number, variant)}"
    return {"medium": url, "large": url}
