"""What people change about persons."""

from collections.abc import Collection

from app.core.access import Viewer
from app.core.db import Database
from app.core.errors import Invalid
from app.core.ids import encode_id
from app.people.domain import PersonEdit, PersonId, PersonNotFound
from app.people.events import PeopleMerged, PersonEdited
from app.people.repository import PersonRepository


class People:
    """Use cases of those who look after metadata. A person belongs to no library: whoever sees one
    may change them.
    """

    def __init__(self, db: Database, people: PersonRepository) -> None:
        self._db, self._people = db, people

    async def edit(self, viewer: Viewer, person_id: PersonId, edit: PersonEdit) -> PersonId:
        """Change a person and lock what was changed. Raises PersonNotFound, Invalid or
        PersonNameTaken.
        """
        wanted = edit.checked()
        await self._require(viewer, [person_id], "id")
        async with self._db.write(viewer) as tx:
            changed = await self._people.edit(tx, person_id, wanted)
            if changed is None:
                raise PersonNotFound
            if changed:
                tx.emit(PersonEdited(person_id=person_id, changes={"fields": {"new": changed}}))
        return person_id

    async def merge(self, viewer: Viewer, kept: PersonId, gone: Collection[PersonId]) -> PersonId:
        """Make several persons one. Raises PersonNotFound, or Invalid for one with themselves."""
        await self._require(viewer, [kept], "keepId")
        await self._require(viewer, gone, "mergeIds")
        if kept in gone:
            raise Invalid("Nobody is merged with themselves.", field="mergeIds")
        async with self._db.write(viewer) as tx:
            if not await self._people.merge(tx, kept, gone):
                raise PersonNotFound("mergeIds")
            merged = [encode_id("person", i) for i in sorted(set(gone))]
            tx.emit(PeopleMerged(person_id=kept, changes={"merged": {"old": merged}}))
        return kept

    async def _require(self, viewer: Viewer, ids: Collection[PersonId], field: str) -> None:
        seen = await self._people.by_ids(viewer.scope, list(ids))
        if not all(person_id in seen for person_id in ids):
            raise PersonNotFound(field)
