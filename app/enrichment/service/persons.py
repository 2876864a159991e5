"""People, asked for at providers."""

from typing import TYPE_CHECKING

from app.core.jobs import Cancel
from app.enrichment.service.beginning import Begin
from app.people.domain import PersonId

if TYPE_CHECKING:
    from app.container import Container


class Persons:
    """One at a time."""

    def __init__(self, app: "Container") -> None:
        self._app, self._people, self._clock = app, app.person_repository, app.clock

    async def refresh(self, begin: Begin, id_: PersonId, *, force: bool) -> None:
        """Ask for them and write what is news. Raises Cancel for whom nobody knows any more."""
        raise Cancel("Nobody knows them.")
