"""Every read that is asked often is cached, or has a reason; and no write leaves a copy behind."""

import inspect
from collections.abc import Awaitable, Callable, Iterable
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from app.catalog.domain import Credit, CreditKind, Label
from app.container import Container
from app.core.access import SYSTEM
from app.core.cache import Declared
from app.core.clock import minutes
from app.core.tx import Tx
from app.images.domain import ArtworkKind, Offered, Owner, OwnerKind
from app.items.domain import ItemId
from app.libraries.domain import LibraryInput, LibraryKind
from app.people.domain import PersonDetails
from tests.core.cached_reads import CACHED, NAMED, UNCACHED
from tests.core.cached_world import ASKS, World, make_world
from tests.search.index import index
from tests.support.people import People
from tests.support.statements import caused

APP = Path(__file__).parent.parent.parent / "app"


def resolved(function: str) -> Any:
    """What `module:Class.function` names."""
    module, _, path = function.partition(":")
    found: Any = import_module(f"app.{module}")
    for name in path.split("."):
        found = inspect.getattr_static(found, name)
    return found


def cached_reads() -> dict[str, Declared]:
    """All that any class of the application declares, by `module:Class.function`."""
    found: dict[str, Declared] = {}
    for path in APP.rglob("*.py"):
        if "@cached" not in path.read_text():
            continue
        name = ".".join(path.relative_to(APP).with_suffix("").parts).removesuffix(".__init__")
        if name == "core.cache":
            continue
        module = import_module(f"app.{name}")
        for cls in vars(module).values():
            if inspect.isclass(cls) and cls.__module__ == module.__name__:
                found |= {
                    f"{name}:{cls.__name__}.{function}": read.declared
                    for function, read in vars(cls).items()
                    if hasattr(read, "declared")
                }
    return found


def test_the_table_says_what_is_declared() -> None:
    table = {
        read.function: Declared(read.name, minutes(read.minutes), read.tags) for read in CACHED
    }
    assert table == cached_reads()
    assert len({read.name for read in CACHED}) == len(CACHED), "two share a name, and entries"


def test_what_is_not_cached_has_a_reason() -> None:
    for read in UNCACHED:
        assert len(read.why) > 20, read.of
        if read.function is None:
            slice_ = read.why.removeprefix("comes with the slice `").removesuffix("`")
            assert not (APP / slice_).exists(), f"{read.of} is to be found now"
        else:
            assert not hasattr(resolved(read.function), "declared"), read.function


def test_everything_that_has_a_name_is_in_the_table() -> None:
    told = {name for read in (*CACHED, *UNCACHED) for name in read.of}
    assert told >= NAMED, "nobody says how it is cached"


# -- writes


@pytest.fixture
async def world(app: Container, people: People) -> World:
    return await make_world(app, people)


async def hide(world: World) -> None:
    await world.app.libraries.delete(SYSTEM, world.shelf.id)


async def rate(world: World) -> None:
    async with world.app.db.write(SYSTEM) as tx:
        await world.app.item_repository.rate(tx, [(i, "R", 17) for i in world.items])


async def delete(world: World) -> None:
    async with world.app.db.write(SYSTEM) as tx:
        await world.app.item_repository.delete(tx, world.items)


async def unwatch(world: World) -> None:
    for item in (*world.movies, world.show.id, world.seen.id):
        await world.app.watch.remove(world.viewer, ItemId(item))


async def rename(world: World) -> None:
    await world.app.libraries.update(SYSTEM, world.shelf.id, LibraryInput(name="Renamed"))


async def add_library(world: World) -> None:
    wanted = LibraryInput(name="Another", folders=(str(world.app.config.data),))
    await world.app.libraries.create(SYSTEM, LibraryKind.MOVIES, wanted)


async def purge(world: World) -> None:
    async with world.app.db.write(SYSTEM) as tx:
        await world.app.file_repository.delete(tx, world.shelf.files)


async def lose_subtitles(world: World) -> None:
    async with world.app.db.write(SYSTEM) as tx:
        ids, since = world.subtitles, world.app.clock.now()
        await world.app.file_repository.mark_missing(tx, world.shelf.id, ids, since)


async def offer(world: World, tx: Tx, kind: OwnerKind, owners: Iterable[UUID]) -> None:
    picture = Offered(kind=ArtworkKind.POSTER, provider="tvmaze", url="https://pictures.test/x")
    await world.app.artwork_repository.offer(tx, {Owner(kind, i): [picture] for i in owners})


async def portray(world: World) -> None:
    async with world.app.db.write(SYSTEM) as tx:
        await world.app.person_repository.ensure(tx, {"Ann Actor": "https://pictures.test/ann"})
        await offer(world, tx, OwnerKind.PERSON, world.persons)


async def describe(world: World) -> None:
    """Everything that is kept of a person is another."""
    said = PersonDetails(name="Zed", biography="Told.", ids={"tmdb": "1"})
    async with world.app.db.write(SYSTEM) as tx:
        for person in world.persons[:1]:
            await world.app.person_repository.describe(tx, person, said, world.app.clock.now())
        await offer(world, tx, OwnerKind.PERSON, world.persons)


async def tell(world: World) -> None:
    async with world.app.db.write(SYSTEM) as tx:
        told: dict[str, str | None] = dict.fromkeys(world.shelf.collections, "All of them.")
        await world.app.catalog_repository.ensure_collections(tx, told)
        await offer(world, tx, OwnerKind.COLLECTION, world.shelf.collections.values())


async def incorporate(world: World) -> None:
    async with world.app.db.write(SYSTEM) as tx:
        catalog = world.app.catalog_repository
        ids = await catalog.ensure_labels(tx, Label.STUDIO, ["Quiet Pictures"])
        told = dict.fromkeys(ids.values(), (None, "NO"))
        await catalog.describe_organisations(tx, Label.STUDIO, told)


async def brand(world: World) -> None:
    async with world.app.db.write(SYSTEM) as tx:
        await offer(world, tx, OwnerKind.STUDIO, world.studios)
        await offer(world, tx, OwnerKind.NETWORK, world.show.networks.values())


async def unindex(world: World) -> None:
    await delete(world)
    await index(world.app)


async def call(world: World) -> None:
    await world.app.users.update_profile(world.viewer, {"display_name": "Somebody Else"})


async def prefer(world: World) -> None:
    await world.app.user_settings.prefer(world.viewer, {"email_notifications": False})


WRITES: dict[str, tuple[Callable[[World], Awaitable[None]], ...]] = {
    "item:{}": (rate, delete),
    "libraries.hidden": (hide,),
    "items": (delete, hide),
    "watch:{user_id}": (unwatch,),
    "watch:{query.watcher}": (unwatch,),
    "libraries": (add_library, hide),
    "library:{}": (rename, hide),
    "file:{}": (purge,),
    "subtitles": (lose_subtitles,),
    "person:{}": (describe,),
    "people": (describe,),
    "collection:{}": (tell,),
    "collections.told": (tell,),
    "organisations": (incorporate,),
    "studio:{}": (brand,),
    "network:{}": (brand,),
    "user:{}": (call,),
    "search": (unindex,),
    "user_settings:{}": (prefer,),
}


def test_every_read_is_asked_and_every_tag_is_touched() -> None:
    assert set(ASKS) == {read.name for read in CACHED}
    assert set(WRITES) == {tag for read in CACHED for tag in read.tags}


async def relabel(world: World) -> None:
    async with world.app.db.write(SYSTEM) as tx:
        catalog = world.app.catalog_repository
        none: dict[ItemId, list[Any]] = {item: [] for item in world.items}
        for label in Label:
            await catalog.replace_labels(tx, label, none)


async def disperse(world: World) -> None:
    async with world.app.db.write(SYSTEM) as tx:
        await world.app.catalog_repository.join_collections(tx, dict.fromkeys(world.items))


async def dismiss(world: World) -> None:
    async with world.app.db.write(SYSTEM) as tx:
        none: dict[ItemId, list[Credit]] = {i: [] for i in world.items}
        kinds = dict.fromkeys(none, tuple(CreditKind))
        await world.app.catalog_repository.write_credits(tx, none, kinds)


# Writes of what hangs on items, as they come alone out of the tags of films.
LINKS: dict[Callable[[World], Awaitable[None]], tuple[str, ...]] = {
    relabel: (
        *("item.labels", "item.tags", "labels", "labels.count"),
        *("genres.seen", "networks.seen", "studios.seen"),
    ),
    disperse: ("item.collection", "collections", "collections.count", "collections.seen"),
    dismiss: ("item.credits", "people.credited", "people", "people.count", "people.filmography"),
    portray: ("person",),
}
CASES = [
    (write, tuple(read.name for read in CACHED if tag in read.tags))
    for tag, writes in WRITES.items()
    for write in writes
]


@pytest.mark.parametrize(("write", "names"), [*CASES, *LINKS.items()])
async def test_a_write_leaves_no_copy(
    world: World, write: Callable[[World], Awaitable[None]], names: tuple[str, ...]
) -> None:
    """Neither in this process nor in Redis, and what it changes is what the read is of."""
    app = world.app
    before = {name: await ASKS[name](world) for name in names}
    await app.cache.settle()
    seen: list[str] = []
    app.db.statements = caused(seen)
    try:
        assert {name: await ASKS[name](world) for name in names} == before
    finally:
        app.db.statements = None
    assert seen == [], "it is not cached at all"
    await write(world)
    after = {name: await ASKS[name](world) for name in names}
    await app.cache.settle()
    app.cache.gap()
    from_redis = {name: await ASKS[name](world) for name in names}
    await app.cache.settle()
    await app.redis.client.flushdb()
    app.cache.gap()
    anew = {name: await ASKS[name](world) for name in names}
    for name in names:
        assert after[name] == from_redis[name] == anew[name] != before[name], name
