"""What somebody did to persons; what stands there is not logged, for not everybody may see them."""

from typing import Any

from app.core.events import Audit, Event, event
from app.people.domain import PersonId

PERSON = Audit("person", "person_id")


@event("person.update", audit=PERSON)
class PersonEdited(Event, frozen=True, kw_only=True):
    """Somebody edited a person, or locked fields of one: which ones."""

    person_id: PersonId
    changes: dict[str, Any] | None = None


@event("person.merge", audit=PERSON)
class PeopleMerged(Event, frozen=True, kw_only=True):
    """Somebody made one of several persons: the ids of those who are no more."""

    person_id: PersonId
    changes: dict[str, Any] | None = None
