"""People, asked for at providers."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, TypeVar

from app.catalog.service import offered_of
from app.catalog.service.values import NAMELESS
from app.core.access import EVERYTHING
from app.core.clock import days
from app.core.jobs import Cancel
from app.enrichment.domain import UNWRITABLE
from app.enrichment.service.beginning import Begin
from app.images.domain import Owner, OwnerKind
from app.metadata.domain import PersonRecord, Priority, Wish
from app.people.domain import PersonDetails, PersonId
from app.settings.domain import METADATA_PRIORITY

if TYPE_CHECKING:
    from app.container import Container

T = TypeVar("T")
AGAIN: Final = days(90)
TOMORROW: Final = days(1)
MOST_PROBLEM: Final = 500


class Persons:
    """One at a time."""

    def __init__(self, app: "Container") -> None:
        self._app, self._people, self._clock = app, app.person_repository, app.clock

    async def refresh(self, begin: Begin, id_: PersonId, *, force: bool) -> None:
        """Ask for them and write what is news. Raises Cancel for whom nobody knows any more."""
        ids = dict((await self._people.external_ids(EVERYTHING, [id_])).get(id_, ()))
        languages = self._app.languages.fetched() or ("en",)
        priority = Priority.parse(self._app.settings.get(METADATA_PRIORITY))
        wish = Wish(languages=languages, priority=priority, anew=force)
        found = await self._app.gathering.person(ids, wish)
        records = priority.sorted("cast", found.records, lambda record: record.source)
        now = self._clock.now()
        problem = " ".join(failure.message for failure in found.failures)[:MOST_PROBLEM]
        async with begin() as tx:
            if records:
                due = now + (TOMORROW if found.failures else AGAIN)
                await self._people.describe(tx, id_, details_of(records, languages[0]), due)
                named = [offered_of(one.source, p) for one in records for p in one.pictures]
                if named and not found.failures:
                    offered = {Owner(OwnerKind.PERSON, id_): named}
                    await self._app.artwork_repository.offer(tx, offered)
            else:
                again = None if found.gone else now + (TOMORROW if found.failures else AGAIN)
                await self._people.mark_failed(tx, id_, problem or "Nobody knows them.", again)
        if found.gone:
            raise Cancel("No provider knows them.")

    async def put_off(self, begin: Begin, id_: PersonId) -> None:
        """What was said of somebody cannot be written."""
        async with begin() as tx:
            again = self._clock.now() + TOMORROW
            await self._people.mark_failed(tx, id_, UNWRITABLE, again)


def details_of(records: Sequence[PersonRecord], language: str) -> PersonDetails:
    """What records say together: each field as the first has it that does."""
    pictures = [picture.url for record in records for picture in record.pictures]
    biographies: dict[str, str] = {}
    ids: Mapping[str, str] = {}
    for record in records:
        said = {text.language: text.overview for text in record.biographies if text.overview}
        if record.biography:
            said.setdefault(record.language or "en", record.biography)
        biographies = {**said, **biographies}
        ids = {**record.ids, **ids}
    own = biographies.get(language) or biographies.get("en")
    return PersonDetails(
        name=_first(r.name for r in records if r.name != NAMELESS),
        biography=own or next(iter(biographies.values()), None),
        biographies=biographies,
        birth_date=_first(record.born for record in records),
        death_date=_first(record.died for record in records),
        birth_place=_first(record.birthplace for record in records),
        department=_first(record.department for record in records),
        homepage=_first(record.homepage for record in records),
        also_known_as=_first(record.other_names for record in records) or (),
        popularity=_first(record.popularity for record in records),
        portrait_url=next(iter(pictures), None),
        ids=ids,
    )


def _first(values: Iterable[T | None]) -> T | None:
    return next((value for value in values if value), None)
