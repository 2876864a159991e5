"""Documents of what there is, read in batches."""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING
from uuid import UUID

from app.search.domain import Document

if TYPE_CHECKING:
    from app.container import Container


async def movies(app: "Container", ids: Collection[UUID]) -> Mapping[UUID, Document]:
    raise NotImplementedError


async def shows(app: "Container", ids: Collection[UUID]) -> Mapping[UUID, Document]:
    raise NotImplementedError


async def seasons(app: "Container", ids: Collection[UUID]) -> Mapping[UUID, Document]:
    raise NotImplementedError


async def episodes(app: "Container", ids: Collection[UUID]) -> Mapping[UUID, Document]:
    raise NotImplementedError


async def people(app: "Container", ids: Collection[UUID]) -> Mapping[UUID, Document]:
    raise NotImplementedError


async def users(app: "Container", ids: Collection[UUID]) -> Mapping[UUID, Document]:
    raise NotImplementedError
