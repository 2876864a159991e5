"""SQL of documents: writing what is news, and reading them by version or id."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import msgspec
import orjson
from msgspec import Struct
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Integer,
    Select,
    Text,
    Uuid,
    any_,
    bindparam,
    select,
    text,
    update,
)

from app.core.access import Scope
from app.core.db import Database
from app.core.tx import Tx
from app.search.domain import Document, Number, SearchCollection, SearchKind
from app.search.models import documents, versions
from app.search.repository.rows import digest_of, row_of
from app.search.repository.scoping import seen_by

LOCK: Final = "search.documents"
INDEXED: Final = "search"
"""The cache tag of all that is read out of the index."""
AT_ONCE: Final = 25  # documents whose words are read before others get their turn
IDS: Final = bindparam("ids", type_=ARRAY(Uuid))
_COLUMNS: Final = tuple(c.name for c in documents.c if c.name not in {"version", "gone"})
_RECORD: Final = ", ".join(
    f"{name} {kind}"
    for name, kind in {
        "id": "uuid", "kind": "text", "library_id": "uuid", "age": "smallint",
        "libraries": "uuid[]", "ages": "smallint[]", "title": "text", "keys": "text[]",
        "words": "text[]", "facets": "text[]", **{n.value: "float8" for n in Number},
        "titles": "tsvector", "everything": "tsvector", "digest": "bytea", "body": "jsonb",
    }.items()
)  # fmt: skip
_SET: Final = ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS if name != "id")
WRITE: Final = text(
    f"insert into search_documents (version, gone, {', '.join(_COLUMNS)})"  # noqa: S608 - constants
    f" select nextval('search_versions'), false, {', '.join(f'r.{c}' for c in _COLUMNS)}"
    f" from jsonb_to_recordset(cast(:rows as jsonb)) as r({_RECORD}) order by r.id"
    f" on conflict (id) do update set version = excluded.version, gone = false, {_SET}"
)
KNOWN: Final = select(documents.c.id, documents.c.digest).where(
    documents.c.id == any_(IDS), ~documents.c.gone
)
CHANGED: Final = (
    select(documents.c.id, documents.c.version, documents.c.gone, documents.c.body)
    .where(
        documents.c.kind == bindparam("kind", type_=Text),
        documents.c.version > bindparam("version", type_=BigInteger),
    )
    .order_by(documents.c.version)
    .limit(bindparam("most", type_=Integer))
)
VERSIONS: Final = (
    select(documents.c.id, documents.c.version)
    .where(documents.c.kind == bindparam("kind", type_=Text), ~documents.c.gone)
    .order_by(documents.c.id)
    .limit(bindparam("most", type_=Integer))
)
VERSIONS_AFTER: Final = VERSIONS.where(documents.c.id > bindparam("after", type_=Uuid))


class Stored(Struct, frozen=True, kw_only=True):
    """A document as it is stored; what is gone has none."""

    id: UUID
    version: int
    gone: bool
    document: Document | None


class DocumentRepository:
    """Documents, of all types."""

    def __init__(self, db: Database, collections: Mapping[SearchKind, SearchCollection]) -> None:
        self.db, self._collections = db, collections

    async def write(self, tx: Tx, found: Sequence[Document], gone: Collection[UUID] = ()) -> int:
        """Store documents and forget those that are gone; answers how many of it were news.

        Who writes waits for whoever does, so that versions are committed in their order.
        """
        await tx.lock(LOCK)
        ids = [document.id for document in found]
        rows = (await tx.execute(KNOWN, {"ids": ids})).all() if ids else ()
        known: dict[UUID, bytes] = {row.id: row.digest for row in rows}
        news = [one for one in found if known.get(one.id) != digest_of(one)]
        if news:
            await tx.execute(WRITE, {"rows": await self._rows(news)})
        lost = await self._forget(tx, gone) if gone else 0
        if news or lost:
            tx.touch(INDEXED)
        return len(news) + lost

    async def _rows(self, news: Sequence[Document]) -> str:
        rows: list[bytes] = []
        for start in range(0, len(news), AT_ONCE):
            some = [row_of(one, self._collections[one.kind]) for one in news[start:][:AT_ONCE]]
            rows.append(orjson.dumps(some)[1:-1])
            await asyncio.sleep(0)  # words take their time: let others have theirs
        return "[" + b",".join(rows).decode() + "]"

    async def _forget(self, tx: Tx, gone: Collection[UUID]) -> int:
        empty: dict[str, Any] = dict.fromkeys(("keys", "facets"), ())
        statement = (
            update(documents)
            .where(documents.c.id == any_(IDS), ~documents.c.gone)
            .values(
                gone=True,
                version=versions.next_value(),
                title="",
                titles=text("''::tsvector"),
                everything=text("''::tsvector"),
                digest=b"",
                body=text("'{}'::jsonb"),
                **empty,
            )
            .returning(documents.c.id)
        )
        return len((await tx.execute(statement, {"ids": list(gone)})).all())

    async def version(self) -> int:
        """Of the last change that was committed."""
        last = select(documents.c.version).order_by(documents.c.version.desc()).limit(1)
        return int(await self.db.scalar(last) or 0)

    async def changed_since(self, kind: SearchKind, version: int, limit: int) -> list[Stored]:
        """What has changed after a version, in the order of changes."""
        given = {"kind": kind.value, "version": version, "most": limit}
        return [
            Stored(
                id=row["id"],
                version=row["version"],
                gone=row["gone"],
                document=None if row["gone"] else msgspec.convert(row["body"], Document),
            )
            for row in await self.db.records(CHANGED, given)
        ]

    async def versions(
        self, kind: SearchKind, after: UUID | None, limit: int
    ) -> list[tuple[UUID, int]]:
        """Ids and versions of what there is of a kind, by id."""
        given: dict[str, Any] = {"kind": kind.value, "most": limit}
        if after is None:
            rows = await self.db.records(VERSIONS, given)
        else:
            rows = await self.db.records(VERSIONS_AFTER, given | {"after": after})
        return [(row["id"], row["version"]) for row in rows]

    async def by_ids(self, scope: Scope, ids: Collection[UUID]) -> Mapping[UUID, Document]:
        """The documents among `ids` that the viewer may see."""
        seen, given = seen_by(scope)
        statement = _BODIES.where(*seen)
        rows = await self.db.records(statement, {"ids": list(ids), **given})
        return {row["id"]: msgspec.convert(row["body"], Document) for row in rows}


_BODIES: Final[Select[Any]] = select(documents.c.id, documents.c.body).where(
    documents.c.id == any_(IDS), ~documents.c.gone
)
