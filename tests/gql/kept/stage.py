"""A small world that changes all the time, and who looks at it."""

from dataclasses import dataclass, field
from random import Random
from typing import Final, Self
from uuid import UUID

from app.container import Container
from app.core.access import SYSTEM, Permission
from app.core.ids import encode_id
from app.rbac.domain import BuiltIn, RoleInput
from tests.apikeys.keys import mint, user_of
from tests.support.library import Film, Shelf, Shelves
from tests.support.people import People, Somebody
from tests.support.series import Made, Series, add_series

FEW: Final = (Permission.MOVIES_LIST, Permission.LIBRARIES_LIST)
BEGUN_WITH: Final = ("movies:list", "movies:get", "shows:list", "profile:read")
GENRES: Final = ("Drama", "Crime", "Western")
SAGAS: Final = ("Saga", "Trilogy")
MEMBER: Final = 5  # of everybody: who has the role that changes
FILMS: Final = (
    Film("Open One", genres=("Drama", "Crime")),
    Film("Open Two", year=1950, genres=("Western",), collection="Trilogy"),
    Film("Grown Up", certification="NC-17", age=18, genres=("Crime",), cast=("Bea", "Ann Actor")),
    Film("Unrated", certification=None, age=None, collection=None),
)
SERIES: Final = (
    Series("Long Show", {0: 1, 1: 2, 2: 2}, genres=("Drama", "Crime")),
    Series("Late Show", {1: 2}, certification="TV-MA", age=18, networks=("XYZ",), added=5),
)


@dataclass
class Stage:
    """Three libraries; the last one comes and goes. `gone` are movies that were deleted.

    Of everybody the first two are twins: what one may, the other may.
    """

    shelves: list[Shelf]
    shows: list[Made]
    everybody: list[Somebody]
    key: Somebody
    role: UUID
    gone: list[UUID] = field(default_factory=list)
    made: int = 0

    @classmethod
    async def make(cls, app: Container) -> Self:
        """Everything, in a moment."""
        shelves, people = Shelves(app), People(app)
        rooms = [await shelves.library(name) for name in ("First", "Second", "Passing 0")]
        shows: list[Made] = []
        for room in rooms:
            await shelves.fill(room, FILMS)
            await shelves.scan(room)
        for room in rooms[:2]:
            shows += await add_series(app, room, SERIES)
        every = [room.id for room in rooms]
        wanted = RoleInput(name="Club", permissions=list(BEGUN_WITH))
        role = await app.roles.create(SYSTEM, wanted)
        member = await people.make(libraries=every[:2])
        async with app.db.write(SYSTEM) as tx:
            await app.rbac.set_roles(tx, member.id, [role.id])
        twins = [await people.make(libraries=every) for _ in range(2)]
        everybody = [
            *twins,
            await people.make(libraries=every[:1]),
            await people.make(libraries=every[:2], max_age=13),
            await people.make(BuiltIn.MODERATOR, libraries=every[1:]),
            member,
            await people.make(),
            await people.admin(),
        ]
        seen = [i for room in rooms for i in room.movies]
        await shelves.watched(everybody[0].id, [*seen[:2], shows[0].episodes[1, 1]], fraction=1)
        await shelves.watched(everybody[1].id, [*seen[1:3], shows[0].episodes[1, 2]])
        key = user_of(await mint(app, people, twins[0], FEW))
        return cls(rooms, shows, everybody, key, role.id)

    def asker(self, dice: Random) -> Somebody | None:
        """Somebody, a program, or nobody."""
        return dice.choice((*self.everybody, *self.everybody, self.key, self.key, None))

    def askers(self, dice: Random) -> list[Somebody | None]:
        """Two: often those who may see the same, and are not the same."""
        if dice.random() < 0.4:
            return [*self.everybody[:2]]
        if dice.random() < 0.3:
            return [self.everybody[MEMBER], self.key]
        return [self.asker(dice), self.asker(dice)]

    def alike(self, dice: Random) -> list[Somebody]:
        """Somebody whose rights are changed; the first two stay twins."""
        one = dice.choice(self.everybody[1:-1])  # the administrator has everything
        return self.everybody[:2] if one is self.everybody[1] else [one]

    @property
    def movies(self) -> list[UUID]:
        """Those that are there."""
        gone = set(self.gone)
        return [UUID(int=i.int) for s in self.shelves for i in s.movies if i not in gone]

    @property
    def people(self) -> dict[str, UUID]:
        """Persons by name, as they were when their libraries were made."""
        return {name: i for shelf in self.shelves for name, i in shelf.people.items()}

    def ref(self, kind: str, dice: Random) -> str:
        """An id as the API takes it; now and then of something that is gone."""
        show, shelf = dice.choice(self.shows), dice.choice(self.shelves)
        ids: dict[str, list[UUID]] = {
            "movie": [*self.movies[:4], *self.gone[-1:]],
            "show": [show.id],
            "person": list(self.people.values()),
            "season": [show.seasons[1]],
            "episode": [show.episodes[1, 1], show.episodes[1, 2]],
            "genre": list(shelf.genres.values()),
            "collection": list(shelf.collections.values()),
            "library": [shelf.id],
        }
        return encode_id(kind, dice.choice(ids[kind]))
