"""What is written between two questions, by whichever process."""

import contextlib
from collections.abc import Awaitable, Callable
from random import Random
from typing import Final
from uuid import UUID

from app.catalog.domain import Credit, CreditKind, Label
from app.container import Container
from app.core.access import SYSTEM, Viewer
from app.core.errors import AppError
from app.core.ids import new_id
from app.items.domain import ItemId, ItemKind
from app.movies.domain import MovieId
from app.people.domain import NamedPerson, PersonDetails, PersonId
from app.rbac.domain import BuiltIn, Level, RoleInput
from tests.gql.kept.stage import GENRES, SAGAS, Stage
from tests.support.library import Film, Shelves
from tests.support.people import Somebody, open_session
from tests.support.said import credit, say
from tests.support.series import Made

Change = Callable[[Container, Stage, Random], Awaitable[None]]
AGES: Final = (None, None, 0, 10, 13, 18)
MOST: Final = 20  # movies
RIGHTS: Final = (
    "movies:list",
    "movies:get",
    "shows:list",
    "shows:get",
    "libraries:list",
    "libraries:get",
    "libraries:update",
    "libraries:scan",
    "watch:read",
    "profile:read",
)


def _movie(stage: Stage, dice: Random) -> ItemId:
    return ItemId(dice.choice(stage.movies))


def _show(stage: Stage, dice: Random) -> Made:
    return dice.choice(stage.shows)


async def grants(app: Container, stage: Stage, dice: Random) -> None:
    """Give somebody a library, at any level."""
    shelf, level = dice.choice(stage.shelves), dice.choice(list(Level))
    for who in stage.alike(dice):
        await app.rbac.grant(SYSTEM, who.id, shelf.id, level)


async def revokes(app: Container, stage: Stage, dice: Random) -> None:
    """Take a library from somebody."""
    shelf = dice.choice(stage.shelves)
    for who in stage.alike(dice):
        await app.rbac.revoke(SYSTEM, who.id, shelf.id)


async def denies(app: Container, stage: Stage, dice: Random) -> None:
    """Deny somebody a library, or no longer."""
    shelf = dice.choice(stage.shelves)
    deny = app.rbac.hide if dice.random() < 0.4 else app.rbac.unhide
    for who in stage.alike(dice):
        await deny(SYSTEM, who.id, shelf.id)


async def limits_age(app: Container, stage: Stage, dice: Random) -> None:
    """Set somebody's age limit."""
    age = dice.choice(AGES)
    for who in stage.alike(dice):
        await app.administration.update(SYSTEM, who.id, {"max_age": age})


async def permits(app: Container, stage: Stage, dice: Random) -> None:
    """Change what a role permits."""
    names = [name for name in RIGHTS if dice.random() < 0.7]
    await app.roles.update(SYSTEM, stage.role, RoleInput(permissions=names))


async def assigns(app: Container, stage: Stage, dice: Random) -> None:
    """Give somebody another role."""
    roles = [stage.role, BuiltIn.USER.id, BuiltIn.USER.id, BuiltIn.GUEST.id, BuiltIn.MODERATOR.id]
    role = dice.choice(roles)
    for who in stage.alike(dice):
        await app.rbac.assign_to(SYSTEM, who.id, [role])


async def signs_out(app: Container, stage: Stage, dice: Random) -> None:
    """End somebody's sessions; they ask with the dead token until they sign in."""
    who = dice.choice(stage.everybody)
    async with app.db.write(SYSTEM) as tx:
        await app.sessions.end_all(tx, who.id, "revoked")
    app.principals.forget(who.id)


async def signs_in(app: Container, stage: Stage, dice: Random) -> None:
    """Give everybody who was signed out another session."""
    for index, who in enumerate(stage.everybody):
        if (await app.principals.viewer(who.token)).user_id is None:
            token = (await open_session(app, who.id)).access
            stage.everybody[index] = Somebody(who.id, who.username, token)


async def describes(app: Container, stage: Stage, dice: Random) -> None:
    """Change what is said of a movie."""
    title = f"Title {dice.randrange(50)}"
    said = {
        "title": title,
        "sort_title": title.casefold(),
        "year": dice.choice((1950, 1999, None)),
        "rating": dice.choice((1.5, 9.0, None)),
        "votes": dice.randrange(100),
    }
    names = dice.sample(list(said), 3)
    some = {name: said[name] for name in names} | {"title": title}
    async with app.db.write(SYSTEM) as tx:
        await app.movie_repository.describe(tx, {MovieId(_movie(stage, dice)): some})


async def describes_show(app: Container, stage: Stage, dice: Random) -> None:
    """Change what is said of a show and of an episode of it."""
    show, title = _show(stage, dice), f"Title {dice.randrange(50)}"
    async with app.db.write(SYSTEM) as tx:
        if dice.random() < 0.5:
            await app.show_repository.describe(tx, {show.id: {"title": title}})
        else:
            episode = dice.choice(list(show.episodes.values()))
            await app.episode_repository.describe(tx, {episode: {"title": title}})


async def translates(app: Container, stage: Stage, dice: Random) -> None:
    """Change what is said of something in German."""
    item = _movie(stage, dice) if dice.random() < 0.6 else dice.choice(_show(stage, dice).items)
    german = {"de": {"title": f"Titel {dice.randrange(50)}"}}
    async with app.db.write(SYSTEM) as tx:
        await say(app, tx, {item: {"texts": german if dice.randint(0, 1) else {}}})


async def prefers(app: Container, stage: Stage, dice: Random) -> None:
    """Somebody reads another language, or whatever their program accepts."""
    who, key = dice.choice(stage.everybody), "content.metadata_language"
    viewer = Viewer(user_id=who.id)
    match dice.randrange(3):
        case 0:
            await app.user_settings.reset(viewer, key)
        case 1:
            await app.user_settings.update(viewer, key, "en")
        case _:
            await app.user_settings.update(viewer, key, "de-AT")


async def labels(app: Container, stage: Stage, dice: Random) -> None:
    """Change the genres of a movie or show."""
    show = _show(stage, dice)
    item = _movie(stage, dice) if dice.random() < 0.7 else ItemId(show.id)
    names = dice.sample(GENRES, dice.randint(0, 2))
    async with app.db.write(SYSTEM) as tx:
        ids = await app.catalog_repository.ensure_labels(tx, Label.GENRE, names)
        await app.catalog_repository.replace_labels(tx, Label.GENRE, {item: list(ids.values())})


async def credits_(app: Container, stage: Stage, dice: Random) -> None:
    """Change the cast of a movie."""
    item, names = _movie(stage, dice), [f"Actor {dice.randrange(5)}" for _ in range(2)]
    async with app.db.write(SYSTEM) as tx:
        people = await app.person_repository.ensure(tx, dict.fromkeys(names))
        told = [
            Credit(
                id=new_id(),
                item_id=item,
                person_id=PersonId(person),
                kind=CreditKind.CAST,
                character=f"Role {dice.randrange(9)}",
                job=None,
                position=n,
            )
            for n, person in enumerate(people.values())
        ]
        await credit(app, tx, {item: told})


async def identifies(app: Container, stage: Stage, dice: Random) -> None:
    """A provider says who somebody is; now and then it turns out to be two of those there are."""
    name = dice.choice(("Ann Actor", "Bea", "Gus Guest", *(f"Actor {n}" for n in range(5))))
    ids = {"tmdb": str(dice.randrange(6)), "imdb": f"nm{dice.randrange(4)}"}
    said = PersonDetails(
        biography=f"Biography {dice.randrange(9)}",
        birth_place=f"Place {dice.randrange(9)}",
        popularity=float(dice.randrange(50)),
    )
    async with app.db.write(SYSTEM) as tx:
        named = NamedPerson(name=name, ids={s: ids[s] for s in dice.sample(list(ids), 1)})
        [person] = await app.person_repository.recognise(tx, [named])
        await app.person_repository.describe(tx, person, said, app.clock.now())


async def unites(app: Container, stage: Stage, dice: Random) -> None:
    """Two persons become one."""
    everybody = dice.sample(list(stage.people.values()), 2)
    kept, gone = (PersonId(person) for person in everybody)
    async with app.db.write(SYSTEM) as tx:
        await app.person_repository.merge(tx, kept, [gone])


async def collects(app: Container, stage: Stage, dice: Random) -> None:
    """Put a movie into another collection, or into none."""
    name = dice.choice((*SAGAS, None))
    async with app.db.write(SYSTEM) as tx:
        found = await app.catalog_repository.ensure_collections(tx, {name: None} if name else {})
        to = found[name] if name else None
        await app.catalog_repository.join_collections(tx, {_movie(stage, dice): to})


async def rates(app: Container, stage: Stage, dice: Random) -> None:
    """Set the age of a movie, or of a show with all below it."""
    items = [_movie(stage, dice)] if dice.random() < 0.7 else _show(stage, dice).items
    age = dice.choice(AGES)
    async with app.db.write(SYSTEM) as tx:
        await app.item_repository.rate(tx, [(i, f"A{age}", age) for i in items])


async def loses(app: Container, stage: Stage, dice: Random) -> None:
    """The files of a movie are gone, or back."""
    item, there = _movie(stage, dice), dice.random() < 0.6
    async with app.db.write(SYSTEM) as tx:
        files = await app.item_repository.files_of(tx, [item])
        await app.item_repository.settle_states(tx, [item], files if there else [])


async def plays(app: Container, stage: Stage, dice: Random) -> None:
    """Somebody watches a movie or an episode."""
    viewer = await app.principals.viewer(dice.choice(stage.everybody).token)
    episode = dice.choice(list(_show(stage, dice).episodes.values()))
    item = _movie(stage, dice) if dice.random() < 0.6 else ItemId(episode)
    match dice.randrange(3):
        case 0:
            await app.watch.update(viewer, item, dice.choice((60.0, 3000.0, 5999.0)), None)
        case 1:
            await app.watch.mark(viewer, item)
        case _:
            await app.watch.remove(viewer, item)


async def adds(app: Container, stage: Stage, dice: Random) -> None:
    """Another movie comes."""
    if len(stage.movies) >= MOST:
        return
    stage.made += 1
    film = Film(
        f"Added {stage.made}",
        age=dice.choice(AGES),
        genres=dice.sample(GENRES, 1),
        collection=dice.choice(SAGAS),
    )
    await Shelves(app).fill(dice.choice(stage.shelves), [film])


async def deletes(app: Container, stage: Stage, dice: Random) -> None:
    """A movie goes."""
    if len(stage.movies) < MOST // 2:
        return
    item = _movie(stage, dice)
    async with app.db.write(SYSTEM) as tx:
        await app.item_repository.delete(tx, [item])
    stage.gone.append(UUID(int=item.int))


async def moves(app: Container, stage: Stage, dice: Random) -> None:
    """A movie, or a show with all below it, becomes another library's."""
    to = dice.choice(stage.shelves).id
    async with app.db.write(SYSTEM) as tx:
        if dice.random() < 0.6:
            await app.item_repository.rehome(tx, [_movie(stage, dice)], to, ItemKind.MOVIE)
        else:
            await app.item_repository.rehome_families(tx, [ItemId(_show(stage, dice).id)], to)


async def renames(app: Container, stage: Stage, dice: Random) -> None:
    """A library has another name."""
    index = dice.randrange(2)
    name = f"Library {index} {dice.randrange(5)}"
    async with app.db.write(SYSTEM) as tx:
        await app.library_repository.update(tx, stage.shelves[index].id, {"name": name})


async def replaces(app: Container, stage: Stage, dice: Random) -> None:
    """The last library is deleted with all that was moved into it, and there is another."""
    stage.made += 1
    old, shelves = stage.shelves[-1], Shelves(app)
    for show in stage.shows:  # they are to be had as long as anybody asks
        async with app.db.write(SYSTEM) as tx:
            await app.item_repository.rehome_families(
                tx, [ItemId(show.id)], dice.choice(stage.shelves[:2]).id
            )
    await app.libraries.delete(SYSTEM, old.id)
    stage.gone += [UUID(int=i.int) for i in old.movies]
    stage.shelves[-1] = await shelves.library(f"Passing {stage.made}")
    await shelves.fill(stage.shelves[-1], [Film(f"Passing {stage.made}"), Film("Always")])


async def scans(app: Container, stage: Stage, dice: Random) -> None:
    """A library was scanned."""
    shelf = dice.choice(stage.shelves)
    shelf.scans += [shelf.scans[-1]] if shelf.scans else []
    await Shelves(app).scan(shelf)


CHANGES: Final[dict[Change, int]] = {
    grants: 5,
    revokes: 3,
    denies: 2,
    limits_age: 4,
    permits: 4,
    assigns: 2,
    signs_out: 2,
    signs_in: 3,
    describes: 5,
    describes_show: 4,
    translates: 4,
    prefers: 3,
    labels: 3,
    credits_: 3,
    identifies: 3,
    unites: 1,
    collects: 3,
    rates: 3,
    loses: 3,
    plays: 12,
    adds: 3,
    deletes: 3,
    moves: 3,
    renames: 2,
    replaces: 1,
    scans: 1,
}


async def change(app: Container, stage: Stage, dice: Random) -> str:
    """One of them; what cannot be done just now is left."""
    [chosen] = dice.choices(list(CHANGES), list(CHANGES.values()))
    with contextlib.suppress(AppError):
        await chosen(app, stage, dice)
    return chosen.__name__
