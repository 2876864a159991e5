"""What of one root field is taken from fragments, and what becomes fragments for the next."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import orjson
from graphql.execution.values import VariableValues

from app.core.access import Viewer
from app.core.recording import RECORDING, Recording, recorded
from app.gql.compiled.fragments import Fragments, Table, worth
from app.gql.compiled.plan import Part, Selection
from app.gql.compiled.watched import class_of, watched

Fresh = Callable[[Selection, list[Any]], list[Part]]


class Keeping:
    """The fragments of one root field.

    They are looked for at the levels that are there before anything below is loaded (`open`): a
    fragment holds all below it. `outer` is the recording of the whole answer, if there is one.
    """

    def __init__(self, fragments: Fragments, viewer: Viewer, variables: VariableValues) -> None:
        self._fragments, self._variables = fragments, variables.coerced
        self._key = (class_of(viewer.scope), viewer.language)
        self._outer = RECORDING.get()
        self._inner: Recording | None = None
        self._missed: list[tuple[Table, Selection, Any, Part]] = []
        self.open = True

    def level(self, selection: Selection, objects: list[Any], fresh: Fresh) -> list[Any]:
        """Parts of the answer for the objects of a level, those that are kept as fragments."""
        table = self._table(selection, objects[0])
        if table is None:
            return fresh(selection, objects)
        parts = table.find(objects, self._outer)
        absent = [index for index, part in enumerate(parts) if part is None]
        if not absent:
            return parts
        self.open = False  # what is below is made with it: of a fragment there the tags are unknown
        made = fresh(selection, [objects[index] for index in absent])
        self.open = True
        for index, part in zip(absent, made, strict=True):
            parts[index] = part
            if table.again(objects[index]):
                self._missed.append((table, selection, objects[index], part))
        return parts

    def _table(self, selection: Selection, first: Any) -> Table | None:
        if not worth(selection, first):
            return None
        values = self._values(selection)
        if values is None:
            return None
        return self._fragments.table(selection, (values, *self._key))

    def _values(self, selection: Selection) -> bytes | None:
        """The variables that a selection reads, as part of its key: null is not the default."""
        if not selection.variables:
            return b""
        given = self._variables
        read = {name: given[name] for name in selection.variables if name in given}
        try:
            return orjson.dumps(read, option=orjson.OPT_SORT_KEYS)
        except TypeError:  # an input that JSON does not know
            return None

    @contextmanager
    def reading(self, viewer: Viewer) -> Iterator[Viewer]:
        """What is loaded below, noted; gives the viewer to load for."""
        self.open = False
        if not self._missed and self._outer is None:
            yield viewer
            return
        with self.noting(viewer) as noted:
            yield noted

    @contextmanager
    def noting(self, viewer: Viewer) -> Iterator[Viewer]:
        """What is read within, noted as part of what is below; gives the viewer to read for."""
        self._inner = self._inner or self._fragments.cache.recording()
        with recorded(self._inner):
            yield watched(viewer, self._inner, frozenset())
        if self._outer is not None:
            self._outer.join(self._inner)

    def personal(self) -> None:
        """Something below depends on a right of the viewer."""
        self._inner = self._inner or self._fragments.cache.recording()
        self._inner.spoil()
        if self._outer is not None:
            self._outer.spoil()

    def keep(self) -> None:
        """Keep what was made, now that it is whole and nothing of it failed."""
        if not self._missed:
            return
        inner = self._inner
        stamp = inner.stamp() if inner is not None else None
        tables = {}
        for table, selection, entity, part in self._missed:
            if selection.deep:
                if inner is not None and inner.spoiled:
                    selection.personal = True
                if stamp is None:
                    continue
            table.put(entity, orjson.dumps(part), stamp if selection.deep else None)
            tables[id(table)] = table
        for table in tables.values():
            self._fragments.settle(table)
