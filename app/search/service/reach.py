"""What there is to search, and what else changes with something."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Final
from uuid import UUID

from app.catalog.domain import CollectionId
from app.items.domain import ItemKind
from app.people.domain import PersonId
from app.search.domain import SearchKind

if TYPE_CHECKING:
    from app.container import Container

MOST_WORKS: Final = 20_000
FIRST: Final = UUID(int=0)  # before all ids that there are


async def page_of_ids(
    app: "Container", kind: SearchKind, after: UUID | None, limit: int
) -> list[UUID]:
    """The next ids of a kind, in their order; none after the last one.

    Some may have no document: of persons who took part in nothing.
    """
    since = after or FIRST
    if kind is SearchKind.PERSON:
        return await app.person_repository.ids_after(since, limit)
    if kind is SearchKind.USER:
        return await app.user_repository.ids_after(since, limit)
    return await app.item_repository.ids_after(ItemKind(kind), since, limit)


async def children_of(app: "Container", ids: Collection[UUID]) -> dict[SearchKind, list[UUID]]:
    """The seasons and episodes of these shows."""
    return _by_kind(await app.item_repository.below(ids))


async def works_of(app: "Container", person_ids: Collection[UUID]) -> dict[SearchKind, list[UUID]]:
    """The items that these persons are credited on, the first `MOST_WORKS` of them."""
    ids = [PersonId(i) for i in person_ids]
    return _by_kind(await app.catalog_repository.works_of(ids, MOST_WORKS))


async def collected_in(app: "Container", ids: Collection[UUID]) -> dict[SearchKind, list[UUID]]:
    """The items of these collections."""
    return _by_kind(await app.catalog_repository.collected_in([CollectionId(i) for i in ids]))


async def kinds_of(app: "Container", ids: Collection[UUID]) -> dict[SearchKind, list[UUID]]:
    """What these items are now; those that are gone are absent."""
    return _by_kind(await app.item_repository.kinds_of(ids))


def _by_kind(items: Iterable[tuple[UUID, ItemKind]]) -> dict[SearchKind, list[UUID]]:
    found: dict[SearchKind, list[UUID]] = defaultdict(list)
    for item_id, kind in items:
        found[SearchKind(kind)].append(item_id)
    return dict(found)
