"""What differs between content, the table of documents, and the search server."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import text
from typesense.async_.client import AsyncClient
from typesense.async_.documents import AsyncDocuments

from app.container import Container
from app.search.domain import Document, SearchKind
from app.search.repository.rows import mark_of
from app.search.service import reach
from app.search.service.collections import COLLECTIONS
from app.search.service.typesense.schema import document_of

AT_ONCE: Final = 500
STORED: Final = text(
    "select id, version, digest, body from search_documents where kind = :kind and not gone"
)


async def drift(app: Container) -> list[str]:
    """Where the table is not what documents loaded just now say."""
    found: list[str] = []
    for kind in SearchKind:
        rows = {row["id"]: row for row in await app.db.records(STORED, {"kind": kind.value})}
        fresh = await _fresh(app, kind)
        found += [f"{kind} {i} is lacking" for i in fresh.keys() - rows.keys()]
        found += [f"{kind} {i} is too many" for i in rows.keys() - fresh.keys()]
        for id_ in fresh.keys() & rows.keys():
            stored = msgspec.convert(rows[id_]["body"], Document)
            if stored != fresh[id_]:
                found.append(f"{kind} {id_}: {_parts(stored, fresh[id_])}")
            elif rows[id_]["digest"] != mark_of(fresh[id_]):
                found.append(f"{kind} {id_} has another digest")
    return found


async def _fresh(app: Container, kind: SearchKind) -> dict[UUID, Document]:
    found: dict[UUID, Document] = {}
    after: UUID | None = None
    while page := await reach.page_of_ids(app, kind, after, AT_ONCE):
        found |= await COLLECTIONS[kind].load(app, page)
        after = page[-1]
    return found


def _parts(stored: Document, fresh: Document) -> dict[str, tuple[Any, Any]]:
    """The fields that differ: as they are stored, and as they should be."""
    one, other = (msgspec.to_builtins(d, enc_hook=str) for d in (stored, fresh))
    return {name: (one[name], other[name]) for name in one if one[name] != other[name]}


async def served_otherwise(app: Container) -> list[str]:
    """Where what searches reach on the server is not what the table has: ids, versions, bodies."""
    found: list[str] = []
    for kind, collection in COLLECTIONS.items():
        rows = await app.db.records(STORED, {"kind": kind.value})
        wanted: dict[str, Any] = {}
        for row in rows:
            document = msgspec.convert(row["body"], Document)
            told = document_of(collection, document, row["version"])
            wanted[told["id"]] = msgspec.json.decode(msgspec.json.encode(told))
        name = await app.search_server.filling.shown(kind)
        if name is None:
            found.append(f"{kind} is not there")
            continue
        held = {one["id"]: one async for one in _exported(app, name)}
        found += [f"{kind} {i} is not told" for i in wanted.keys() - held.keys()]
        found += [f"{kind} {i} is told and gone" for i in held.keys() - wanted.keys()]
        found += [
            f"{kind} {i} is told as {held[i]}, not {wanted[i]}"
            for i in wanted.keys() & held.keys()
            if wanted[i] != held[i]
        ]
    return found


async def _exported(app: Container, name: str) -> AsyncIterator[Mapping[str, Any]]:
    async def ask(client: AsyncClient) -> str:
        return await AsyncDocuments(client.api_call, name).export()

    for line in (await app.search_server.filling.server.fill(ask)).splitlines():
        yield msgspec.json.decode(line)
