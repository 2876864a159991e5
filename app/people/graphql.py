"""Persons as the API shows them."""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING
from uuid import UUID

from app.core.access import Viewer
from app.gql.view import field, view
from app.people.domain import Person

if TYPE_CHECKING:
    from app.container import Container


async def person_by_id(
    app: "Container",
    viewer: Viewer,
    ids: Collection[UUID],
) -> Mapping[UUID, Person]:
    return await app.person_repository.by_ids(viewer.scope, ids)


@view(Person)
class PersonView:
    """A member of the cast or crew."""

    name: str = field("Name.")
    portrait_url: str | None = field("Address of a portrait, taken from an NFO file.")
