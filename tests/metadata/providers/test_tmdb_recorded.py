"""TMDb's own answers, as they were recorded: everything of them can be read.

What is appended to a film or show is put together from the answers to its parts, as TMDb does it.
"""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from app.metadata.domain import Part, Query, RecordKind
from app.metadata.providers.tmdb import Tmdb
from tests.support.providers import Library, Request, provider

ROOT = Path(__file__).parents[4] / "shared" / "contracts" / "tmdb-recorded"
pytestmark = pytest.mark.skipif(
    not ROOT.is_dir(), reason="recorded answers of TMDb are not here: ../shared/contracts"
)
SHOWN = {"language", "append_to_response", "include_image_language", "api_key", "include_adult"}


class Recorded(Library):
    """The recordings by path; of several the one whose other parameters are asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.by_path: dict[str, list[tuple[dict[str, str], Path]]] = {}
        for entry in json.loads((ROOT / "INDEX.json").read_text()):
            path = entry["path"].removeprefix("/3")
            self.by_path.setdefault(path, []).append((entry["params"], ROOT / entry["file"]))

    def said(self, path: str, params: dict[str, str]) -> Any:
        """The body that was recorded; None where there is none."""
        wanted = {name: value for name, value in params.items() if name not in SHOWN}
        for told, file in self.by_path.get(path, []):
            if {n: v for n, v in told.items() if n not in SHOWN} == wanted:
                found = json.loads(file.read_text())["response"]
                return found["body"] if found["status"] == 200 else None
        return None

    def answer(self, request: Request) -> bytes:
        body = self.said(request.path, request.params)
        for part in request.params.get("append_to_response", "").split(",") if body else ():
            appended = self.said(f"{request.path}/{part}", {})
            if appended is not None:
                body.setdefault(part, appended)
        self.documents = {} if body is None else {request.path: body}
        return super().answer(request)


@pytest.fixture
async def tmdb() -> AsyncIterator[Tmdb]:
    async with provider(Tmdb, Recorded(), api_key="0" * 32) as (made, _):
        yield made


async def test_a_film(tmdb: Tmdb) -> None:
    film = await tmdb.movie("47964", ["en", "de"])
    assert film is not None
    assert (film.ids["tmdb"], film.ids["imdb"]) == ("47964", "tt1606378")
    assert film.year == 2013
    assert film.runtime
    assert {text.language.partition("-")[0] for text in film.texts} == {"de", "en"}
    assert sum(credit.part is Part.CAST for credit in film.credits) > 20
    assert any(credit.job == "Director" for credit in film.credits)
    assert {"US", "DE", "GB"} <= film.certifications.keys()
    assert all(picture.url.startswith("https://image.tmdb.org/") for picture in film.pictures)
    assert len({picture.kind for picture in film.pictures}) >= 3
    assert film.videos
    assert film.keywords
    assert film.similar
    assert film.recommendations
    assert film.collection is not None


async def test_a_show_and_its_parts(tmdb: Tmdb) -> None:
    show = await tmdb.show("1396", ["en", "pt-BR"])
    assert show is not None
    assert show.ids["tmdb"] == "1396"
    assert (show.year, len(show.seasons), show.networks[0].name) == (2008, 6, "AMC")
    assert show.certifications["US"] == "TV-MA"
    assert "pt-BR" in {text.language for text in show.texts} or "pt" in {
        text.language for text in show.texts
    }
    season = await tmdb.season("1396", 1, ["en"])
    assert season is not None
    assert [episode.number for episode in season.episodes] == list(range(1, 8))
    assert all(episode.title and episode.release_date for episode in season.episodes)
    assert any(credit.part is Part.GUEST for credit in season.episodes[0].credits)
    episode = await tmdb.episode("1396", 1, 1, ["en"])
    assert episode is not None
    assert episode.ids["imdb"].startswith("tt")


async def test_a_person_and_a_collection(tmdb: Tmdb) -> None:
    person = await tmdb.person("62", ["en"])
    assert person is not None
    assert (person.ids["imdb"], person.born is not None) == ("nm0000246", True)
    assert person.known_for
    collection = await tmdb.collection("264", ["en"])
    assert collection is not None
    assert [part.year for part in collection.parts] == sorted(
        part.year or 9999 for part in collection.parts
    )


async def test_searches_and_ids_of_elsewhere(tmdb: Tmdb) -> None:
    people = await tmdb.search_people(Query(title="Bryan Cranston"))
    assert people[0].title == "Bryan Cranston"
    shows = await tmdb.search_shows(Query(title="Breaking Bad"))
    assert shows[0].id == "1396"
    found = await tmdb.find(RecordKind.SHOW, {"tvdb": "81189"})
    assert found is not None
    assert found.id == "1396"
    film = await tmdb.find(RecordKind.MOVIE, {"imdb": "tt0088247"})
    assert film is not None
    assert film.year == 1984


async def test_what_is_not_there(tmdb: Tmdb) -> None:
    assert await tmdb.movie("999999999", ["en"]) is None
    assert await tmdb.show("999999999", ["en"]) is None
    assert await tmdb.person("999999999", ["en"]) is None
    assert await tmdb.collection("999999999", ["en"]) is None
