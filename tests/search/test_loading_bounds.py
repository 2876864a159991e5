"""What is read for documents: what there is now, within bounds, and what else changes with it."""

from uuid import UUID

import pytest
from sqlalchemy import text

from app.catalog.domain import Label
from app.core.access import EVERYTHING
from app.core.ids import new_id
from app.core.page import Keyset
from app.items.domain import ItemState
from app.movies.domain import MovieId, MovieQuery
from app.search.domain import SearchKind
from app.search.service import reach
from tests.search.content import Stage
from tests.support.library import Film, films
from tests.support.people import People
from tests.support.series import Series, add_series
from tests.support.statements import caused


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
