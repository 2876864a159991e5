"""Collections, asked for at providers."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from app.catalog.domain import CollectionId
from app.catalog.service import elsewhere, offered_of
from app.catalog.service.values import NAMELESS
from app.core.jobs import Cancel
from app.enrichment.domain import DAY, MOST_FAILURES, UNWRITABLE, Age, due_again, retry_at
from app.enrichment.service.beginning import Begin
from app.images.domain import Offered, Owner, OwnerKind
from app.metadata.domain import CollectionRecord, Gathered, Priority, Wish
from app.people.domain import person_key
from app.settings.domain import METADATA_PRIORITY

if TYPE_CHECKING:
    from app.container import Container


class Collections:
    """One at a time."""

    def __init__(self, app: "Container") -> None:
        self._app, self._catalog, self._clock = app, app.catalog_repository, app.clock

    async def refresh(self, begin: Begin, id_: CollectionId, *, force: bool) -> None:
        """Ask for it and write what is news. Raises Cancel for what nobody knows any more."""
        async with begin() as tx:
            row = await self._catalog.known_collection(tx, id_)
        if row is None:
            raise Cancel("No provider knows this collection.")
        languages = self._app.languages.fetched() or ("en",)
        priority = Priority.parse(self._app.settings.get(METADATA_PRIORITY))
        wish = Wish(languages=languages, priority=priority, anew=force)
        found = await self._app.gathering.collection({row["source"]: row["value"]}, wish)
        async with begin() as tx:
            row = await self._catalog.known_collection(tx, id_)
            if row is not None:
                values, shown = self._values(row, found)
                if found.records:
                    parts = [elsewhere(hit) for hit in found.records[0].parts]
                    await self._catalog.write_parts(tx, id_, parts)
                    await self._app.artwork_repository.offer(tx, _pictures(id_, found.records))
                await self._catalog.describe_collection(tx, id_, values, shown=shown)
        if found.gone:
            raise Cancel("No provider has this collection any more.")

    async def put_off(self, begin: Begin, id_: CollectionId) -> None:
        """What was said of it cannot be written."""
        async with begin() as tx:
            values = {"problem": UNWRITABLE, "due_at": self._clock.now() + DAY}
            await self._catalog.describe_collection(tx, id_, values, shown=False)

    def _values(
        self, row: dict[str, Any], found: Gathered[CollectionRecord]
    ) -> tuple[dict[str, Any], bool]:
        now = self._clock.now()
        if not found.records:
            failures = min(row["failures"] + 1, MOST_FAILURES)
            problem = " ".join(failure.message for failure in found.failures) or "It is gone."
            due = None if found.gone else due_again(Age(), now)
            if found.failures:
                due = retry_at(failures, now)
            return {"failures": failures, "problem": problem[:500], "due_at": due}, False
        record = found.records[0]
        texts = {
            text.language: {
                name: value
                for name, value in (("name", text.title), ("overview", text.overview))
                if value
            }
            for text in record.texts
        }
        name = record.title if record.title != NAMELESS else row["name"]
        said = {"name": name, "overview": record.overview or row["overview"]}
        said["name_key"] = person_key(name)
        said["texts"] = {tag: text for tag, text in texts.items() if text}
        shown = any(row[name] != value for name, value in said.items())
        due = due_again(Age(), now)
        return {**said, "failures": 0, "problem": None, "refreshed_at": now, "due_at": due}, shown


def _pictures(id_: CollectionId, records: Sequence[CollectionRecord]) -> dict[Owner, list[Offered]]:
    pictures = [offered_of(one.source, picture) for one in records for picture in one.pictures]
    return {Owner(OwnerKind.COLLECTION, id_): pictures}
