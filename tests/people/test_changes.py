"""Persons changed: by providers, by hand, and when several turn out to be one."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from app.catalog.domain import Credit, CreditKind
from app.container import Container
from app.core.access import EVERYTHING, SYSTEM
from app.core.clock import SteppedClock
from app.core.ids import new_id
from app.items.domain import ItemId
from app.people.domain import NamedPerson, PersonDetails, PersonEdit, PersonField, PersonId
from app.people.jobs import MergeTwins
from tests.auth.people import rows
from tests.gql.world import World
from tests.support.api import Api
from tests.support.jobs import carry_out_waiting
from tests.support.library import Film, Shelf, Shelves
from tests.support.people import People

NOW = datetime(2026, 3, 1, tzinfo=UTC)
LATER = NOW + timedelta(days=30)
DETAILS = PersonDetails(
    name="Ann Actor-Smith",
    biography="Born in Rome.",
    biographies={"de": "In Rom geboren."},
    birth_date=date(1960, 5, 1),
    birth_place="Rome",
    department="Acting",
    homepage="https://ann.test/",
    also_known_as=("Annie", "A. A."),
    popularity=4.5,
    portrait_url="https://pictures.test/ann",
    ids={"tmdb": "1", "imdb": "nm1"},
)
EDIT = """mutation($id: ID!, $input: EditPersonInput!) { editPerson(id: $id, input: $input) {
  id name birthDate birthPlace lockedFields biography biographyDe: biography(language: "de") } }"""
MERGE = """mutation($keep: ID!, $merge: [ID!]!) { mergePeople(keepId: $keep, mergeIds: $merge) {
  id name externalIds { source value } credits { character job item { title } } } }"""
PORTRAIT = text(
    "insert into artwork (id, person_id, kind, source, url)"
    " values (:id, :person, 'poster', 'provider', :url)"
)
NODE = "query($id: ID!) { node(id: $id) { id } person(id: $id) { id } }"


@pytest.fixture
async def world(app: Container, people: People) -> World:
    return await World.make(app, people)


@pytest.fixture
async def shelf(app: Container) -> Shelf:
    shelves = Shelves(app)
    shelf = await shelves.library("Films")
    await shelves.fill(shelf, [Film("One", cast=("Ann", "Ben")), Film("Two", cast=("Ben",))])
    return shelf


async def named(app: Container, name: str, **ids: str) -> PersonId:
    """A person, made or found."""
    async with app.db.write(SYSTEM) as tx:
        wanted = [NamedPerson(name=name, ids=ids)]
        [person] = await app.person_repository.recognise(tx, wanted)
    return person


async def describe(app: Container, person: PersonId, details: PersonDetails) -> bool:
    async with app.db.write(SYSTEM) as tx:
        return await app.person_repository.describe(tx, person, details, LATER)


async def shown(app: Container, person: PersonId) -> Any:
    return (await app.person_repository.by_ids(EVERYTHING, [person]))[person]


async def test_what_providers_say_is_kept(app: Container) -> None:
    app.person_repository.clock = SteppedClock(NOW)
    ann = await named(app, "Ann", tmdb="1")
    assert await describe(app, ann, DETAILS)
    found = await shown(app, ann)
    for name in ("name", "birth_date", "birth_place", "department", "homepage", "also_known_as"):
        assert getattr(found, name) == getattr(DETAILS, name)
    biography = (await app.person_repository.biographies(EVERYTHING, [ann]))[ann]
    assert biography.own == DETAILS.biography
    assert biography.by_language == DETAILS.biographies
    ids = (await app.person_repository.external_ids(EVERYTHING, [ann]))[ann]
    assert ids == (("imdb", "nm1"), ("tmdb", "1"))
    assert not await describe(app, ann, DETAILS), "the same again is nothing new"
    assert not await describe(app, ann, PersonDetails()), "what is not said stays"
    assert await describe(app, ann, PersonDetails(biographies={"fr": "À Rome."}))
    again = (await app.person_repository.biographies(EVERYTHING, [ann]))[ann]
    assert set(again.by_language) == {"de", "fr"}
    assert await rows(app, "select refreshed_at, due_at from people") == [(NOW, LATER)]
    assert not await describe(app, PersonId(new_id()), DETAILS)


async def test_locked_fields_stay(app: Container) -> None:
    ann = await named(app, "Ann", tmdb="1")
    values = {PersonField.NAME: "Ann Lee", PersonField.BIOGRAPHY: "Mine."}
    async with app.db.write(SYSTEM) as tx:
        edit = PersonEdit(values=values, locked=(PersonField.HOMEPAGE,))
        changed = await app.person_repository.edit(tx, ann, edit)
    assert changed == ["biography", "locks", "name"]
    assert await describe(app, ann, DETAILS)
    found = await shown(app, ann)
    assert (found.name, found.homepage, found.birth_place) == ("Ann Lee", None, "Rome")
    biography = (await app.person_repository.biographies(EVERYTHING, [ann]))[ann]
    assert (biography.own, biography.by_language) == ("Mine.", {})


async def test_ids_say_that_two_are_one(app: Container) -> None:
    """Also where details say so; who was known by name alone is identified by them."""
    other = await named(app, "Ann", imdb="nm1")
    ann = await named(app, "Ann Smith")
    await describe(app, ann, PersonDetails(name="Another Name"))
    assert (await shown(app, ann)).name == "Ann Smith", "by which alone they are known"
    await describe(app, ann, DETAILS)
    assert (await shown(app, ann)).name == DETAILS.name
    assert await carry_out_waiting(app, MergeTwins.policy.name) == "completed"
    assert set(await app.person_repository.by_ids(EVERYTHING, [ann, other])) == {ann}
    assert await named(app, "X", imdb="nm1") == ann


async def test_merging_moves_all_there_is(app: Container, shelf: Shelf) -> None:
    ann, ben = (PersonId(shelf.people[name]) for name in ("Ann", "Ben"))
    first, second = (ItemId(i) for i in shelf.movies)
    double = [
        Credit(
            id=new_id(),
            item_id=second,
            person_id=person,
            kind=CreditKind.CREW,
            job=job,
            position=n,
        )
        for n, (person, job) in enumerate(
            [(ben, "Writer"), (ann, "Writer"), (ben, "Director")], start=1
        )
    ]
    async with app.db.write(SYSTEM) as tx:
        await app.catalog_repository.add_credits(tx, {second: double})
        await app.person_repository.describe(tx, ben, DETAILS, LATER)
        for person, url in ((ann, "a"), (ben, "a"), (ben, "b")):
            await tx.execute(PORTRAIT, {"id": new_id(), "person": person, "url": url})
    before = await app.catalog_repository.credits_of(EVERYTHING, [second], CreditKind.CREW, 20)
    assert [c.job for c in before[second]] == ["Director", "Writer", "Writer", "Director"]
    async with app.db.write(SYSTEM) as tx:
        assert await app.person_repository.merge(tx, ann, [ben, ben])
    for item in (first, second):
        for kind in (CreditKind.CAST, CreditKind.CREW):
            credits_ = await app.catalog_repository.credits_of(EVERYTHING, [item], kind, 20)
            assert [c.position for c in credits_.get(item, ())] == [*range(len(credits_[item]))]
    cast = await app.catalog_repository.credits_of(EVERYTHING, [first], CreditKind.CAST, 20)
    assert {(c.person_id, c.character) for c in cast[first]} == {(ann, "Role 0"), (ann, "Role 1")}
    crew = await app.catalog_repository.credits_of(EVERYTHING, [second], CreditKind.CREW, 20)
    mine = [c.job for c in crew[second] if c.person_id == ann]
    assert mine == ["Writer", "Director"], "who wrote it as two wrote it once"
    found = await shown(app, ann)
    assert (found.name, found.birth_place) == ("Ann", "Rome"), "only what was lacking is taken"
    assert await named(app, "X", imdb="nm1") == ann
    assert await rows(app, "select person_id, url from artwork where url < 'c' order by url") == [
        (ann, "a"),
        (ann, "b"),
    ]
    assert await rows(app, "select id from people where due_at <= now()") == [(ann,)]
    assert await app.person_repository.by_ids(EVERYTHING, [ben]) == {}
    async with app.db.write(SYSTEM) as tx:
        assert not await app.person_repository.merge(tx, ann, [ben]), "there is nobody any more"


# -- through the API


async def test_somebody_edits(api: Api, world: World) -> None:
    ann = world.person("Open Actor")
    person = PersonId(UUID(ann.rpartition("_")[2]))
    await describe(world.app, person, DETAILS)
    given = {"birthPlace": "  Paris ", "biography": "Mine.", "locked": ["HOMEPAGE"]}
    data = await api.run(EDIT, world.moderator, id=ann, input=given)
    assert data["editPerson"] == {
        "id": ann,
        "name": DETAILS.name,
        "birthDate": "1960-05-01",
        "birthPlace": "Paris",
        "lockedFields": ["BIOGRAPHY", "BIRTH_PLACE", "HOMEPAGE"],
        "biography": "Mine.",
        "biographyDe": "Mine.",
    }
    kept = await api.run(EDIT, world.moderator, id=ann, input={"birthDate": None})
    assert kept["editPerson"]["birthDate"] is None
    assert "HOMEPAGE" in kept["editPerson"]["lockedFields"], "locks that are not named stay"
    free = await api.run(EDIT, world.moderator, id=ann, input={"locked": []})
    assert free["editPerson"]["lockedFields"] == []
    logged = await rows(
        world.app,
        "select actor_id, resource_id, changes from activity_log"
        " where action = 'person.update' order by id limit 1",
    )
    assert logged == [
        (world.moderator.id, person, {"fields": {"new": ["biography", "birth_place", "locks"]}})
    ]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": None}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"biography": "x" * 20_001}, "biography"),
        ({"birthPlace": "\u2028"}, None),
        ({"birthPlace": "a\u2028b"}, "birthPlace"),
        ({"birthDate": "0999-12-31"}, "birthDate"),
        ({"birthDate": "2000-01-01", "deathDate": "1999-01-01"}, "deathDate"),
    ],
)
async def test_what_nobody_can_be(
    given: dict[str, Any], field: str | None, api: Api, world: World
) -> None:
    if field is None:  # nothing but spaces is nothing
        await api.run(EDIT, world.admin, id=world.person("Open Actor"), input=given)
        return
    error = await api.fails(EDIT, world.admin, id=world.person("Open Actor"), input=given)
    assert (error.code, error.field) == ("INVALID", field)


async def test_a_name_that_another_has(api: Api, world: World) -> None:
    """Of two who are known by name alone the names differ; a provider's may be called alike."""
    ann, spare = world.person("Open Actor"), world.person("Spare Actor")
    taken = await api.fails(EDIT, world.admin, id=ann, input={"name": "SPARE actor"})
    assert (taken.code, taken.field) == ("CONFLICT", "name")
    await describe(
        world.app, PersonId(UUID(spare.rpartition("_")[2])), PersonDetails(ids={"a": "b"})
    )
    await api.run(EDIT, world.admin, id=ann, input={"name": "SPARE actor"})


async def test_somebody_merges(api: Api, world: World) -> None:
    ann, spare = world.person("Open Actor"), world.person("Spare Actor")
    movie = "query($id: ID!) { movie(id: $id) { cast { person { id } } } }"
    assert (await api.run(NODE, world.alice, id=spare))["person"] == {"id": spare}
    await api.run(movie, world.alice, id=world.movie("Open One"))
    data = await api.run(MERGE, world.moderator, keep=ann, merge=[spare])
    [credit] = data["mergePeople"]["credits"]
    assert credit["item"] == {"title": "Open One"}
    assert credit["character"] == "Role 1 / Role 2"
    assert await api.run(NODE, world.alice, id=spare) == {"node": None, "person": None}
    cast = (await api.run(movie, world.alice, id=world.movie("Open One")))["movie"]["cast"]
    assert [c["person"]["id"] for c in cast].count(ann) == 2
    gone = await api.fails(MERGE, world.moderator, keep=ann, merge=[spare])
    assert (gone.code, gone.field) == ("NOT_FOUND", "mergeIds")
    same = await api.fails(MERGE, world.moderator, keep=ann, merge=[ann])
    assert (same.code, same.field) == ("INVALID", "mergeIds")
    [(changes,)] = await rows(
        world.app, "select changes from activity_log where action = 'person.merge'"
    )
    assert changes == {"merged": {"old": [spare]}}


async def test_nobody_merges_who_is_hidden(api: Api, world: World) -> None:
    hidden, ann = world.person("Hidden Actor"), world.person("Open Actor")
    for keep, merge in ((ann, hidden), (hidden, ann)):
        error = await api.fails(MERGE, world.moderator, keep=keep, merge=[merge])
        assert error.code == "NOT_FOUND"
    await api.run(MERGE, world.admin, keep=ann, merge=[hidden])
    assert (await api.run(NODE, world.alice, id=ann))["person"] == {"id": ann}
