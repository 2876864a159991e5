"""What is said of things in other languages, read together with them: by the same statement."""

from collections.abc import Collection, Mapping
from typing import Any, Final, TypeVar

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import ARRAY, Select, Table, Uuid, any_, bindparam, func, literal, select
from sqlalchemy.dialects.postgresql import JSONB

from app.catalog.domain import Collection as Saga
from app.catalog.domain import Telling, in_language
from app.catalog.models import item_metadata
from app.core.db import Database
from app.core.rows import Record, structs_of
from app.core.speaking import spoken
from app.items.domain import ItemKind
from app.items.repository import content_by_ids, held
from app.libraries.repository import language_of

S = TypeVar("S", bound=Struct)
IDS: Final = bindparam("ids", type_=ARRAY(Uuid))
_NOTHING: Final = literal({}, JSONB)
_SAID: Final = (
    func.coalesce(item_metadata.c.texts, _NOTHING).label("texts"),
    item_metadata.c.language,
    item_metadata.c.original_language,
)


def _with_library(statement: Select[Any]) -> Select[Any]:
    library = language_of(statement.selected_columns.library_id)
    return statement.add_columns(library.label("library_language"))


def spoken_by_ids(table: Table, kind: ItemKind, into: type[Struct]) -> Select[Any]:
    """`content_by_ids` with all that is said of them: what `fetch_spoken` reads."""
    items = content_by_ids(table, kind, into).add_columns(*_SAID)
    return _with_library(items.outerjoin(item_metadata, item_metadata.c.item_id == table.c.id))


TELLINGS: Final = _with_library(
    held(
        select(item_metadata.c.item_id, *_SAID).where(item_metadata.c.item_id == any_(IDS)),
        item_metadata.c.item_id,
    ).order_by(item_metadata.c.item_id)
)


async def fetch_spoken(
    db: Database, statement: Select[Any], ids: Collection[Any], into: type[S], language: str
) -> list[S]:
    """Items in a language, by one of the statements that `spoken_by_ids` makes."""
    rows = await db.records(statement, {"ids": list(ids)})
    pairs = zip(structs_of(rows, into), structs_of(rows, Telling), strict=True)
    return [in_language(item, told, language) for item, told in pairs]


def named_in(language: str, name: str, texts: Mapping[str, str] | None) -> str:
    """A name that is for all libraries, in a language; `texts` are others by their tags."""
    return spoken(language, "", None, (None, name), texts or {}) or name


def saga_in(language: str, saga: Saga, row: Record) -> Saga:
    """A collection in a language, with the `texts` of its row."""
    texts: Mapping[str, Mapping[str, str]] = row["texts"]
    said = {
        field: spoken(language, "", None, (None, getattr(saga, field)), of_field)
        for field in ("name", "overview")
        if (of_field := {tag: one[field] for tag, one in texts.items() if one.get(field)})
    }
    return replace(saga, **said) if said else saga
