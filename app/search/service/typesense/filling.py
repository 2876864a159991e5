"""Filling the server: collections beside each other, documents in bulk, and what it has.

The client's `collections[name]` makes parts that servers of today no longer have, and warns of it:
documents are reached without it.
"""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec import Struct
from typesense.async_.client import AsyncClient
from typesense.async_.documents import AsyncDocuments

from app.core.errors import Unavailable
from app.core.ids import new_id
from app.core.logging import get_logger
from app.search.domain import SearchCollection, SearchKind
from app.search.service.typesense.schema import schema_of, shape_of
from app.search.service.typesense.server import NotThere, TypesenseServer

log = get_logger(__name__)
VERSIONS_AT_ONCE: Final = 50_000
MOST_TAKEN: Final = 100  # ids in an address, which has at most 4,000 characters


class Told(Struct):
    """What the server says of each line of an import."""

    success: bool
    error: str = ""


class Line(Struct):
    """A document as it is compared."""

    id: str
    version: int


class Filling:
    """All that changes the server. Raises Unavailable, of it NotThere for a lost collection."""

    def __init__(self, server: TypesenseServer) -> None:
        self.server = server

    def alias(self, kind: SearchKind) -> str:
        """Under which name searches ask."""
        return f"{self.server.prefix}_{kind.value}"

    def is_current(self, collection: SearchCollection, name: str | None) -> bool:
        """Whether a collection of this name has today's fields."""
        return name is not None and name.startswith(self._shaped(collection))

    def _shaped(self, collection: SearchCollection) -> str:
        return f"{self.alias(collection.kind)}.{shape_of(collection)}."

    async def create(self, collection: SearchCollection) -> str:
        """A new, empty collection; its name."""
        name = f"{self._shaped(collection)}{new_id().hex}"
        schema: Any = schema_of(collection, name)
        await self.server.fill(lambda client: client.collections.create(schema))
        return name

    async def names(self, kind: SearchKind) -> frozenset[str]:
        """The collections of a type that there are."""
        found = await self.server.fill(lambda client: client.collections.retrieve())
        start = f"{self.alias(kind)}."
        return frozenset(one["name"] for one in found if one["name"].startswith(start))

    async def shown(self, kind: SearchKind) -> str | None:
        """The collection that searches of a type reach."""
        try:
            found = await self.server.fill(
                lambda client: client.aliases[self.alias(kind)].retrieve()
            )
        except NotThere:
            return None
        return found["collection_name"]

    async def show(self, kind: SearchKind, name: str) -> None:
        """Let searches reach this one from now on; there is no moment without one."""
        mapping: Any = {"collection_name": name}
        await self.server.fill(
            lambda client: client.aliases.upsert(self.alias(kind), mapping),
        )

    async def drop(self, name: str) -> None:
        """Delete a collection; also if it is gone."""
        with suppress(NotThere):
            await self.server.fill(lambda c: c.api_call.delete(f"/collections/{name}", dict))

    async def put(self, name: str, documents: Sequence[Mapping[str, Any]]) -> None:
        """Insert or replace. Raises Unavailable unless the server took every one of them."""
        if not documents:
            return
        sent = b"\n".join(map(msgspec.json.encode, documents)).decode()

        async def send(client: AsyncClient) -> str:
            action: Any = {"action": "upsert"}
            return await AsyncDocuments(client.api_call, name).import_(sent, action)

        answer = await self.server.fill(send)
        told = [msgspec.json.decode(line, type=Told) for line in answer.splitlines()]
        failed = [line.error for line in told if not line.success]
        if failed or len(told) != len(documents):
            log.error("typesense.not_taken", collection=name, of=len(documents), why=failed[:1])
            raise Unavailable("The search server did not take every document.")

    async def take(self, name: str, ids: Collection[UUID]) -> None:
        """Delete documents; also those that are gone."""
        chosen = [id_.hex for id_ in ids]
        for start in range(0, len(chosen), MOST_TAKEN):
            some = ",".join(chosen[start : start + MOST_TAKEN])
            await self.server.fill(partial(_deleted, name, {"filter_by": f"id:[{some}]"}))

    async def versions(self, name: str, until: int) -> AsyncIterator[Sequence[tuple[UUID, int]]]:
        """Ids and versions of all documents up to this version, in parts."""
        for after in range(0, until, VERSIONS_AT_ONCE):
            last = min(after + VERSIONS_AT_ONCE, until)
            chosen: Any = {
                "include_fields": "id,version",
                "filter_by": f"version:>{after} && version:<={last}",
            }
            answer = await self.server.fill(partial(_exported, name, chosen))
            lines = (msgspec.json.decode(line, type=Line) for line in answer.splitlines())
            yield [(UUID(line.id), line.version) for line in lines]


async def _exported(name: str, chosen: Any, client: AsyncClient) -> str:
    return await AsyncDocuments(client.api_call, name).export(chosen)


async def _deleted(name: str, chosen: Any, client: AsyncClient) -> None:
    await AsyncDocuments(client.api_call, name).delete(chosen)
