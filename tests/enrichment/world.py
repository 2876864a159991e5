"""Films of a library, and a TMDb and an OMDb on loopback that know them."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import text

from app.container import Container
from app.core.access import SYSTEM
from app.core.ids import new_id
from app.items.domain import Item, ItemId, ItemKind
from app.libraries.domain import LibraryId
from app.settings.domain import METADATA_PROVIDERS
from tests.enrichment.many import at_pace
from tests.support.outside import site
from tests.support.providers import Library

FILM: dict[str, Any] = {
    "id": 12, "title": "Glass Weather", "original_title": "Tiempo de vidrio",
    "original_language": "es", "release_date": "2004-06-01", "runtime": 90,
    "imdb_id": "tt7654321", "popularity": 3.5, "overview": "Rain on glass.", "tagline": "It rains.",
    "genres": [{"id": 1, "name": "Drama"}, {"id": 2, "name": "Science Fiction"}],
    "vote_average": 6.5, "vote_count": 1000, "poster_path": "/g.jpg", "backdrop_path": "/b.jpg",
    "production_companies": [{"id": 3, "name": "Lamp", "logo_path": "/l.png"}],
    "production_countries": [{"iso_3166_1": "ES"}],
    "belongs_to_collection": {"id": 77, "name": "Glass Collection", "poster_path": "/c.jpg"},
    "credits": {
        "cast": [
            {"id": 5, "name": "Mo Reyes", "character": "Ana", "profile_path": "/mo.jpg"},
            {"id": 6, "name": "Li Bo", "character": "Sam"},
        ],
        "crew": [{"id": 7, "name": "Kim Day", "job": "Director", "department": "Directing"}],
    },
    "keywords": {"keywords": [{"id": 1, "name": "rain"}]},
    "translations": {"translations": [
        {"iso_639_1": "de", "iso_3166_1": "DE",
         "data": {"title": "Glaswetter", "overview": "Regen auf Glas.", "tagline": "Es regnet."}},
    ]},
    "release_dates": {"results": [
        {"iso_3166_1": "US", "release_dates": [{"certification": "PG-13", "type": 3}]},
        {"iso_3166_1": "DE", "release_dates": [{"certification": "12", "type": 3}]},
    ]},
    "videos": {"results": [
        {"site": "YouTube", "key": "abcdefghijk", "name": "Trailer", "type": "Trailer",
         "iso_639_1": "en"},
    ]},
    "recommendations": {"results": [
        {"id": 13, "title": "Paper Weather", "release_date": "2006-01-01"},
    ]},
    "similar": {"results": [{"id": 14, "title": "Stone Weather", "release_date": "2007-01-01"}]},
}  # fmt: skip
COLLECTION: dict[str, Any] = {
    "id": 77, "name": "Glass Collection", "overview": "All of it.",
    "parts": [
        {"id": 12, "title": "Glass Weather", "release_date": "2004-06-01"},
        {"id": 15, "title": "Glass Weather II", "release_date": "2009-06-01"},
    ],
}  # fmt: skip
OMDB: dict[str, Any] = {
    "Title": "Glass Weather", "Year": "2004", "imdbID": "tt7654321", "Type": "movie",
    "imdbRating": "7.1", "imdbVotes": "12,345", "Plot": "It rains on the glass.",
    "Ratings": [
        {"Source": "Internet Movie Database", "Value": "7.1/10"},
        {"Source": "Rotten Tomatoes", "Value": "88%"},
        {"Source": "Metacritic", "Value": "74/100"},
    ],
    "Response": "True",
}  # fmt: skip

OFTEN = 500.0  # times a second: what waits for turns is shown elsewhere


@dataclass
class Providers:
    """What the two say, to be changed by tests."""

    tmdb: Library = field(default_factory=Library)
    omdb: Library = field(default_factory=Library)


@contextlib.asynccontextmanager
async def providers(app: Container) -> AsyncIterator[Providers]:
    """TMDb and OMDb at servers of ours that may be asked often, all others turned off."""
    made = Providers()
    made.tmdb.documents = {
        "/search/movie": {"results": [{k: FILM[k] for k in ("id", "title", "release_date")}]},
        "/movie/12": FILM,
        "/collection/77": COLLECTION,
    }
    made.omdb.documents = {"/": OMDB}
    for name, one in METADATA_PROVIDERS.items():
        if name not in ("tmdb", "omdb"):
            await app.settings.update(SYSTEM, one.enabled.key, value=False)
    await app.settings.update(SYSTEM, "metadata.languages", "en de")
    with pytest.MonkeyPatch.context() as patch:
        at_pace(app, patch, OFTEN, OFTEN)
        async with site(made.tmdb) as tmdb, site(made.omdb) as omdb:
            for name, where in (("tmdb", tmdb), ("omdb", omdb)):
                await app.settings.update(SYSTEM, f"metadata.{name}.address", where.url)
                await app.settings.update(SYSTEM, f"metadata.{name}.api_key", "key")
            yield made


async def film(app: Container, library_id: LibraryId, title: str, **more: Any) -> ItemId:
    """A film as a scan leaves it, by its name alone."""
    item_id = ItemId(new_id())
    row = {
        "id": item_id,
        "title": title,
        "sort_title": title,
        "title_key": title.casefold(),
        "title_from": "name",
        **more,
    }
    async with app.db.write(SYSTEM) as tx:
        item = Item(
            id=item_id, kind=ItemKind.MOVIE, library_id=library_id, added_at=app.clock.now()
        )
        await app.item_repository.add(tx, [item])
        await app.movie_repository.add(tx, [row])
    return item_id


async def one(app: Container, statement: str, **values: Any) -> Any:
    """The only row of a statement."""
    [row] = await app.db.records(text(statement), values)
    return row


async def column(app: Container, statement: str, **values: Any) -> list[Any]:
    """The first column of a statement."""
    return [row[0] for row in await app.db.records(text(statement), values)]
