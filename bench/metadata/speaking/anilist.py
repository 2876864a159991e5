"""The catalogue's anime as AniList tells them. Whatever is asked for, all of it is answered."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import msgspec
from starlette.responses import Response

from bench.metadata import pictures, words
from bench.metadata.ids import id_of
from bench.metadata.records import Film, Show
from bench.metadata.speaking.speaker import Asked, Document, Said, Shelf, json, of_ten

IMAGES: Final = "https://s4.anilist.co/file/anilistcdn/media/anime"
NOT_FOUND: Final = {"message": "Not Found.", "status": 404}
MOST: Final = 25


class Anilist:
    """Films and shows by GraphQL; no key is wanted."""

    name, path = "anilist", ""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf, self._made = shelf, shelf.catalogue

    def documents(self) -> Mapping[str, Document]:
        return {"/": self._answer}

    def refusal(self, _: Asked) -> Response | None:
        return None

    def missing(self, _: Asked) -> Response:
        return json({"data": {"Media": None}, "errors": [NOT_FOUND]}, 404)

    def _answer(self, asked: Asked) -> object:
        given: dict[str, Any] = msgspec.json.decode(asked.body or b"{}")
        variables = given.get("variables", {})
        if "search" in variables:
            formats = variables.get("formats") or ["TV", "MOVIE"]
            found = self._shelf.anime(variables["search"])
            shown = [one for one in found if _format(one) in formats][:MOST]
            return {"data": {"Page": {"media": [self._brief(one) for one in shown]}}}
        source = "anilist" if "id" in variables else "mal"
        id_ = str(variables.get("id", variables.get("idMal", "")))
        its = self._shelf.title(source, id_)
        return None if its is None else {"data": {"Media": self._whole(its)}}

    def _brief(self, its: Film | Show) -> Said:
        text = its.texts["en"]
        url = f"{IMAGES}/cover/large/{pictures.name('poster', _kind(its), its.number, 'ani')}"
        return {
            "id": int(its.ids["anilist"]),
            "idMal": int(its.ids["mal"]),
            "type": "ANIME",
            "format": _format(its),
            "title": {"romaji": its.romaji, "english": text.title, "native": its.original_title},
            "synonyms": [its.texts["de"].title],
            "description": f"{text.overview}<br><br>(Source: nobody)",
            "startDate": _day(its.released),
            "seasonYear": its.year,
            "duration": its.runtime,
            "countryOfOrigin": "JP",
            "popularity": 1000 + its.number,
            "coverImage": {"extraLarge": url, "large": url},
        }

    def _whole(self, its: Film | Show) -> Said:
        score = its.ratings["anilist"]
        banner = f"{IMAGES}/banner/{pictures.name('banner', _kind(its), its.number, 'ani')}"
        nodes = [{"mediaRecommendation": self._brief(one)} for one in self._shelf.liked(its)]
        ended = its.released if isinstance(its, Film) else its.last_aired
        return self._brief(its) | {
            "status": "FINISHED",
            "endDate": _day(ended),
            "episodes": 1 if isinstance(its, Film) else len(its.seasons[-1].episodes),
            "genres": [words.GENRES[one].en for one in its.genres],
            "bannerImage": banner,
            "averageScore": round(of_ten(score.value, 100)),
            "meanScore": round(of_ten(score.value, 100)),
            "stats": {"scoreDistribution": [{"score": 100, "amount": score.votes}]},
            "tags": [{"name": word.title(), "isGeneralSpoiler": False, "isMediaSpoiler": False}
                     for word in its.keywords],
            "studios": {"edges": [
                {"isMain": place == 0, "node": {"id": int(id_of("studio", "anilist", one)),
                                                "name": words.STUDIOS[one][0]}}
                for place, one in enumerate(its.studios)]},
            "trailer": {"id": its.trailer, "site": "youtube"},
            "externalLinks": [{"url": f"https://{_kind(its)}{its.number}.example/",
                               "site": "Official Site"}],
            "nextAiringEpisode": None,
            "relations": {"edges": []},
            "recommendations": {"nodes": nodes},
            "characters": {"edges": [
                {"node": {"name": {"full": role.character}},
                 "voiceActors": [self._someone(role.person) | {"languageV2": "Japanese"}]}
                for role in its.cast]},
            "staff": {"edges": [
                {"role": job.job, "node": self._someone(job.person)} for job in its.crew]},
        }  # fmt: skip

    def _someone(self, number: int) -> Said:
        its = self._made.person(number)
        url = f"https://s4.anilist.co/file/anilistcdn/staff/large/{_portrait(number)}"
        return {"id": int(its.ids["anilist"]), "name": {"full": its.name, "native": None},
                "image": {"large": url}}  # fmt: skip


def _kind(its: Film | Show) -> str:
    return "movie" if isinstance(its, Film) else "tv"


def _format(its: Film | Show) -> str:
    return "MOVIE" if isinstance(its, Film) else "TV"


def _portrait(number: int) -> str:
    return pictures.name("profile", "person", number, "ani")


def _day(when: date) -> Said:
    return {"year": when.year, "month": when.month, "day": when.day}
