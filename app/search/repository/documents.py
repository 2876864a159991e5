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
    delete,
    func,
    literal,
    literal_column,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB, insert

from app.core.access import Scope
from app.core.db import Database
from app.core.tx import Tx
from app.search.domain import Document, Number, SearchCollection, SearchKind, Sight
from app.search.models import documents, indexes, versions
from app.search.repository.rows import mark_of, row_of, values_of
from app.search.repository.scoping import seen_by

LOCK: Final = "search.documents"
PATIENTLY: Final = text("set local statement_timeout = '60s'")
INDEXED: Final = "search"
"""The cache tag of all that is read out of the index."""
PART: Final = 125  # rows of one statement
AT_ONCE: Final = 25  # documents whose words are read before others get their turn
IDS: Final = bindparam("ids", type_=ARRAY(Uuid))
_COLUMNS: Final = tuple(c.name for c in documents.c if c.name not in {"version", "gone"})
_RECORD: Final = ", ".join(
    f"{name} {kind}"
    for name, kind in {
        "id": "uuid", "kind": "text", "library_id": "uuid", "age": "smallint",
        "libraries": "uuid[]", "ages": "smallint[]", "people": "uuid[]", "name": "text",
        "title": "text", "keys": "text[]", "words": "text[]", "facets": "int[]",
        **{n.value: "float8" for n in Number},
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
KNOWN: Final = select(
    documents.c.id,
    documents.c.digest.label("mark"),
    documents.c.library_id,
    documents.c.age,
    documents.c.people,
).where(documents.c.id == any_(IDS), ~documents.c.gone)
# Persons of whom it is not known that they can be seen where a document that names them is.
UNSEEN: Final = text(
    "select distinct n.person from unnest(cast(:people as uuid[]), cast(:libraries as uuid[]),"
    " cast(:ages as int[])) as n(person, library_id, age) where not exists ("
    " select from search_documents d cross join lateral ("
    " select d.library_id, d.age where d.libraries is null union all"
    " select * from unnest(d.libraries, d.ages)) as s(library_id, age)"
    " where d.id = n.person and not d.gone and s.library_id = n.library_id"
    " and (n.age is null or s.age <= n.age))"
)
_SAID: Final = "unnest(cast(:codes as smallint[]), cast(:values as text[])) as said(code, value)"
# Those that are known are not tried: each try takes a number, and there are 16 million of them.
ADD_VALUES: Final = text(
    f"insert into search_values (code, value) select code, value from {_SAID}"  # noqa: S608
    " where not exists (select from search_values v"
    " where v.code = said.code and v.value = said.value) on conflict do nothing"
)
VALUES: Final = text(
    "select v.id, v.code, v.value from search_values v"  # noqa: S608 - constants
    f" join {_SAID} on said.code = v.code and said.value = v.value"
)
FORGET: Final = (
    update(documents)
    .where(documents.c.id == any_(IDS), ~documents.c.gone)
    .values(
        gone=True,
        version=versions.next_value(),
        title="",
        name="",
        keys=literal([], ARRAY(Text)),
        facets=literal([], ARRAY(Integer)),
        people=literal([], ARRAY(Uuid)),
        titles=literal_column("''::tsvector"),
        everything=literal_column("''::tsvector"),
        digest=b"",
        body=literal({}, JSONB),
    )
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
COUNT: Final = select(func.count()).where(
    documents.c.kind == bindparam("kind", type_=Text), ~documents.c.gone
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


class Written(Struct, frozen=True, kw_only=True):
    """What writing documents has changed: which were news, which are gone, and the persons whose
    own documents may follow from it.
    """

    news: frozenset[UUID] = frozenset()
    gone: frozenset[UUID] = frozenset()
    people: frozenset[UUID] = frozenset()


class DocumentRepository:
    """Documents, of all types."""

    def __init__(self, db: Database, collections: Mapping[SearchKind, SearchCollection]) -> None:
        self.db, self._collections = db, collections

    async def lock(self, tx: Tx) -> None:
        """Keep other writers out until the end: taken before what is written is read, so that
        nothing older is written over it, and versions are committed in their order.

        Whoever writes much holds it for longer than a statement may take otherwise.
        """
        await tx.execute(PATIENTLY)
        await tx.lock(LOCK)

    async def write(
        self, tx: Tx, found: Sequence[Document], gone: Collection[UUID] = ()
    ) -> Written:
        """Store documents and forget those that are gone; under `lock`."""
        ids = [*(document.id for document in found), *gone]
        rows = (await tx.execute(KNOWN, {"ids": ids})).all() if ids else ()
        known: dict[UUID, Any] = {row.id: row for row in rows}
        news = [one for one in found if one.id not in known or known[one.id].mark != mark_of(one)]
        lost = [id_ for id_ in gone if id_ in known]
        if news:
            await self._put(tx, news, await self._values(tx, news))
        if lost:
            await tx.execute(FORGET, {"ids": lost})
        if news or lost:
            tx.touch(INDEXED)
        changed = [known[id_] for id_ in (*(one.id for one in news), *lost) if id_ in known]
        return Written(
            news=frozenset(one.id for one in news),
            gone=frozenset(lost),
            people=frozenset(await self._following(tx, news, changed)),
        )

    async def _following(
        self, tx: Tx, news: Sequence[Document], changed: Sequence[Any]
    ) -> set[UUID]:
        """Who is named no more, or where it can be seen by others than before, or is named where
        nobody knew that they can be seen.
        """
        now = {one.id: one for one in news}
        left: set[UUID] = set()
        for row in changed:
            one = now.get(row.id)
            stays = one is not None and one.sights == (Sight(row.library_id, row.age),)
            left.update(set(row.people).difference(one.people if one and stays else ()))
        named = [
            (person, sight.library_id, sight.age)
            for one in news
            for sight in one.sights
            for person in one.people
        ]
        if not named:
            return left
        people, libraries, ages = zip(*set(named), strict=True)
        given = {"people": list(people), "libraries": list(libraries), "ages": list(ages)}
        return left.union((await tx.execute(UNSEEN, given)).scalars())

    async def _values(self, tx: Tx, news: Sequence[Document]) -> Mapping[tuple[int, str], int]:
        """The ids of all values of facets, some of which are new."""
        said = {v for one in news for v in values_of(one, self._collections[one.kind])}
        codes, texts = [code for code, _ in said], [value for _, value in said]
        given = {"codes": codes, "values": texts}
        await tx.execute(ADD_VALUES, given)
        return {(row.code, row.value): row.id for row in await tx.execute(VALUES, given)}

    async def _put(
        self, tx: Tx, news: Sequence[Document], ids: Mapping[tuple[int, str], int]
    ) -> None:
        """Write rows: PostgreSQL takes some in while the next ones are made."""
        taking: asyncio.Task[Any] | None = None
        try:
            for start in range(0, len(news), PART):
                rows = await self._rows(news[start : start + PART], ids)
                if taking is not None:
                    await taking
                taking = asyncio.create_task(tx.execute(WRITE, {"rows": rows}))
            if taking is not None:
                await taking
        finally:  # also where making rows has failed, nobody else may use the transaction before
            if taking is not None:
                await asyncio.wait([taking])

    async def _rows(self, news: Sequence[Document], ids: Mapping[tuple[int, str], int]) -> str:
        rows: list[bytes] = []
        for start in range(0, len(news), AT_ONCE):
            some = news[start : start + AT_ONCE]
            made = [row_of(one, self._collections[one.kind], ids) for one in some]
            rows.append(orjson.dumps(made)[1:-1])
            await asyncio.sleep(0)  # words take their time: let others have theirs
        return "[" + b",".join(rows).decode() + "]"

    async def let_go(self, tx: Tx, told: int | None) -> None:
        """Delete the rows of what is gone: up to the version that all indexes of a search server
        were told, or all where there is none. The last one stays, for versions are counted by it.
        """
        last = select(func.max(documents.c.version)).scalar_subquery()
        gone = delete(documents).where(documents.c.gone, documents.c.version < last)
        await tx.execute(gone if told is None else gone.where(documents.c.version <= told))

    async def position(self, tx: Tx, kind: SearchKind) -> UUID | None:
        """Up to which id all of a kind has been compared with the content; None is not begun."""
        found = select(indexes.c.walked).where(indexes.c.kind == kind.value)
        return (await tx.execute(found)).scalar()

    async def walked(self, tx: Tx, kind: SearchKind, upto: UUID | None) -> None:
        """So far it is compared now; None is the end of it."""
        added = insert(indexes).values(kind=kind.value, walked=upto)
        await tx.execute(
            added.on_conflict_do_update(index_elements=["kind"], set_={"walked": upto})
        )

    async def between(
        self, tx: Tx, kind: SearchKind, after: UUID | None, upto: UUID | None
    ) -> set[UUID]:
        """The ids of documents of a kind after one id, up to another."""
        found = select(documents.c.id).where(documents.c.kind == kind.value, ~documents.c.gone)
        if after is not None:
            found = found.where(documents.c.id > after)
        if upto is not None:
            found = found.where(documents.c.id <= upto)
        return set((await tx.execute(found)).scalars())

    async def version(self) -> int:
        """Of the last change that was committed."""
        last = select(documents.c.version).order_by(documents.c.version.desc()).limit(1)
        return int(await self.db.scalar(last) or 0)

    async def count(self, kind: SearchKind) -> int:
        """How many there are of a kind."""
        return int(await self.db.scalar(COUNT, {"kind": kind.value}))

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
