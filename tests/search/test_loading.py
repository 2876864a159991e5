"""Documents: all that is declared, of what there is, and nothing that their sights do not cover."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from app.catalog.domain import Credit, CreditKind, Label
from app.catalog.domain.genres import GENRES
from app.container import Container
from app.core.access import EVERYTHING, SYSTEM
from app.core.ids import new_id
from app.core.page import Keyset
from app.items.domain import ItemId, ItemState
from app.movies.domain import MovieId, MovieQuery
from app.people.domain import PersonDetails, PersonId
from app.search.domain import Document, SearchKind, Sight
from app.search.service import reach
from app.search.service.collections import COLLECTIONS
from app.search.service.loading import covers
from app.shows.domain import name_of_season
from tests.support.library import START, Film, Shelf, Shelves, films
from tests.support.people import People
from tests.support.said import credit, say
from tests.support.series import Made, Series, add_series
from tests.support.statements import caused

DAY = 24 * 3600.0
DRAMA = set(GENRES["drama"].values())
TOLD = {
    "de": {"title": "Das Boot am See", "overview": "Ein Boot."},
    "fr": {"title": "Le Bateau", "overview": "Un bateau."},
    "es": {"title": "El Barco", "overview": "Un barco."},
    "ja": {"title": "The Boat", "overview": ""},
}
ALONE = "insert into items (id, kind, library_id) values (:id, 'movie', :library)"


class Stage:
    """A library, and what is made in it."""

    def __init__(self, app: Container, shelves: Shelves, shelf: Shelf) -> None:
        self.app, self.shelves, self.shelf = app, shelves, shelf

    async def films(self, *wanted: Film, shelf: Shelf | None = None) -> list[UUID]:
        return [*await self.shelves.fill(shelf or self.shelf, wanted)]

    async def series(self, wanted: Series, shelf: Shelf | None = None) -> Made:
        [made] = await add_series(self.app, shelf or self.shelf, [wanted])
        return made

    async def library(self) -> Shelf:
        return await self.shelves.library(f"Library {new_id()}")

    async def run(self, sql: str, **given: object) -> None:
        async with self.app.db.write(SYSTEM) as tx:
            await tx.execute(text(sql), given)

    async def rate(self, age: int | None, *ids: UUID) -> None:
        await self.run("update items set age = :age where id = any(:ids)", age=age, ids=[*ids])

    async def hide(self, shelf: Shelf) -> None:
        async with self.app.db.write(SYSTEM) as tx:
            assert await self.app.library_repository.hide(tx, shelf.id)

    async def say(self, item: UUID, **said: Any) -> None:
        async with self.app.db.write(SYSTEM) as tx:
            await say(self.app, tx, {ItemId(item): said})

    async def label(self, item: UUID, label: Label, *names: str) -> None:
        catalog = self.app.catalog_repository
        async with self.app.db.write(SYSTEM) as tx:
            ids = await catalog.ensure_labels(tx, label, names)
            await catalog.replace_labels(tx, label, {ItemId(item): [ids[n] for n in names]})

    async def credit(self, item: UUID, *parts: tuple[CreditKind, str | None, str]) -> None:
        """Make these (kind, job, name) the credits of an item."""
        app = self.app
        async with app.db.write(SYSTEM) as tx:
            ids = await app.person_repository.ensure(tx, {name: None for _, _, name in parts})
            credits_ = [
                Credit(
                    id=new_id(),
                    item_id=ItemId(item),
                    person_id=PersonId(ids[name]),
                    kind=kind,
                    job=job,
                    character="Nobody's business",
                    position=n,
                )
                for n, (kind, job, name) in enumerate(parts)
            ]
            await credit(app, tx, {ItemId(item): credits_})

    async def load(self, kind: SearchKind, *ids: UUID) -> Mapping[UUID, Document]:
        return await COLLECTIONS[kind].load(self.app, ids)

    async def one(self, kind: SearchKind, id_: UUID) -> Document:
        return (await self.load(kind, id_))[id_]

    async def person(self, name: str) -> PersonId:
        rows = await self.app.db.records(text("select id from people where name = :n"), {"n": name})
        return PersonId(rows[0]["id"])


@pytest.fixture
async def stage(app: Container) -> Stage:
    shelves = Shelves(app)
    return Stage(app, shelves, await shelves.library("Everything"))


def complete(document: Document, *lacking: str) -> None:
    """It has all that its collection declares, but for what is `lacking`, and nothing else."""
    declared = COLLECTIONS[document.kind]
    assert {*document.texts} == {field.name for field in declared.fields} - {*lacking}
    assert {*document.facets} == {facet.name for facet in declared.facets}
    assert {*document.numbers} == {number.value for number in declared.sorts}
    for values in (*document.texts.values(), *document.facets.values()):
        assert values
        assert all(type(value) is str and value for value in values)
    for facet in declared.facets:
        values = document.facets.get(facet.name, ())
        assert not facet.flag or {*values} <= {"true", "false"}
        assert not facet.number or all(value.isdecimal() for value in values)


async def test_a_film(stage: Stage) -> None:
    film = Film(
        "The Boat",
        collection="Sea Films",
        studios=("Sea Studio", "Lake Studio"),
        cast=("Ann Actor", "Ben Actor", "Ann Actor"),
        crew=("Dan Director",),
    )
    [_, movie] = await stage.films(Film("Before"), film)
    await stage.say(
        movie,
        texts=TOLD,
        original_language="fr",
        alternative_titles=["Boat!", "El Barco", "Boat!", "A Boat"],
    )
    await stage.label(movie, Label.KEYWORD, "sea", "boat")
    await stage.label(movie, Label.NETWORK, "Sea One")
    told = """{"de": {"name": "Meeresfilme"}, "fr": {"overview": "Rien."}}"""
    await stage.run(
        "update collections set texts = cast(:t as jsonb) where name = 'Sea Films'", t=told
    )
    async with stage.app.db.write(SYSTEM) as tx:
        more = {"original_title": "Le Bateau", "release_date": date(1969, 12, 31), "popularity": 5}
        await stage.app.movie_repository.describe(tx, {movie: {**more, "runtime": 5430}})
    document = await stage.one(SearchKind.MOVIE, movie)
    complete(document)
    assert document.id == movie
    assert document.sights == (Sight(stage.shelf.id, 13),)
    named = [await stage.person(name) for name in ("Ann Actor", "Ben Actor", "Dan Director")]
    assert document.people == tuple(sorted(named))
    texts = dict(document.texts)
    assert {*texts.pop("genres")} == DRAMA
    assert texts == {
        "title": ("The Boat",),
        "original_title": ("Le Bateau",),
        "translated_titles": ("Das Boot am See", "El Barco"),
        "alternative_titles": ("Boat!", "A Boat"),
        "cast": ("Ann Actor", "Ben Actor"),
        "directors": ("Dan Director",),
        "collection": ("Sea Films", "Meeresfilme"),
        "studios": ("Sea Studio", "Lake Studio"),
        "networks": ("Sea One",),
        "keywords": ("sea", "boat"),
        "overview": ("About The Boat.", "Un bateau.", "Ein Boot."),
    }
    assert document.facets == {
        "genre": ("drama",),
        "year": ("1999",),
        "language": ("fr",),
        "certification": ("PG-13",),
        "director": ("Dan Director",),
        "studio": ("Sea Studio", "Lake Studio"),
        "keyword": ("sea", "boat"),
        "library": (str(stage.shelf.id),),
        "available": ("true",),
        "resolution": ("2160p",),
        "hdr": ("true",),
    }
    assert document.numbers == {
        "year": 1999.0,
        "released": -DAY,
        "added": (START + timedelta(seconds=1)).timestamp(),
        "rating": 7.5,
        "votes": 100.0,
        "popularity": 5.0,
        "runtime": 90.5,
    }


async def test_what_is_not_known_is_left_out(stage: Stage) -> None:
    """Also a film of which there is nothing but its row."""
    alone = new_id()
    await stage.run(ALONE, id=alone, library=stage.shelf.id)
    await stage.run(
        "insert into movies (id, title, sort_title, title_key) values (:id, 'Alone', 'a', 'a')",
        id=alone,
    )
    document = await stage.one(SearchKind.MOVIE, alone)
    assert document.texts == {"title": ("Alone",)}
    assert document.facets == {
        "library": (str(stage.shelf.id),),
        "available": ("true",),
        "hdr": ("false",),
    }
    assert document.numbers.keys() == {"added"}
    assert document.sights == (Sight(stage.shelf.id, None),)


async def test_a_show(stage: Stage) -> None:
    made = await stage.series(
        Series("Boats", networks=("ABC", "DEF"), cast=("Ann",), crew=("Cara",), guests=("Gus",))
    )
    await stage.say(
        made.id, texts=TOLD, original_language="de", alternative_titles=["Boats on Lakes"]
    )
    await stage.label(made.id, Label.KEYWORD, "boat")
    await stage.label(made.id, Label.STUDIO, "Sea Studio")
    async with stage.app.db.write(SYSTEM) as tx:
        more = {"original_title": "Boote", "popularity": 3.5}
        await stage.app.show_repository.describe(tx, {made.id: more})
    document = await stage.one(SearchKind.SHOW, made.id)
    complete(document, "collection")
    texts = dict(document.texts)
    assert {*texts.pop("genres")} == DRAMA
    assert texts == {
        "title": ("Boats",),
        "original_title": ("Boote",),
        "translated_titles": ("Das Boot am See", "El Barco", "Le Bateau", "The Boat"),
        "alternative_titles": ("Boats on Lakes",),
        "cast": ("Ann",),
        "directors": ("Cara",),
        "studios": ("Sea Studio",),
        "networks": ("ABC", "DEF"),
        "keywords": ("boat",),
        "overview": ("About Boats.", "Ein Boot.", "Un barco."),
    }
    assert document.facets == {
        "genre": ("drama",),
        "year": ("2001",),
        "language": ("de",),
        "certification": ("TV-PG",),
        "director": ("Cara",),
        "studio": ("Sea Studio",),
        "keyword": ("boat",),
        "library": (str(stage.shelf.id),),
        "available": ("true",),
        "network": ("ABC", "DEF"),
        "status": ("ended",),
    }
    assert document.numbers == {
        "year": 2001.0,
        "released": datetime(2001, 1, 7, tzinfo=UTC).timestamp(),
        "added": START.timestamp(),
        "rating": 8.0,
        "votes": 100.0,
        "popularity": 3.5,
        "runtime": 30.0,
    }


async def test_a_season_and_an_episode(stage: Stage) -> None:
    made = await stage.series(Series("Boats", {0: 1, 1: 2}, absent=((0, 1), (1, 2))))
    await stage.say(made.id, texts=TOLD)
    async with stage.app.db.write(SYSTEM) as tx:
        await stage.app.show_repository.describe(tx, {made.id: {"original_title": "Boote"}})
        told = {"title": "The First", "overview": "How it began."}
        await stage.app.season_repository.describe(tx, {made.seasons[1]: told})
    boats = ("Boats", "Boote", "Das Boot am See", "El Barco", "Le Bateau", "The Boat")
    season = await stage.one(SearchKind.SEASON, made.seasons[1])
    complete(season)
    assert season.sights == (Sight(stage.shelf.id, 10),)
    assert season.texts == {
        "title": ("The First",),
        "translated_titles": ("Titel",),
        "show_titles": boats,
        "overview": ("How it began.", "Inhalt"),
    }
    library = (str(stage.shelf.id),)
    assert season.facets == {
        "year": ("2002",),
        "library": library,
        "available": ("true",),
        "season": ("1",),
    }
    first_aired = datetime(2002, 1, 7, tzinfo=UTC)
    aired = {"year": 2002.0, "released": first_aired.timestamp(), "added": START.timestamp()}
    assert season.numbers == aired
    episode = await stage.one(SearchKind.EPISODE, made.episodes[1, 2])
    complete(episode)
    assert {*episode.people} == {
        await stage.person(n) for n in ("Ann Actor", "Cara Creator", "Gus Guest")
    }
    assert season.people == ()
    assert episode.sights == season.sights
    assert episode.texts == {
        "title": ("Boats 1x02",),
        "translated_titles": ("Titel",),
        "show_titles": boats,
        "guests": ("Gus Guest",),
        "directors": ("Cara Creator",),
        "overview": ("Episode 2 of Boats.", "Inhalt"),
    }
    assert episode.facets == {**season.facets, "available": ("false",)}
    numbers = {"rating": 7.0, "votes": 10.0, "runtime": 30.0}
    released = (first_aired + timedelta(weeks=1)).timestamp()
    assert episode.numbers == {**aired, **numbers, "released": released}
    specials = await stage.one(SearchKind.SEASON, made.seasons[0])
    assert specials.texts["title"] == (name_of_season(0),) == ("Specials",)
    assert (specials.facets["season"], specials.facets["available"]) == (("0",), ("false",))


async def test_a_person(stage: Stage) -> None:
    await stage.films(Film("One", cast=("Ann Actor",)))
    ann = await stage.person("Ann Actor")
    said = PersonDetails(
        birth_date=date(1950, 5, 1),
        birth_place="Lake Town",
        department="Acting",
        also_known_as=("Anna", "Ann Actor", "Анна"),
        popularity=2.5,
        biography="Not to be found by.",
        ids={"tmdb": "1"},
    )
    async with stage.app.db.write(SYSTEM) as tx:
        await stage.app.person_repository.describe(tx, ann, said, datetime.now(UTC))
    document = await stage.one(SearchKind.PERSON, ann)
    complete(document)
    assert document == Document(
        id=ann,
        kind=SearchKind.PERSON,
        sights=(Sight(stage.shelf.id, 13),),
        texts={
            "name": ("Ann Actor",),
            "also_known_as": ("Anna", "Анна"),
            "birth_place": ("Lake Town",),
        },
        facets={"department": ("Acting",), "year": ("1950",)},
        numbers={"year": 1950.0, "popularity": 2.5},
    )


async def test_a_user(stage: Stage, people: People) -> None:
    one, other, gone = [await people.make() for _ in range(3)]
    at = datetime(2026, 5, 1, tzinfo=UTC)
    async with stage.app.db.write(SYSTEM) as tx:
        repository = stage.app.user_repository
        await repository.set_email(tx, one.id, "one@example.org", None)
        await repository.change(tx, one.id, {"display_name": "The One", "created_at": at})
        await repository.change(tx, other.id, {"is_active": False})
        await repository.change(tx, gone.id, {"deleted_at": at})
    found = await stage.load(SearchKind.USER, one.id, other.id, gone.id)
    assert found.keys() == {one.id, other.id}
    complete(found[one.id])
    assert found[one.id] == Document(
        id=one.id,
        kind=SearchKind.USER,
        texts={
            "username": (one.username,),
            "display_name": ("The One",),
            "email": ("one@example.org",),
        },
        facets={"active": ("true",)},
        numbers={"added": at.timestamp()},
    )
    assert found[other.id].facets == {"active": ("false",)}


LIBRARY, OTHER = new_id(), new_id()


@pytest.mark.parametrize(
    ("child", "parent", "expected"),
    [
        (Sight(LIBRARY, 12), Sight(LIBRARY, 12), True),
        (Sight(LIBRARY, 12), Sight(LIBRARY, 6), True),
        (Sight(LIBRARY, 12), Sight(LIBRARY, 16), False),
        (Sight(LIBRARY, 0), Sight(LIBRARY, 0), True),
        (Sight(LIBRARY, 12), Sight(LIBRARY, None), False),
        (Sight(LIBRARY, None), Sight(LIBRARY, None), True),
        (Sight(LIBRARY, None), Sight(LIBRARY, 18), True),
        (Sight(LIBRARY, 12), Sight(OTHER, 12), False),
        (Sight(LIBRARY, None), Sight(OTHER, 0), False),
    ],
)
def test_who_sees_a_child_may_see_its_parent(child: Sight, parent: Sight, expected: bool) -> None:
    assert covers(child, parent) is expected


async def test_the_show_is_named_to_who_may_see_it(stage: Stage) -> None:
    """Not to who may see no more than an episode of it."""
    made = await stage.series(Series("Boats", {1: 3}, age=16))
    first, second, third = made.episodes.values()
    await stage.rate(12, first)
    await stage.rate(18, second)
    await stage.rate(None, third)
    found = await stage.load(SearchKind.EPISODE, first, second, third)
    assert [i for i, one in found.items() if "show_titles" in one.texts] == [second, third]
    assert [one.sights[0].age for one in found.values()] == [12, 18, None]
    await stage.rate(None, made.id)
    found = await stage.load(SearchKind.EPISODE, first, second, third)
    assert [i for i, one in found.items() if "show_titles" in one.texts] == [third]
    season = await stage.one(SearchKind.SEASON, made.seasons[1])
    assert "show_titles" not in season.texts


async def test_where_a_person_is_seen(stage: Stage) -> None:
    """In each library where they took part in something, by the least age of it there."""
    other, unrated, hidden = [await stage.library() for _ in range(3)]
    ann = Film("A", age=16, cast=("Ann",), crew=())
    await stage.films(ann, replace(ann, title="B", age=12), replace(ann, title="C", age=None))
    await stage.films(replace(ann, title="D", age=18), Film("E", cast=("Ben",), age=0), shelf=other)
    await stage.films(replace(ann, title="F", age=None), shelf=unrated)
    await stage.films(Film("G", age=0, cast=("Ann", "Hid"), crew=()), shelf=hidden)
    made = await stage.series(Series("Boats", {1: 1}, cast=(), crew=(), guests=("Gus",)), other)
    ids = [await stage.person(name) for name in ("Ann", "Hid", "Gus")]
    nobody = new_id()
    await stage.run("insert into people (id, name, name_key) values (:id, 'No', 'no')", id=nobody)
    found = await stage.load(SearchKind.PERSON, *ids, nobody)
    assert found.keys() == {*ids}
    seen = {Sight(stage.shelf.id, 12), Sight(other.id, 18), Sight(unrated.id, None)}
    assert {*found[ids[0]].sights} == seen | {Sight(hidden.id, 0)}
    assert found[ids[1]].sights == (Sight(hidden.id, 0),)
    assert found[ids[2]].sights == (Sight(other.id, 10),)
    await stage.hide(hidden)
    found = await stage.load(SearchKind.PERSON, *ids, nobody)
    assert found.keys() == {ids[0], ids[2]}
    assert {*found[ids[0]].sights} == seen
    await stage.rate(None, *made.items)
    assert (await stage.one(SearchKind.PERSON, ids[2])).sights == (Sight(other.id, None),)


async def test_nothing_of_what_is_gone_or_being_deleted(stage: Stage) -> None:
    hidden = await stage.library()
    movies = await stage.films(Film("Stays"), Film("Goes")) + await stage.films(
        Film("Hidden"), shelf=hidden
    )
    shown = await stage.series(Series("Shown", {1: 1}))
    made = await stage.series(Series("Hidden", {1: 1}), hidden)
    parts: dict[SearchKind, list[UUID]] = {
        SearchKind.SHOW: [shown.id, made.id],
        SearchKind.SEASON: [shown.seasons[1], made.seasons[1]],
        SearchKind.EPISODE: [shown.episodes[1, 1], made.episodes[1, 1]],
    }
    everything = {SearchKind.MOVIE: movies, **parts}
    for kind, ids in everything.items():
        assert [*await stage.load(kind, *ids, new_id())] == ids
        assert await stage.load(kind) == {}
    assert await stage.load(SearchKind.MOVIE, *parts[SearchKind.SHOW]) == {}
    await stage.hide(hidden)
    await stage.run("delete from items where id = :id", id=movies[1])
    for kind, ids in everything.items():
        assert [*await stage.load(kind, *ids)] == ids[:1]
        assert await reach.page_of_ids(stage.app, kind, None, 10) == ids[:1]
    all_ids = [i for ids in everything.values() for i in ids]
    assert await reach.kinds_of(stage.app, all_ids) == {k: ids[:1] for k, ids in everything.items()}


async def test_what_is_shown_of_versions(stage: Stage) -> None:
    """As lists of films are filtered: what is broken counts only where nothing else is there."""
    one, two = await stage.films(Film("One", height=1080, hdr="sdr"), Film("Two", hdr=None))
    add = """insert into item_versions (id, item_id, resolution, hdr)
             values (:id, :item, '2160p', 'hdr10')"""
    version = new_id()
    await stage.run(add, id=version, item=one)
    await stage.run(
        "insert into version_files (file_id, version_id) values (:file, :version)",
        file=stage.shelf.files[1],
        version=version,
    )

    async def shown(movie: UUID) -> tuple[set[str], str]:
        facets = (await stage.one(SearchKind.MOVIE, movie)).facets
        [hdr] = facets["hdr"]
        sizes = {*facets["resolution"]}
        await stage.app.redis.client.flushdb()
        stage.app.cache.gap()
        for size in ("1080p", "2160p"):
            query = MovieQuery(resolutions=(size,), hdr=hdr == "true")
            page = await stage.app.movie_repository.page(EVERYTHING, query, Keyset(10))
            assert (movie in page.ids) == (size in sizes)
        return sizes, hdr

    missing = "update library_files set missing_since = now() where id = any(:ids)"
    assert await shown(one) == ({"1080p", "2160p"}, "true")
    assert await shown(two) == ({"2160p"}, "false")
    await stage.run(missing, ids=[stage.shelf.files[1]])
    assert await shown(one) == ({"1080p"}, "false")
    assert await shown(two) == ({"2160p"}, "false")
    await stage.run(missing, ids=[stage.shelf.files[0]])
    assert await shown(one) == ({"1080p", "2160p"}, "true")


async def test_everything_is_bounded(stage: Stage) -> None:
    long = "x" * 5000
    film = Film(
        f"A{long}",
        cast=[f"Actor {n:03}" for n in range(90)],
        crew=[f"Director {n:03}" for n in range(90)],
        genres=[f"Genre {n}" for n in range(90)],
        studios=[f"Studio {n}" for n in range(90)],
    )
    [movie] = await stage.films(film)
    await stage.label(movie, Label.KEYWORD, *(f"keyword {n}" for n in range(90)))
    tags = [f"{a}{b}" for a in "abcdefghij" for b in "abcdefghij"]
    texts = {tag: {"title": f"{tag}{long}", "overview": f"{tag}{long}"} for tag in tags}
    alternative = [f"{n:03}{long}" for n in range(90)]
    await stage.say(movie, texts=texts, alternative_titles=alternative, original_language="jj")
    document = await stage.one(SearchKind.MOVIE, movie)
    counts = {name: len(texts) for name, texts in document.texts.items()}
    assert counts == {
        "title": 1,
        "translated_titles": 50,
        "alternative_titles": 50,
        "cast": 30,
        "directors": 20,
        "collection": 1,
        "genres": 20,
        "studios": 20,
        "keywords": 60,
        "overview": 3,
    }
    assert document.texts["cast"][-1] == "Actor 029"
    overviews = document.texts["overview"]
    assert [text[:3] for text in overviews] == ["Abo", "jjx", "aax"]
    assert all(len(text) <= 1000 for text in overviews)
    for name in ("title", "translated_titles", "alternative_titles"):
        assert {len(title) for title in document.texts[name]} == {300}
    assert max(len(values) for values in document.facets.values()) == 60
    await stage.run(
        "update people set also_known_as = :names where name = 'Actor 000'", names=alternative
    )
    person = await stage.one(SearchKind.PERSON, await stage.person("Actor 000"))
    assert len(person.texts["also_known_as"]) == 50
    assert {len(name) for name in person.texts["also_known_as"]} == {300}


async def test_as_many_statements_for_one_as_for_many(stage: Stage, people: People) -> None:
    """And for all that fit into one batch; what is asked for twice is there once."""
    movies = await stage.films(*films(520))
    shows = await add_series(
        stage.app, stage.shelf, [Series(f"Show {n}", {1: 3, 2: 3}) for n in range(12)]
    )
    persons = await reach.page_of_ids(stage.app, SearchKind.PERSON, None, 20)
    users = [(await people.make()).id for _ in range(5)]
    wanted: dict[SearchKind, tuple[int, list[UUID]]] = {
        SearchKind.MOVIE: (2, movies),
        SearchKind.SHOW: (2, [made.id for made in shows]),
        SearchKind.SEASON: (2, [i for made in shows for i in made.seasons.values()]),
        SearchKind.EPISODE: (2, [i for made in shows for i in made.episodes.values()]),
        SearchKind.PERSON: (2, persons),
        SearchKind.USER: (1, users),
    }
    for kind, (expected, ids) in wanted.items():
        for some, batches in ((ids[:1], 1), (ids[:500] * 2, 1), (ids, 1 + (len(ids) > 500))):
            seen: list[str] = []
            stage.app.db.statements = caused(seen)
            try:
                found = await stage.load(kind, *some)
            finally:
                stage.app.db.statements = None
            assert {*found} == {*some}
            assert all(one.kind is kind and one.id == i for i, one in found.items())
            assert len(seen) == expected * batches, (kind, len(some))


async def test_what_is_read_is_what_is_there_now(stage: Stage) -> None:
    """Nothing of the caches, which may be older than what one is told of."""
    [movie] = await stage.films(Film("Before"))
    await stage.app.movie_repository.by_ids(EVERYTHING, [MovieId(movie)])
    assert (await stage.one(SearchKind.MOVIE, movie)).texts["title"] == ("Before",)
    await stage.run("update movies set title = 'After' where id = :id", id=movie)
    assert (await stage.one(SearchKind.MOVIE, movie)).texts["title"] == ("After",)
    await stage.run("update items set state = :s", s=ItemState.MISSING.value)
    assert (await stage.one(SearchKind.MOVIE, movie)).facets["available"] == ("false",)


async def test_all_ids_of_a_kind_in_order(stage: Stage, people: People) -> None:
    movies = await stage.films(*films(7))
    made = await stage.series(Series("Boats", {1: 3, 2: 3}))
    users = [(await people.make()).id for _ in range(5)]
    rows = await stage.app.db.records(text("select id from people"))
    expected: dict[SearchKind, list[UUID]] = {
        SearchKind.MOVIE: movies,
        SearchKind.SHOW: [made.id],
        SearchKind.SEASON: [*made.seasons.values()],
        SearchKind.EPISODE: [*made.episodes.values()],
        SearchKind.PERSON: [row["id"] for row in rows],
        SearchKind.USER: users,
    }
    for kind, ids in expected.items():
        found: list[UUID] = []
        while page := await reach.page_of_ids(stage.app, kind, found[-1] if found else None, 2):
            assert len(page) <= 2
            found += page
        assert found == sorted(ids), kind


async def test_what_changes_with_something(stage: Stage) -> None:
    one, two = await stage.films(Film("One", cast=("Ann",), crew=("Dan",)), Film("Two", cast=()))
    made, other = [
        await stage.series(Series(title, {1: 2}, cast=("Ann",), crew=(), guests=(guest,)))
        for title, guest in (("Boats", "Gus"), ("Ships", "Gil"))
    ]
    app = stage.app
    ann, dan, gus = [await stage.person(name) for name in ("Ann", "Dan", "Gus")]
    assert await reach.children_of(app, [made.id, one, new_id()]) == {
        SearchKind.SEASON: [*made.seasons.values()],
        SearchKind.EPISODE: [*made.episodes.values()],
    }
    both = await reach.children_of(app, [made.id, other.id])
    assert both[SearchKind.EPISODE] == [*made.episodes.values(), *other.episodes.values()]
    assert await reach.works_of(app, [gus]) == {SearchKind.EPISODE: [*made.episodes.values()]}
    assert await reach.works_of(app, [ann, dan]) == {
        SearchKind.MOVIE: [one],
        SearchKind.SHOW: [made.id, other.id],
        SearchKind.EPISODE: both[SearchKind.EPISODE],
    }
    assert await reach.kinds_of(app, [two, made.id, new_id(), gus]) == {
        SearchKind.MOVIE: [two],
        SearchKind.SHOW: [made.id],
    }


async def test_a_person_may_have_many_works(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    made = await stage.films(*films(9))
    monkeypatch.setattr(reach, "MOST_WORKS", 4)
    ann = await stage.person("Ann Actor")
    assert await reach.works_of(stage.app, [ann]) == {SearchKind.MOVIE: made[:4]}
