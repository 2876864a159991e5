"""Documents: all that is declared, of what there is, and nothing that their sights do not cover."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from app.catalog.domain import Label
from app.core.access import SYSTEM
from app.core.ids import new_id
from app.people.domain import PersonDetails
from app.search.domain import Document, SearchKind, Sight
from app.search.service.collections import COLLECTIONS
from app.search.service.loading import covers
from app.shows.domain import name_of_season
from tests.search.content import ALONE, DAY, DRAMA, TOLD, Stage
from tests.support.library import START, Film
from tests.support.people import People
from tests.support.series import Series


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
