"""Reading the activity log, adding it up, and forgetting it in time."""

import contextlib
from collections.abc import AsyncGenerator, Collection, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec

from app.activity.domain import (
    ActionCount,
    Activity,
    ActivityFilter,
    ActivityStats,
    DayCount,
)
from app.activity.events import ActivityExported
from app.activity.repository import ActivityRepository, Tally
from app.core.access import Permission, Viewer
from app.core.audit import TOPIC
from app.core.clock import Clock
from app.core.db import Database
from app.core.errors import Invalid
from app.core.events import Event
from app.core.live import Live
from app.core.page import Keyset, Page
from app.core.tx import Tx
from app.settings.domain import ACTIVITY_RETENTION_DAYS
from app.settings.service import Settings

BATCH: Final = 5000
CHUNK: Final = 1000
USUAL_RANGE: Final = timedelta(days=30)
MOST_RANGE: Final = timedelta(days=366)


class ActivityLog:
    """What administrators learn of everybody, and everybody of themselves."""

    def __init__(
        self,
        db: Database,
        repository: ActivityRepository,
        live: Live,
        settings: Settings,
        clock: Clock,
    ) -> None:
        self._db, self._log, self._live = db, repository, live
        self._settings, self._clock = settings, clock

    async def by_ids(self, viewer: Viewer, ids: Collection[UUID]) -> Mapping[UUID, Activity]:
        """Entries by their ids: all of them for those who may read the log, else one's own."""
        reader = viewer.may(Permission.AUDIT_READ)
        found = await self._log.by_ids(viewer.scope, ids) if reader or viewer.signed_in else {}
        if reader:
            return found
        return {i: shown for i, entry in found.items() if (shown := entry.shown_to(viewer))}

    async def page(self, viewer: Viewer, wanted: ActivityFilter, page: Keyset) -> Page[UUID]:
        """Such entries, the newest first."""
        return await self._log.page(viewer.scope, wanted, page)

    async def count(self, viewer: Viewer, wanted: ActivityFilter) -> int:
        """How many there are."""
        return await self._log.count(viewer.scope, wanted)

    async def own_page(self, viewer: Viewer, page: Keyset) -> Page[UUID]:
        """What the viewer did and what was done to the account, the newest first."""
        return await self._log.page_of(viewer.account, page)

    async def own_count(self, viewer: Viewer) -> int:
        """How much that is."""
        return await self._log.count_of(viewer.account)

    async def added(self) -> AsyncGenerator[tuple[UUID, ...], None]:
        """Ids of entries as they are written."""
        async with self._live.subscribe(TOPIC) as messages:
            async for message in messages:
                with contextlib.suppress(msgspec.ValidationError):
                    yield msgspec.convert(message.payload.get("ids"), tuple[UUID, ...])

    async def stats(
        self, viewer: Viewer, since: datetime | None, until: datetime | None
    ) -> ActivityStats:
        """What a stretch of the log adds up to; by default the last 30 days. Raises Invalid."""
        until = until or self._clock.now()
        since = since or until - USUAL_RANGE
        if not timedelta(0) < until - since <= MOST_RANGE:
            message = f"Between since and until there are at most {MOST_RANGE.days} days."
            raise Invalid(message, field="since")
        tallies = await self._log.tallies(viewer.scope, since, until)
        whole = next(t for t in tallies if t.action is None and t.day is None)
        return ActivityStats(
            since=since,
            until=until,
            total=whole.total,
            failures=whole.failures,
            users=whole.users,
            by_action=tuple(_by_action(tallies)),
            by_day=tuple(
                DayCount(day=t.day, total=t.total, failures=t.failures)
                for t in tallies
                if t.day is not None
            ),
        )

    async def export(
        self, viewer: Viewer, wanted: ActivityFilter
    ) -> AsyncGenerator[list[Activity], None]:
        """Such entries a thousand at a time, the newest first; that it was done is logged, too."""
        fields = msgspec.structs.asdict(wanted).items()
        changes: dict[str, Any] = {n: str(v) for n, v in fields if v is not None}
        async with self._db.write(viewer) as tx:
            tx.emit(ActivityExported(changes=changes))
        last: UUID | None = None
        while entries := await self._log.before(viewer.scope, wanted, last, CHUNK):
            yield entries
            last = entries[-1].id

    async def forget(self, tx: Tx) -> bool:
        """Delete a batch of what is older than it is kept; whether there may be more."""
        before = self._clock.now() - timedelta(days=self._settings.get(ACTIVITY_RETENTION_DAYS))
        return await self._log.forget(tx, before, BATCH) == BATCH


def _by_action(tallies: Collection[Tally]) -> Iterator[ActionCount]:
    """Every action that the server knows or has logged, by name."""
    counted = {tally.action: tally for tally in tallies if tally.action is not None}
    for action in sorted({*counted, *known_actions()}):
        tally = counted.get(action)
        yield ActionCount(
            action=action,
            total=tally.total if tally else 0,
            failures=tally.failures if tally else 0,
        )


def known_actions() -> frozenset[str]:
    """The names of all events that are logged."""
    return frozenset(kind.name for kind in _declared(Event) if kind.audit is not None)


def _declared(kind: type[Event]) -> Iterator[type[Event]]:
    for below in kind.__subclasses__():
        if hasattr(below, "audit") and not below.__module__.startswith("tests"):
            yield below
        yield from _declared(below)
