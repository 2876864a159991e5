"""The catalogue's films as Letterboxd tells them, to whoever has signed in."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

from starlette.responses import Response

from bench.metadata import pictures, words
from bench.metadata.ids import id_of, number_of
from bench.metadata.records import Film
from bench.metadata.speaking.speaker import KEYS, YOUTUBE, Asked, Document, Said, Shelf, json

TOKEN: Final = "world-of-films"
IMAGES: Final = "https://a.ltrbxd.com/resized"
JOBS: Final = {"Director": "Director", "Screenplay": "Writer", "Producer": "Producer",
               "Original Music Composer": "Composer"}  # fmt: skip


class Letterboxd:
    """Films, people and collections, in English."""

    name, path = "letterboxd", "/api/v0"

    def __init__(self, shelf: Shelf) -> None:
        self._shelf, self._made = shelf, shelf.catalogue

    def documents(self) -> Mapping[str, Document]:
        return {
            "/auth/token": self._sign_in,
            "/search": self._search,
            "/films": self._films,
            "/film/{id}": self._film,
            "/film/{id}/statistics": self._statistics,
            "/film-collection/{id}": self._collection,
            "/contributor/{id}": self._contributor,
            "/contributor/{id}/contributions": self._contributions,
        }

    def refusal(self, asked: Asked) -> Response | None:
        signed = asked.headers.get("authorization") == f"Bearer {TOKEN}"
        return None if signed or asked.body else Response(status_code=401)

    def missing(self, _: Asked) -> Response:
        return json({"type": "Error", "code": 404, "message": "Not found"}, 404)

    def _sign_in(self, asked: Asked) -> object:
        form, keys = dict(parse_qsl(asked.body.decode())), KEYS["letterboxd"]
        given = (form.get("client_id"), form.get("client_secret"))
        if form.get("grant_type") != "client_credentials" or given != tuple(keys.values()):
            return json({"error": "invalid_client"}, 401)
        return {"access_token": TOKEN, "token_type": "Bearer", "expires_in": 3600}

    def _search(self, asked: Asked) -> Said:
        text, most = asked.params.get("input", ""), asked.whole("perPage", 20)
        if asked.params.get("include") == "ContributorSearchItem":
            people = self._shelf.finder.people(text)[:most]
            items = [
                {"type": "ContributorSearchItem", "contributor": self._someone(one)}
                for one in people
            ]
        else:
            films = self._shelf.searched_films(text)[:most]
            items = [{"type": "FilmSearchItem", "film": self._summary(one)} for one in films]
        return {"items": items}

    def _films(self, asked: Asked) -> Said:
        source, _, id_ = asked.params.get("filmId", "").partition(":")
        its = self._shelf.film(source, id_) if source in ("tmdb", "imdb") else None
        return {"items": [self._summary(its)] if its is not None else []}

    def _its(self, asked: Asked) -> Film | None:
        return self._shelf.film("letterboxd", asked.path["id"])

    def _film(self, asked: Asked) -> Said | None:
        its = self._its(asked)
        if its is None:
            return None
        text, language = its.texts["en"], its.original_language
        contributions: dict[str, list[Said]] = {"Actor": [
            self._someone(role.person) | {"characterName": role.character} for role in its.cast
        ]}  # fmt: skip
        for job in its.crew:
            contributions.setdefault(JOBS[job.job], []).append(self._someone(job.person))
        contributions["Studio"] = [
            {"id": id_of("studio", "letterboxd", one), "name": words.STUDIOS[one][0]}
            for one in its.studios
        ]
        return self._summary(its) | {
            "type": "Film",
            "releaseDate": its.released.isoformat(),
            "tagline": text.tagline,
            "description": text.overview,
            "backdrop": _picture("backdrop", "movie", its.number),
            "trailer": {"type": "youtube", "id": its.trailer, "url": f"{YOUTUBE}{its.trailer}"},
            "primaryLanguage": {"code": language, "name": words.LANGUAGES[language][2]},
            "countries": [{"code": its.country, "name": words.COUNTRIES[its.country][1]}],
            "contributions": [
                {"type": what, "contributors": who} for what, who in contributions.items()
            ],
        }

    def _statistics(self, asked: Asked) -> Said | None:
        its = self._its(asked)
        if its is None:
            return None
        score = its.ratings["letterboxd"]
        counts = {"watches": score.votes * 2, "ratings": score.votes, "likes": 5}
        return {"film": {"id": its.ids["letterboxd"]}, "rating": score.value / 2, "counts": counts}

    def _collection(self, asked: Asked) -> Said | None:
        number = number_of("collection", "letterboxd", asked.path["id"])
        if number is None or number >= self._made.collections:
            return None
        its = self._made.collection(number)
        films = [self._summary(one) for one in self._shelf.films(its.films)]
        return {"id": its.ids["letterboxd"], "name": its.texts["en"].title, "films": films}

    def _person(self, asked: Asked) -> int | None:
        source, _, id_ = asked.path["id"].rpartition(":")
        return self._shelf.person(source or "letterboxd", id_)

    def _contributor(self, asked: Asked) -> Said | None:
        number = self._person(asked)
        if number is None:
            return None
        about = self._made.person(number).biographies["en"]
        films, _ = self._shelf.finder.took_part(number)
        shares = [{"type": "Actor", "filmCount": len(films)}]
        more = {"bio": f"<p>{about}</p>", "statistics": {"contributions": shares}}
        return self._someone(number) | more

    def _contributions(self, asked: Asked) -> Said | None:
        number = self._person(asked)
        if number is None:
            return None
        films, _ = self._shelf.finder.took_part(number)
        here = self._shelf.films(films[: asked.whole("perPage", 20)])
        return {"items": [{"type": "Actor", "film": self._summary(one)} for one in here]}

    def _summary(self, its: Film) -> Said:
        links = [
            {"type": source, "id": its.ids[source], "url": f"https://{source}.example/"}
            for source in ("tmdb", "imdb")
        ]
        together = its.part_of
        part_of = id_of("collection", "letterboxd", together) if together is not None else None
        return {
            "type": "FilmSummary",
            "id": its.ids["letterboxd"],
            "name": its.title,
            "originalName": its.original_title,
            "alternativeNames": [its.texts["de"].title],
            "releaseYear": its.year,
            "runTime": its.runtime,
            "rating": its.ratings["letterboxd"].value / 2,
            "adult": False,
            "poster": _picture("poster", "movie", its.number),
            "links": links,
            "genres": [{"id": str(one), "name": words.GENRES[one].en} for one in its.genres],
            "filmCollectionId": part_of,
        }

    def _someone(self, number: int) -> Said:
        its = self._made.person(number)
        return {"id": its.ids["letterboxd"], "name": its.name, "tmdbid": its.ids["tmdb"],
                "poster": _picture("profile", "person", number)}  # fmt: skip


def _picture(what: str, of: str, number: int) -> Said:
    width, height = pictures.SIZES[what]
    url = f"{IMAGES}/{pictures.name(what, of, number, 'lb')}?v=1"
    return {"sizes": [{"width": width, "height": height, "url": url}]}
