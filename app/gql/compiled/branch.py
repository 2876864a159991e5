"""Execution of one root field, breadth first: a level at a time, one batch for each edge of it."""

from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping, Sequence
from itertools import islice
from operator import attrgetter
from typing import Any, Final, Protocol

from graphql.execution.values import VariableValues
from msgspec import Struct, field

from app.core.access import PUBLIC, Access, Viewer
from app.core.combined import MOST_READS
from app.core.levels import Level
from app.core.together import together
from app.gql.compiled.arguments import Wanted
from app.gql.compiled.careful import (
    complete,
    edge_value,
    edge_values,
    items,
    read_with_care,
    typed,
    value_with_care,
)
from app.gql.compiled.failure import Failure
from app.gql.compiled.keeping import Keeping
from app.gql.compiled.places import Place
from app.gql.compiled.plan import Entry, Part, Selection
from app.gql.compiled.sources import Awaited, Relation
from app.gql.edge import MOST_KEYS, Edge, Nodes

# Edges of one operation that are loaded before their objects are known to be there: with an object
# as many as go together. They may be for nothing, and cached reads go on when a client hangs up.
MOST_AHEAD: Final = MOST_READS - 1

ById = Callable[[Sequence[Any]], Awaitable[Mapping[Any, Any]]]


class Around(Protocol):
    """What a branch needs of the operation's context."""

    shared: frozenset[Access] | None

    @property
    def app(self) -> Any: ...
    @property
    def nodes(self) -> Nodes: ...
    @property
    def viewer(self) -> Viewer: ...


class Member(Struct, eq=False):
    """Objects of one level that an edge is wanted of, with their parts of the answer."""

    entry: Entry
    objects: list[Any]
    parts: list[Part]


class Group(Struct, eq=False):
    """All objects of the branch that want an edge now, under the same arguments."""

    wanted: Wanted
    members: list[Member] = field(default_factory=list)


class Ahead(Struct, eq=False):
    """An edge of an object that is still on its way, asked for by the same id."""

    wanted: Wanted
    id: Any
    found: Mapping[Any, Any]


class Branch:
    """One root field in execution."""

    def __init__(
        self,
        around: Around,
        variables: VariableValues,
        keeping: Keeping | None = None,
        apart: set[Hashable] | None = None,
    ) -> None:
        self._app, self._nodes, self._viewer = around.app, around.nodes, around.viewer
        self._variables, self._keeping, self._apart = variables, keeping, apart
        self._groups: dict[Any, Group] = {}
        self._waits: list[Member] = []
        self._ahead: dict[Any, Ahead] = {}
        self.failed = False

    async def finish(self) -> None:
        """Load what is wanted, level by level, until nothing is wanted any more."""
        if not (self._groups or self._waits):
            return
        if self._keeping is None:
            await self._finish()
            return
        with self._keeping.reading(self._viewer) as viewer:
            self._viewer = viewer
            await self._finish()

    async def _finish(self) -> None:
        for group, found in self._taken():
            for member in group.members:
                self._attach(member, found)
        while self._groups or self._waits:
            groups, waits = self._groups.values(), self._waits
            self._groups, self._waits = {}, []
            if len(groups) == 1 and not waits:
                [only] = groups
                await self._load(only)
                continue
            with Level(self._apart) as level:
                for group in groups:
                    level.add(id(group.wanted.edge), self._load(group))
                for wait in waits:
                    level.add(Awaited, self._await(wait))
                await level.finish()

    # -- what is asked by id

    async def by_id(self, entry: Entry, load: ById, id_: Any, most: int) -> Any:
        """The object of that id; None where there is none.

        Where it has to be waited for, as many as `most` of its edges by the same id are loaded in
        the same moment.
        """
        with Level(self._apart) as level:
            strand = level.begin(load([id_]))
            if not strand.over:
                for one in islice(self._wanted(entry, id_), most):
                    level.add(id(one.wanted.edge), self._load_ahead(one))
                await level.finish()
        return strand.result.get(id_)

    def _wanted(self, entry: Entry, id_: Any) -> Iterable[Ahead]:
        """The edges that are known before their object is: those by its id that all may see."""
        for deep in entry.child.by_id if isinstance(entry.child, Selection) else ():
            assert isinstance(deep.source, Relation)  # noqa: S101 - all of these are
            try:
                wanted = deep.arguments.wanted(deep.source.edge, self._variables)
            except Exception:  # noqa: BLE001, S112 - met again where it belongs
                continue
            if wanted.key not in self._ahead:
                ahead = self._ahead[wanted.key] = Ahead(wanted, id_, {})
                yield ahead

    async def _load_ahead(self, ahead: Ahead) -> None:
        if self._keeping is None:
            ahead.found = await self._found(ahead.wanted, [ahead.id], self._viewer)
        else:
            with self._keeping.noting(self._viewer) as viewer:
                ahead.found = await self._found(ahead.wanted, [ahead.id], viewer)

    def _taken(self) -> list[tuple[Group, Mapping[Any, Any]]]:
        """What is wanted and was loaded ahead, wanted no more.

        All of it before any is put in its place: objects there may want more by the same edge.
        """
        taken = []
        for key, ahead in self._ahead.items():
            group = self._groups.get(key)
            if group is None:
                continue
            read = attrgetter(group.wanted.edge.key)
            objects = [one for member in group.members for one in member.objects]
            if {*map(read, objects)} == {ahead.id}:
                del self._groups[key]
                taken.append((group, ahead.found))
        return taken

    # -- levels

    def place(self, entry: Entry, place: Place, values: Sequence[Any]) -> list[Any]:
        """What stands in the answer for raw values of a field, in the same order."""
        if place.item is None:
            return self._objects(entry, place, list(values))
        flat: list[Any] = []
        lengths: list[int | Failure | None] = []
        for value in values:
            if value.__class__ is tuple or value.__class__ is list:
                flat += value
                lengths.append(len(value))
            else:
                lengths.append(self._flatten(entry, place, value, flat))
        parts = self._objects(entry, place.item, flat)
        made: list[Any] = []
        position = 0
        for length in lengths:
            if isinstance(length, int):
                made.append(parts[position : position + length])
                position += length
            else:
                made.append(length)
        return made

    def _flatten(
        self, entry: Entry, place: Place, value: Any, flat: list[Any]
    ) -> int | Failure | None:
        if value is None:
            return self.fail(entry.null()) if place.required else None
        if isinstance(value, Exception | Failure):
            return self.fail(value if isinstance(value, Failure) else entry.fail(value))
        taken = items(entry, value)
        if isinstance(taken, Failure):
            return self.fail(taken)
        flat.extend(taken)
        return len(taken)

    def _objects(self, entry: Entry, place: Place, objects: list[Any]) -> list[Any]:
        child = entry.child
        if isinstance(child, Selection) and {o.__class__ for o in objects} <= child.known:
            return self._level(child, objects)
        made: list[Any] = [None] * len(objects)
        sorted_: dict[int, tuple[Selection, list[int]]] = {}
        for index, value in enumerate(objects):
            found = typed(entry, place, value)
            if isinstance(found, Selection):
                sorted_.setdefault(id(found), (found, []))[1].append(index)
            else:
                made[index] = found if found is None else self.fail(found)
        for selection, places in sorted_.values():
            parts = self._level(selection, [objects[i] for i in places])
            for index, part in zip(places, parts, strict=True):
                made[index] = part
        return made

    def _level(self, selection: Selection, objects: list[Any]) -> list[Part]:
        if not objects:
            return []
        if self._keeping is None or not self._keeping.open:
            return self._fresh(selection, objects)
        return self._keeping.level(selection, objects, self._fresh)

    def _fresh(self, selection: Selection, objects: list[Any]) -> list[Part]:
        read = selection.reading()
        try:
            parts = read(objects)
        except Exception:  # noqa: BLE001 - whatever it is, it is met again where it belongs
            parts = [read_with_care(selection, one, self.fail) for one in objects]
        for entry in selection.deep:
            self._hold(Member(entry, objects, parts))
        return parts

    def _hold(self, member: Member) -> None:
        """Want what is below: at once where it stands on the object, in the next round else."""
        entry = member.entry
        if isinstance(entry.source, Relation):
            self._want(member, entry.source.edge)
        elif isinstance(entry.source, Awaited):
            self._waits.append(member)
        else:
            values = [value_with_care(entry, one) for one in member.objects]
            self._put(member, self.place(entry, entry.place, values))

    def _want(self, member: Member, edge: Edge) -> None:
        entry = member.entry
        try:
            if edge.access is not PUBLIC:
                if self._keeping is not None:
                    self._keeping.personal()
                self._viewer.require(edge.access)
            wanted = entry.arguments.wanted(edge, self._variables)
        except Exception as error:  # noqa: BLE001 - the error of every object's field
            self._put(member, [entry.fail(error)] * len(member.objects))
            self.failed = True
            return
        group = self._groups.get(wanted.key)
        if group is None:
            group = self._groups[wanted.key] = Group(wanted)
        group.members.append(member)

    @staticmethod
    def _put(member: Member, values: Sequence[Any]) -> None:
        key = member.entry.key
        for part, value in zip(member.parts, values, strict=True):
            part[key] = value

    def fail(self, failure: Failure) -> Failure:
        """Note that something failed."""
        self.failed = True
        return failure

    # -- loading

    async def _load(self, group: Group) -> None:
        read = attrgetter(group.wanted.edge.key)
        keys: dict[Any, None] = {}
        for member in group.members:
            keys.update(dict.fromkeys(map(read, member.objects)))
        keys.pop(None, None)
        found = await self._found(group.wanted, list(keys), self._viewer)
        for member in group.members:
            self._attach(member, found)

    async def _found(self, wanted: Wanted, keys: list[Any], viewer: Viewer) -> Mapping[Any, Any]:
        """The values of an edge by its keys: the error of a batch is the value of all of it."""
        found: Mapping[Any, Any] = {}
        load = wanted.edge.batch(self._nodes)
        for start in range(0, len(keys), MOST_KEYS):
            some = keys[start : start + MOST_KEYS]
            try:
                loaded = await load(self._app, viewer, some, **wanted.arguments)
                if len(keys) > MOST_KEYS:
                    loaded = {key: loaded.get(key) for key in some}
            except Exception as error:  # noqa: BLE001 - the error of every object's field
                found = {**found, **dict.fromkeys(some, error)}
                self.failed = True
            else:
                found = {**found, **loaded} if found else loaded
        return found

    def _attach(self, member: Member, found: Mapping[Any, Any]) -> None:
        entry, values = member.entry, None
        if not self.failed:
            try:
                if entry.attach(found, member.objects, member.parts):
                    return
                values = edge_values(entry, member.objects, found)
            except Exception:  # noqa: BLE001, S110 - met again below, where it belongs
                pass
        if values is None:
            values = [edge_value(entry, one, found) for one in member.objects]
        if entry.child is not None:
            made = self.place(entry, entry.place, values)
        else:
            made = [complete(entry, entry.place, value, self.fail) for value in values]
        self._put(member, made)

    async def _await(self, member: Member) -> None:
        await together([self._settle(member, i) for i in range(len(member.objects))])

    async def _settle(self, member: Member, index: int) -> None:
        entry = member.entry
        assert isinstance(entry.source, Awaited)  # noqa: S101 - held only for these
        try:
            value: Any = await entry.source.of(member.objects[index])
        except Exception as error:  # noqa: BLE001 - the error of this field
            value = entry.fail(error)
        member.parts[index][entry.key] = self.value(entry, value)

    def value(self, entry: Entry, value: Any) -> Any:
        """What stands in the answer for one raw value."""
        if entry.child is not None:
            return self.place(entry, entry.place, [value])[0]
        return complete(entry, entry.place, value, self.fail)
