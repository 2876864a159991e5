"""What is written while the index follows: everything that a document is made of, changed by the
services and repositories of the product.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping
from random import Random
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text

from app.catalog.domain import CollectionId, Label
from app.catalog.domain.said import MetadataField
from app.catalog.jobs import CleanCatalog
from app.container import Container
from app.core.access import SYSTEM
from app.enrichment.domain import Edit
from app.items.domain import ItemId
from app.people.domain import PersonEdit, PersonField, PersonId, person_key
from app.users.domain import NewUser
from tests.gql.kept import changes as kept
from tests.gql.kept.stage import Stage
from tests.support.library import Film, _facts
from tests.support.said import say
from tests.support.series import Series, add_series

Change = Callable[[Container, Stage, Random], Awaitable[None]]
MOST_SHOWS: Final = 6
MOST_USERS: Final = 20
TITLES: Final = ("Alien", "ALIEN", "Élan", "The Wire", "七人の侍", "Сталкер", "Rocky II", "Heat")
NAMES: Final = ("Ann Actor", "ANN ACTOR", "Zoë Newname", "Bea", "Ma Yo-Yo", "Гус Гость")
LABELS: Final = ("One", "Two", "Three")
THERE: Final = text(
    "select i.id from items i join libraries l on l.id = i.library_id where not l.deleting"
)
FILES: Final = text(
    "select f.file_id from version_files f join item_versions v on v.id = f.version_id"
    " where v.item_id = :id"
)

TAKEN: Final = text("select exists (select from people where name_key = :key and id <> :id)")


async def settled(app: Container, stage: Stage) -> None:
    """Whatever a library that was deleted had, nobody changes any more."""
    there = set(await app.db.column(THERE))
    stage.gone = [i for s in stage.shelves for i in s.movies if i not in there]


async def edits(app: Container, stage: Stage, dice: Random) -> None:
    """Somebody says what a film, show, season or episode is called, and what it is about."""
    show = dice.choice(stage.shows)
    item = ItemId(dice.choice([*stage.movies, show.id, show.id, *show.items]))
    if dice.random() < 0.3 and item not in {*show.seasons.values(), *show.episodes.values()}:
        genres = dice.choice(((), ("Drama",), ("Crime", "Western")))
        edit = Edit(fields=(MetadataField.GENRES,), genres=genres)
    elif dice.random() < 0.2:
        edit = Edit(fields=(MetadataField.CERTIFICATION,), certification=dice.choice(("R", "G")))
    else:
        values = {"title": dice.choice(TITLES), "overview": f"Overview {dice.randrange(9)}"}
        edit = Edit(fields=(MetadataField.TITLE, MetadataField.OVERVIEW), values=values)
    await app.editing.edit(SYSTEM, item, edit)


async def refreshes(app: Container, stage: Stage, dice: Random) -> None:
    """Providers say titles and overviews in languages, and other names."""
    item = dice.choice([*stage.movies, *dice.choice(stage.shows).items])
    texts = {
        language: {"title": dice.choice(TITLES), "overview": f"{language} {dice.randrange(9)}"}
        for language in dice.sample(("en", "de", "fr", "ja"), dice.randint(0, 3))
    }
    said = {
        "texts": texts,
        "alternative_titles": dice.sample(TITLES, dice.randint(0, 2)),
        "original_language": dice.choice(("en", "ja", None)),
    }
    async with app.db.write(SYSTEM) as tx:
        await say(app, tx, {ItemId(item): said})


async def produces(app: Container, stage: Stage, dice: Random) -> None:
    """Studios, networks or keywords are others."""
    label = dice.choice((Label.STUDIO, Label.NETWORK, Label.KEYWORD))
    item = ItemId(dice.choice([*stage.movies, dice.choice(stage.shows).id]))
    names = dice.sample(LABELS, dice.randint(0, 3))
    async with app.db.write(SYSTEM) as tx:
        ids = await app.catalog_repository.ensure_labels(tx, label, names)
        await app.catalog_repository.write_labels(tx, label, {item: list(ids.values())})


async def edits_person(app: Container, stage: Stage, dice: Random) -> None:
    """Somebody is called otherwise, if only by the case of a letter, or has other names."""
    person = dice.choice(await _persons(app))
    name = dice.choice(NAMES)
    values: dict[PersonField, Any] = {
        PersonField.ALSO_KNOWN_AS: dice.sample(NAMES, dice.randint(0, 2)),
        PersonField.BIRTH_PLACE: f"Place {dice.randrange(4)}",
    }
    if not await app.db.scalar(TAKEN, {"key": person_key(name), "id": person}):
        values[PersonField.NAME] = name
    async with app.db.write(SYSTEM) as tx:
        await app.person_repository.edit(tx, PersonId(person), PersonEdit(values=values))


async def merges(app: Container, _: Stage, dice: Random) -> None:
    """Some persons become one."""
    persons = await _persons(app)
    if len(persons) > len(NAMES):
        one, *others = dice.sample(persons, dice.randint(2, 3))
        async with app.db.write(SYSTEM) as tx:
            await app.person_repository.merge(tx, PersonId(one), [PersonId(i) for i in others])


async def cleans(app: Container, _: Stage, __: Random) -> None:
    """Who takes part in nothing any more is forgotten, at some time."""
    async with app.db.write(SYSTEM) as tx:
        tx.enqueue(CleanCatalog())


async def names_collection(app: Container, _: Stage, dice: Random) -> None:
    """A collection is called otherwise, in one language or in all."""
    found = await app.db.column(text("select id from collections"))
    if not found:
        return
    id_ = CollectionId(dice.choice(found))
    name = f"Saga {dice.randrange(9)}"
    values: Mapping[str, Any] = dice.choice(
        ({"name": name}, {"texts": {"de": {"name": name}}}, {"texts": {}})
    )
    async with app.db.write(SYSTEM) as tx:
        await app.catalog_repository.describe_collection(tx, id_, values, shown=True)


async def recognises_collection(app: Container, _: Stage, dice: Random) -> None:
    """A provider knows a collection that files have named, by a name of its own."""
    known = {("tmdb", str(dice.randrange(4))): dice.choice(("SAGA", "Trilogy", "saga"))}
    async with app.db.write(SYSTEM) as tx:
        await app.catalog_repository.recognise_collections(tx, known, app.clock.now())


async def adds_show(app: Container, stage: Stage, dice: Random) -> None:
    """Another show comes, with seasons and episodes."""
    if len(stage.shows) < MOST_SHOWS:
        stage.made += 1
        series = Series(f"Added show {stage.made}", {1: 2, 2: 1}, age=dice.choice((None, 6, 18)))
        stage.shows += await add_series(app, dice.choice(stage.shelves[:2]), [series])


async def deletes_show(app: Container, stage: Stage, dice: Random) -> None:
    """A show goes with all that is in it, the files first, as after a purge."""
    if len(stage.shows) > 2:
        show = stage.shows.pop(dice.randrange(len(stage.shows)))
        async with app.db.write(SYSTEM) as tx:
            files = await app.item_repository.files_of(tx, show.items)
            items = await app.item_repository.detach(tx, files)
            await app.item_repository.prune(tx, items)


async def loses_episode(app: Container, stage: Stage, dice: Random) -> None:
    """An episode has no file for a while, and what it is part of neither, perhaps."""
    episode = ItemId(dice.choice(list(dice.choice(stage.shows).episodes.values())))
    async with app.db.write(SYSTEM) as tx:
        files = await app.item_repository.files_of(tx, [episode])
        present = files if dice.random() < 0.6 else []
        await app.item_repository.settle_states(tx, [episode], present)


async def looks_inside(app: Container, stage: Stage, dice: Random) -> None:
    """A film is seen to be of another size."""
    film = Film("", height=dice.choice((480, 1080, 2160)), hdr=dice.choice(("sdr", "hdr10", None)))
    files = await app.db.column(FILES, {"id": dice.choice(stage.movies)})
    async with app.db.write(SYSTEM) as tx:
        facts = {file: _facts(film) for file in files}
        await app.item_repository.describe_versions(tx, facts)


async def joins(app: Container, _: Stage, dice: Random) -> None:
    """Another account."""
    users = await _users(app)
    if len(users) < MOST_USERS:
        name = f"user-{dice.getrandbits(60):x}"
        async with app.db.write(SYSTEM) as tx:
            await app.users.create(tx, NewUser(username=name, display_name=dice.choice(NAMES)))


async def renames_user(app: Container, stage: Stage, dice: Random) -> None:
    """Somebody shows another name, or may sign in no more, or again."""
    somebody = dice.choice(await _users(app, {one.id for one in stage.everybody}) or [None])
    if somebody is None:
        return
    match dice.randrange(3):
        case 0:
            await app.administration.activate(SYSTEM, somebody)
        case 1:
            await app.administration.deactivate(SYSTEM, somebody)
        case _:
            given = {"display_name": dice.choice(NAMES)}
            await app.administration.update(SYSTEM, somebody, given)


async def leaves(app: Container, stage: Stage, dice: Random) -> None:
    """An account is deleted, or comes back."""
    deleted = await app.db.column(text("select id from users where deleted_at is not null"))
    if deleted and dice.random() < 0.4:
        await app.administration.restore(SYSTEM, dice.choice(deleted))
    elif others := await _users(app, {one.id for one in stage.everybody}):
        await app.administration.delete(SYSTEM, dice.choice(others))


async def _persons(app: Container) -> list[UUID]:
    return await app.db.column(text("select id from people order by id"))


async def _users(app: Container, but: Collection[UUID] = ()) -> list[UUID]:
    found = await app.db.column(text("select id from users where deleted_at is null order by id"))
    return [i for i in found if i not in but]


CHANGES: Final[dict[Change, int]] = {
    edits: 8,
    refreshes: 6,
    produces: 4,
    edits_person: 5,
    merges: 2,
    cleans: 1,
    names_collection: 3,
    recognises_collection: 1,
    adds_show: 3,
    deletes_show: 2,
    loses_episode: 3,
    looks_inside: 2,
    joins: 3,
    renames_user: 3,
    leaves: 2,
    kept.describes: 5,
    kept.describes_show: 4,
    kept.translates: 3,
    kept.labels: 3,
    kept.credits_: 5,
    kept.identifies: 3,
    kept.collects: 4,
    kept.rates: 4,
    kept.loses: 3,
    kept.adds: 4,
    kept.deletes: 4,
    kept.moves: 4,
    kept.renames: 1,
    kept.replaces: 1,
}


async def change(app: Container, stage: Stage, dice: Random) -> str:
    """One of them, by name; raises whatever it fails by."""
    [chosen] = dice.choices(list(CHANGES), list(CHANGES.values()))
    await settled(app, stage)
    await chosen(app, stage, dice)
    return chosen.__name__
