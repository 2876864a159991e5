"""Movies and shows: found at providers, asked for, and written."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct, structs, to_builtins

from app.catalog.domain.said import MetadataState, Told
from app.catalog.service import told_of
from app.core.access import EVERYTHING
from app.core.jobs import Cancel
from app.core.tx import Tx
from app.enrichment.domain import (
    TITLES,
    UNWRITABLE,
    Age,
    Outcome,
    Refreshable,
    due_again,
    retry_at,
)
from app.enrichment.service.beginning import Begin, writing
from app.enrichment.service.outcomes import failed, guesses, judged, partial
from app.enrichment.service.seasons import Seasons
from app.items.domain import Item, ItemId
from app.libraries.domain import Library
from app.metadata.domain import (
    THRESHOLD,
    Gathered,
    Priority,
    RecordKind,
    ShowRecord,
    Sought,
    Wish,
)
from app.metadata.service import merged
from app.scanning.service import tell
from app.settings.domain import METADATA_COUNTRY, METADATA_PRIORITY
from app.shows.service import show_status

if TYPE_CHECKING:
    from app.container import Container

# Whose certifications count where a language is all that is known.
HOMES: Final = {
    "en": "US", "de": "DE", "fr": "FR", "ja": "JP", "ko": "KR", "pt": "BR", "es": "ES", "it": "IT",
    "nl": "NL", "sv": "SE", "da": "DK", "fi": "FI", "pl": "PL", "ru": "RU", "hu": "HU",
}  # fmt: skip


class Attempt(Struct, frozen=True):
    """One refresh of an item, with the ids that it had as it began."""

    item: Item
    known: Mapping[str, str]
    wish: Wish
    began: datetime


class Titles:
    """One movie or show at a time; what is asked elsewhere is asked outside of transactions."""

    def __init__(self, app: "Container") -> None:
        self._app, self.seasons = app, Seasons(app)
        self._gathering, self._recorder = app.gathering, app.recorder
        self._catalog, self._clock = app.catalog_repository, app.clock

    async def refresh(self, begin: Begin, item_id: ItemId, *, force: bool) -> Outcome:
        """Find it, ask for it, write what is news. Raises Cancel for what is not there."""
        item, content = await self._content(item_id)
        began = self._clock.now()
        wish = await self.wish(item, force=force)
        attempt = Attempt(item, await self.ids(begin, item_id), wish, began)
        gathered, outcome = await self._gathered(attempt, content)
        if gathered.records:
            return await self._write(begin, attempt, gathered)
        async with begin() as tx:
            if not await self._moved(tx, attempt, gathered):
                await self._settle(tx, item, outcome, Age(), began)
        return outcome

    async def put_off(self, begin: Begin, item_id: ItemId, began: datetime) -> None:
        """What was said of an item cannot be written."""
        item, _ = await self._content(item_id)
        outcome = Outcome(state=MetadataState.FAILING, problem=UNWRITABLE)
        async with begin() as tx:
            await self._settle(tx, item, outcome, Age(), began)

    async def ids(self, begin: Begin, item_id: ItemId) -> dict[str, str]:
        """The ids of an item elsewhere, by source, as they are: they may be of just now."""
        async with begin() as tx:
            return dict((await self._catalog.known_ids(tx, [item_id])).get(item_id, {}))

    async def held_ids(self, tx: Tx, item_id: ItemId) -> dict[str, str]:
        """The same, while nobody else says that it is something else."""
        await self._catalog.hold_metadata(tx, [item_id])
        return dict((await self._catalog.known_ids(tx, [item_id])).get(item_id, {}))

    async def wish(self, item: Item, *, force: bool) -> Wish:
        """In which languages, and who is believed: as the item's library has it."""
        library = await self._library(item)
        values = self._app.settings
        languages = dict.fromkeys((library.language, *self._app.languages.fetched()))
        text = library.provider_priority or values.get(METADATA_PRIORITY)
        return Wish(languages=tuple(languages), priority=Priority.parse(text), anew=force)

    async def country(self, item: Item) -> str:
        """Whose certification counts: the server's, else that of the library's language."""
        chosen = self._app.settings.get(METADATA_COUNTRY)
        if chosen:
            return chosen
        language, _, region = (await self._library(item)).language.partition("-")
        return region if len(region) == 2 else HOMES.get(language, "US")

    async def _library(self, item: Item) -> Library:
        found = await self._app.library_repository.by_ids(EVERYTHING, [item.library_id])
        if item.library_id not in found:
            raise Cancel("The library is gone.")
        return found[item.library_id]

    async def _content(self, item_id: ItemId) -> tuple[Item, Any]:
        item = (await self._app.item_repository.by_ids(EVERYTHING, [item_id])).get(item_id)
        if item is None or Refreshable(item.kind.value) not in TITLES:
            raise Cancel("The item is gone.")
        repository: Any = self._app.contents[item.kind]
        content = (await repository.by_ids(EVERYTHING, [item_id])).get(item_id)
        if content is None:
            raise Cancel("The item is gone.")
        return item, content

    async def _gathered(self, attempt: Attempt, content: Any) -> tuple[Gathered[Any], Outcome]:
        """What is said of it by the ids that it has; where nobody can be asked by those, of what
        it surely is by its name, unless that has other ids.
        """
        item, wish = attempt.item, attempt.wish
        kind, ids = RecordKind(item.kind.value), self._gathering.rightful(attempt.known)
        gathered: Gathered[Any] = Gathered()
        if ids:
            gathered = await self._gathering.title(kind, ids, wish)
        if gathered.records or gathered.failures or gathered.lost:
            return gathered, judged(gathered)
        found, outcome = await self._identified(item, content, wish)
        if outcome is not None:
            return gathered, outcome
        gathered = await self._gathering.title(kind, {**found, **ids}, wish)
        if _another(gathered, ids):
            return Gathered(), Outcome(state=MetadataState.UNMATCHED)
        return gathered, judged(gathered)

    async def _identified(
        self, item: Item, content: Any, wish: Wish
    ) -> tuple[Mapping[str, str], Outcome | None]:
        """The ids of what it is surely meant by; else how the search for it ended."""
        titles = tuple(t for t in (content.title, content.original_title) if t)
        lengths = await self._app.lengths.durations([item.id])
        sought = Sought(
            kind=RecordKind(item.kind.value),
            titles=titles,
            year=content.year,
            runtime=lengths.get(item.id),
            language=wish.language,
        )
        found = await self._gathering.seek(sought, THRESHOLD, wish)
        if found.hit is not None:
            return {**found.hit.ids, found.hit.source: found.hit.id}, None
        if found.failures:
            return {}, failed(found.failures, found.matches)
        return {}, Outcome(state=MetadataState.UNMATCHED, guesses=guesses(found.matches))

    async def _write(self, begin: Begin, attempt: Attempt, gathered: Gathered[Any]) -> Outcome:
        item, wish = attempt.item, attempt.wish
        one = merged(gathered, wish)
        told = told_of(one, await self.country(item))
        status = show_status(one.record.status) if isinstance(one.record, ShowRecord) else None
        told = structs.replace(
            _with_status(told, status), silent=frozenset(f.provider for f in gathered.failures)
        )
        seasons = None
        if isinstance(one.record, ShowRecord):
            seasons = await self.seasons.gather(begin, item, one, wish)
        failures = (*gathered.failures, *(seasons.failures if seasons else ()))
        outcome = partial(failures)
        async with writing(begin, item.library_id) as tx:
            if await self._moved(tx, attempt, gathered):
                return outcome
            content = self._app.contents[item.kind]
            if seasons is not None:
                await self.seasons.hold(tx, seasons, item.id)
            changed = await self._recorder.write(tx, content, {item.id: told})
            if seasons is not None:
                changed |= await self.seasons.write(tx, item, seasons)
            await self._app.images.prefetch(tx, [item.id])
            age = Age(
                status=status,
                release_date=one.record.release_date,
                next_air_date=getattr(one.record, "next_air_date", None),
            )
            await self._settle(tx, item, outcome, age, attempt.began)
            if changed:
                tell(tx, item.library_id, updated=sorted(changed))
        return outcome

    async def _moved(self, tx: Tx, attempt: Attempt, gathered: Gathered[Any]) -> bool:
        """Whether somebody has said meanwhile that the item is something else: it is due then."""
        item_id = attempt.item.id
        now = await self.held_ids(tx, item_id)
        news = {s: v for s, v in now.items() if s not in attempt.known}
        moved = others(attempt.known, now) or _another(gathered, news)
        if moved:
            await self._catalog.await_metadata(tx, [item_id], self._clock.now())
        return moved

    async def _settle(
        self, tx: Tx, item: Item, outcome: Outcome, age: Age, began: datetime
    ) -> None:
        """How it ended, and when it is due again: what somebody made due meanwhile still is."""
        held = (await self._catalog.hold_metadata(tx, [item.id])).get(item.id)
        if held is None:
            return
        now, state = self._clock.now(), outcome.state
        failed = state in (MetadataState.FAILING, MetadataState.PARTIAL)
        failures = held.values["failures"] + 1 if failed else 0
        nothing = state is MetadataState.FAILING
        due: datetime | None = due_again(age, now)
        if failed:
            due = retry_at(failures, now, outcome.retry_after)
        due = None if state is MetadataState.GONE else due
        awaited = held.values["due_at"]
        if awaited is not None and began < awaited <= now:
            due = awaited
        values: dict[str, Any] = {
            "state": state.value,
            "problem": outcome.problem,
            "candidates": to_builtins(outcome.guesses),
            "failures": min(failures, 1000),
            "refreshed_at": held.values["refreshed_at"] if nothing else now,
            "due_at": due,
        }
        await self._catalog.write_metadata(tx, {item.id: values})


def _with_status(told: Told, status: str | None) -> Told:
    """A status in our words; one that is not known is not said."""
    values = {name: value for name, value in told.values.items() if name != "status"}
    return structs.replace(told, values=values | ({"status": status} if status else {}))


def others(before: Mapping[str, str], now: Mapping[str, str]) -> bool:
    """Whether any id of before is another now, or none."""
    return any(now.get(source) != value for source, value in before.items())


def _another(gathered: Gathered[Any], ids: Mapping[str, str]) -> bool:
    """Whether it has other ids than these."""
    return any(one.ids.get(s, v) != v for one in gathered.records for s, v in ids.items())
