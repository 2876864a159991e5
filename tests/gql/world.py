"""Two libraries, one of them not everybody's, and somebody of every kind to look at them."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Self
from uuid import UUID

from sqlalchemy import text

from app.auth.domain import Tokens
from app.container import Container
from app.core.access import SYSTEM
from app.core.ids import encode_id, new_id
from app.movies.domain import MovieId
from app.rbac.domain import BuiltIn, Grantee, Level, RoleInput
from app.scanning.jobs import ScanLibrary
from app.settings.domain import METADATA_PROVIDERS
from app.uploads.domain import upload_key
from tests.activity.entries import row, write
from tests.apikeys.keys import forged
from tests.mfa.stage import Stage
from tests.oidc.links import linked
from tests.oidc.stage import Stage as OidcStage
from tests.search.index import index
from tests.support.kept import begin_with
from tests.support.library import Film, Shelf, Shelves
from tests.support.people import People, Somebody, new_tokens, open_session
from tests.support.pictures import plain
from tests.support.series import Made, Series, add_series

PICTURE = plain()
ADULT = "Only For Adults"
UNRATED = "Nobody Rated It"
OPEN_FILMS = (
    Film(
        "Open One",
        genres=("Drama", "Open Genre"),
        collection="Open Saga",
        studios=("Open Studio",),
        cast=("Ann Actor", "Open Actor", "Spare Actor"),
    ),
    Film("Open Two", genres=("Drama",), collection="Shared Saga"),
    Film("Twin", genres=("Drama",), collection=None, external="tt0000001"),
    Film(
        ADULT,
        certification="NC-17",
        age=18,
        genres=("Adult Genre",),
        collection="Adult Saga",
        studios=("Adult Studio",),
        cast=("Adult Actor",),
    ),
    Film(UNRATED, certification=None, age=None, genres=("Drama",), collection=None),
)
HIDDEN_FILMS = (
    Film(
        "Hidden One",
        genres=("Drama", "Hidden Genre"),
        collection="Hidden Saga",
        studios=("Open Studio", "Hidden Studio"),
        cast=("Ann Actor", "Hidden Actor"),
    ),
    Film("Hidden Two", genres=("Drama",), collection="Shared Saga"),
    Film("Hidden Twin", genres=("Drama",), collection=None, external="tt0000001"),
)
OPEN_SERIES = (
    Series("Open Show", {0: 1, 1: 2}, genres=("Drama", "Open Show Genre")),
    Series("Adult Show", {1: 1}, certification="TV-MA", age=18, networks=("Adult Network",)),
)
HIDDEN_SERIES = (
    Series(
        "Hidden Show",
        {1: 2},
        networks=("ABC", "Hidden Network"),
        guests=("Gus Guest", "Hidden Guest"),
    ),
)


async def nobody_outside(app: Container) -> None:
    """Turn off what would be asked outside without a key: what it says is never the same."""
    for provider in METADATA_PROVIDERS.values():
        if not provider.needs and app.settings.get(provider.enabled):
            await app.settings.update(SYSTEM, provider.enabled.key, value=False)


@dataclass
class World:
    """`alice` and `child` have the open library, `bob` has the hidden one, `nobody` has none."""

    app: Container
    people: People
    shelves: Shelves
    open: Shelf
    hidden: Shelf
    admin: Somebody
    moderator: Somebody
    alice: Somebody
    bob: Somebody
    child: Somebody
    guest: Somebody
    nobody: Somebody
    librarian: Somebody
    pending: Somebody
    former: Somebody
    job: UUID
    role: UUID
    grant: UUID
    shows: list[Made]
    hidden_shows: list[Made]
    factors: Stage = field(default_factory=Stage.nothing)
    provider: OidcStage | None = None
    elsewhere: dict[str, Any] = field(default_factory=dict)
    spare: dict[str, Tokens] = field(default_factory=dict)
    keys: dict[str, UUID] = field(default_factory=dict)

    @classmethod
    async def make(cls, app: Container, people: People) -> "World":
        """Everything, in a moment, with the ids and tokens that it had in other tests."""
        made = await begin_with(app, people, cls.anew)
        await nobody_outside(app)
        return made

    @classmethod
    async def anew(cls, app: Container, people: People) -> Self:
        """The same with ids and tokens of its own, which nothing in this process has seen yet."""
        shelves = Shelves(app)
        shown, hidden = await shelves.library("Open"), await shelves.library("Hidden")
        await shelves.fill(shown, OPEN_FILMS)
        await shelves.fill(hidden, HIDDEN_FILMS)
        for shelf in (shown, hidden):
            await shelves.scan(shelf)
        open_shows = await add_series(app, shown, OPEN_SERIES)
        hidden_shows = await add_series(app, hidden, HIDDEN_SERIES)
        wanted = RoleInput(name="Open Club", permissions=["libraries:list"])
        role = await app.roles.create(SYSTEM, wanted)
        grant = await app.rbac.grant_to(SYSTEM, Grantee(role_id=role.id), shown.id, Level.VIEW)
        world = cls(
            app=app,
            people=people,
            shelves=shelves,
            open=shown,
            hidden=hidden,
            admin=await people.admin(),
            moderator=await people.make(BuiltIn.MODERATOR, libraries=[shown.id]),
            alice=await people.make(libraries=[shown.id]),
            bob=await people.make(libraries=[hidden.id]),
            child=await people.make(libraries=[shown.id], max_age=13),
            guest=await people.make(BuiltIn.GUEST, libraries=[shown.id]),
            nobody=await people.make(),
            librarian=await librarian(app, people, shown.id),
            pending=await pending(app, people),
            former=await former(app, people),
            job=await _job(app, shown),
            role=role.id,
            grant=grant.id,
            shows=open_shows,
            hidden_shows=hidden_shows,
        )
        await world.start_watching()
        await index(app)
        return world

    async def start_watching(self) -> None:
        """Everybody has begun every film, and watched the first episode of every show, as if all
        had been theirs to see once.
        """
        first = [made.episodes[1, 1] for made in (*self.shows, *self.hidden_shows)]
        for somebody in self.everybody:
            await self.shelves.watched(somebody.id, [*self.open.movies, *self.hidden.movies])
            await self.shelves.watched(somebody.id, first, fraction=1)

    async def spare_sessions(self) -> None:
        """One more session for everybody, to be refreshed or ended."""
        for one in self.accounts:
            self.spare[one.username] = await open_session(self.app, one.id)

    async def send_pictures(self) -> None:
        """An upload of everybody's, whose id is that of its user."""
        for one in self.accounts:
            await self.app.blobs.put(upload_key(one.id), _once(PICTURE), len(PICTURE))
        async with self.app.db.write(SYSTEM) as tx:
            await tx.execute(text("delete from uploads"))
            await tx.execute(
                text(
                    "insert into uploads (id, user_id, size, expires_at)"
                    " select id, id, :size, now() + interval '1 hour' from users"
                ),
                {"size": len(PICTURE)},
            )

    async def new_keys(self) -> None:
        """An API key for everybody."""
        for one in self.everybody:
            self.keys[one.username] = await forged(self.app, one)

    def key_of(self, somebody: Somebody | None) -> UUID:
        """Somebody's API key; alice's for nobody, and one that is not there before `new_keys`."""
        return self.keys.get((somebody or self.alice).username, new_id())

    def spare_of(self, somebody: Somebody | None) -> Tokens:
        """Somebody's spare session; alice's for nobody."""
        return self.spare.get((somebody or self.alice).username) or made_up(somebody)

    @property
    def everybody(self) -> tuple[Somebody, ...]:
        """All accounts."""
        return (
            self.admin,
            self.moderator,
            self.alice,
            self.bob,
            self.child,
            self.guest,
            self.nobody,
        )

    @property
    def accounts(self) -> tuple[Somebody, ...]:
        """Everybody, with those whose rights are out of the ordinary."""
        return (*self.everybody, self.librarian, self.pending)

    def movie(self, title: str) -> str:
        """A movie's id as the API writes it."""
        return encode_id("movie", self.movie_id(title))

    def movie_id(self, title: str) -> MovieId:
        """A movie's id."""
        titles = [film.title for film in (*OPEN_FILMS, *HIDDEN_FILMS)]
        return [*self.open.movies, *self.hidden.movies][titles.index(title)]

    def person(self, name: str) -> str:
        """A person's id as the API writes it; of one who is not there, what is nowhere."""
        known = {**self.hidden.people, **self.open.people}
        return encode_id("person", known.get(name) or new_id())

    async def every_node(self) -> list[str]:
        """An id of every kind that `node(id:)` knows."""
        session = (await self.app.principals.viewer(self.admin.token)).session_id
        assert session is not None
        return [
            self.alice.ref,
            encode_id("session", session),
            encode_id("apikey", await forged(self.app, self.admin)),
            self.open.ref,
            encode_id("scan", self.open.scans[0]),
            encode_id("file", self.open.files[0]),
            encode_id("genre", self.open.genres["Drama"]),
            encode_id("collection", self.open.collections["Open Saga"]),
            self.person("Open Actor"),
            self.open.movie_refs[0],
            encode_id("network", self.shows[0].networks["ABC"]),
            self.shows[0].ref,
            self.shows[0].season(1),
            self.shows[0].episode(1, 1),
            encode_id("job", self.job),
            encode_id("role", self.role),
            encode_id("grant", self.grant),
            encode_id("activity", (await write(self.app, row()))[0]),
            *await linked(self.app, self.admin),
        ]


async def librarian(app: Container, people: People, library_id: UUID | None) -> Somebody:
    """Somebody with a role of the server's own making, and no other."""
    names = ("profile:read", "libraries:list", "movies:list", "movies:get", "jobs:list")
    role = await app.roles.create(SYSTEM, RoleInput(name="Librarian", permissions=list(names)))
    somebody = await people.make(libraries=[library_id] if library_id else [])
    async with app.db.write(SYSTEM) as tx:
        await app.rbac.set_roles(tx, somebody.id, [role.id])
    return somebody


async def pending(app: Container, people: People) -> Somebody:
    """An administrator who owes the second factor that the account requires."""
    somebody = await people.admin()
    await app.rbac.require_factor(SYSTEM, somebody.id, required=True)
    return somebody


async def former(app: Container, people: People) -> Somebody:
    """An administrator whose session was revoked."""
    somebody = await people.admin()
    async with app.db.write(SYSTEM) as tx:
        await app.sessions.end_all(tx, somebody.id, "revoked")
    return somebody


def made_up(somebody: Somebody | None) -> Tokens:
    """Tokens of a session that there is not."""
    return new_tokens(somebody.id if somebody else new_id(), datetime.now(UTC), timedelta(days=1))


async def _job(app: Container, shelf: Shelf) -> UUID:
    """A job on the ledger that is over."""
    async with app.db.write(SYSTEM) as tx:
        tx.enqueue(ScanLibrary(shelf.id, shelf.scans[0]))
    async with app.db.write(SYSTEM) as tx:
        found = await tx.execute(
            text(
                "update jobs set state = 'discarded', finished_at = now()"
                " where kind = 'scanning.scan' returning id"
            )
        )
        return UUID(str(found.scalar_one()))


async def _once(data: bytes) -> AsyncGenerator[bytes]:
    yield data
