"""Conditions on items that other repositories compose."""

from collections.abc import Collection, Sequence
from typing import Any, TypeVar

from msgspec import Struct
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    FromClause,
    Select,
    Table,
    Text,
    Uuid,
    any_,
    bindparam,
    case,
    exists,
    func,
    not_,
    or_,
    select,
    true,
)

from app.core.access import EVERYTHING, Scope, within
from app.core.asked import array
from app.core.rows import Record, structs_of
from app.items.domain import (
    Held,
    ItemId,
    ItemKind,
    ItemState,
)
from app.items.models import item_counts, item_versions, items, version_files
from app.libraries.domain import LibraryId
from app.libraries.repository import is_missing, not_hidden

T = TypeVar("T")
E = TypeVar("E", bound=Struct)
IDS = bindparam("ids", type_=ARRAY(Uuid))


def _visible(scope: Scope, of: Table = items) -> list[ColumnElement[bool]]:
    found = [not_hidden(of.c.library_id)]
    if scope.libraries is not None:
        found.append(of.c.library_id == any_(array(scope.libraries, Uuid)))
    if scope.max_age is not None:
        found.append(of.c.age <= scope.max_age)
    return found


def visible_to(scope: Scope, item_column: ColumnElement[Any]) -> ColumnElement[bool]:
    """Rows whose item the viewer may see."""
    return exists().where(items.c.id == item_column, *_visible(scope))


def offered_to(
    scope: Scope, item_column: ColumnElement[Any], kinds: Collection[ItemKind] | None = None
) -> ColumnElement[bool]:
    """Rows whose item the viewer may see and play: some file of it is there."""
    there = items.c.state == ItemState.AVAILABLE.value
    return exists().where(items.c.id == item_column, there, *_visible(scope), *_of_kinds(kinds))


def _of_kinds(kinds: Collection[ItemKind] | None, of: Table = items) -> list[ColumnElement[bool]]:
    if kinds is None:
        return []
    wanted = bindparam(None, [k.value for k in kinds], type_=ARRAY(Text), unique=True)
    return [of.c.kind == any_(wanted)]


def root_of(item_column: ColumnElement[Any]) -> ColumnElement[Any]:
    """The show of an episode or season; what stands alone is its own."""
    own, parent = items.alias("own_item"), items.alias("parent_item")
    found = select(func.coalesce(parent.c.parent_id, own.c.parent_id, own.c.id, type_=Uuid))
    above = own.outerjoin(parent, parent.c.id == own.c.parent_id)
    found = found.select_from(above).where(own.c.id == item_column)
    return found.correlate_except(own, parent).scalar_subquery()


def visible_items(
    scope: Scope,
    *,
    kinds: Collection[ItemKind] | None = None,
    libraries: Collection[LibraryId] | None = None,
) -> FromClause:
    """The items a viewer may see, to join with: id, kind, library_id, state, age, added_at."""
    conditions = [*_visible(within(scope, libraries)), *_of_kinds(kinds)]
    return (
        select(
            items.c.id,
            items.c.kind,
            items.c.library_id,
            items.c.state,
            items.c.certification,
            items.c.age,
            items.c.added_at,
        )
        .where(*conditions)
        .subquery()
    )


def counted(
    scope: Scope,
    *,
    kinds: Collection[ItemKind],
    libraries: Collection[LibraryId] | None = None,
    state: ItemState | None = None,
    max_age: int | None = None,
) -> Select[Any]:
    """How many items a viewer may see, without looking at one: out of the counters."""
    conditions = [*_visible(within(scope, libraries), item_counts), *_of_kinds(kinds, item_counts)]
    if state is not None:
        conditions.append(item_counts.c.state == state.value)
    if max_age is not None:
        conditions.append(item_counts.c.age <= max_age)
    return select(func.coalesce(func.sum(item_counts.c.amount), 0)).where(*conditions)


def belongs(file_column: ColumnElement[Any]) -> ColumnElement[bool]:
    """Rows whose file belongs to an item."""
    return exists().where(version_files.c.file_id == file_column)


def held(statement: Select[Any], item_column: ColumnElement[Any]) -> Select[Any]:
    """Add each row's library_id and age: what a private read is later filtered by."""
    item = visible_items(EVERYTHING)
    return statement.add_columns(item.c.library_id, item.c.age).join(item, item.c.id == item_column)


def held_by_item(rows: Sequence[Record], into: type[E]) -> dict[ItemId, Held[tuple[E, ...]]]:
    """Rows of a `held` statement, in the order of their items, as Structs by their item_id."""
    found: dict[ItemId, Held[tuple[E, ...]]] = {}
    if not rows:
        return found
    first, owner = rows[0], rows[0]["item_id"]
    if rows[-1]["item_id"] == owner:
        held_by_one = Held(first["library_id"], first["age"], tuple(structs_of(rows, into)))
        return {owner: held_by_one}
    columns = dict(zip(rows[0].keys(), zip(*rows, strict=True), strict=True))
    owners, libraries, ages = columns["item_id"], columns["library_id"], columns["age"]
    structs, start = structs_of(rows, into), 0
    ends = [n for n in range(1, len(rows)) if owners[n] != owners[n - 1]]
    for end in (*ends, len(rows)):
        found[owners[start]] = Held(libraries[start], ages[start], tuple(structs[start:end]))
        start = end
    return found


def _shown(version: Any) -> ColumnElement[bool]:
    """Versions that are shown: those whose files are all there, or all where there is none such.

    The same as `playable`: what a filter counts is what one then sees.
    """
    broken = select(version_files.c.version_id).where(is_missing(version_files.c.file_id))
    other = item_versions.alias("other_version")
    whole = select(other.c.item_id).where(other.c.id.not_in(broken))
    return or_(version.c.id.not_in(broken), version.c.item_id.not_in(whole))


def has_resolution(
    resolutions: Collection[str], item_column: ColumnElement[Any]
) -> ColumnElement[bool]:
    """Rows whose item shows a version of one of these resolutions ("1080p")."""
    version = item_versions.alias("sized_version")
    return exists().where(
        version.c.item_id == item_column,
        version.c.resolution == any_(array(resolutions, Text)),
        _shown(version),
    )


def has_hdr(item_column: ColumnElement[Any]) -> ColumnElement[bool]:
    """Rows whose item shows a version in high dynamic range."""
    version = item_versions.alias("rich_version")
    return exists().where(version.c.item_id == item_column, version.c.hdr != "sdr", _shown(version))


def shown_versions(item_column: ColumnElement[Any]) -> FromClause:
    """What the versions are like that a row's item shows, to join with: `resolutions`, an array,
    and `hdr`, whether any is in high dynamic range.

    As `has_resolution` and `has_hdr` find it, but looking at one item at a time.
    """
    version, part = item_versions.alias("shown_version"), version_files.alias("some_part")
    broken = (
        exists()
        .where(part.c.version_id == version.c.id, is_missing(part.c.file_id))
        .correlate(version)
    )
    state = select(not_(broken).label("whole")).correlate(version).lateral("state")
    sizes = func.array_agg(version.c.resolution.distinct())
    rich = func.bool_or(version.c.hdr != "sdr")
    any_whole = func.bool_or(state.c.whole)
    return (
        select(
            case((any_whole, sizes.filter(state.c.whole)), else_=sizes).label("resolutions"),
            case((any_whole, rich.filter(state.c.whole)), else_=rich).label("hdr"),
        )
        .join_from(version, state, true())
        .where(version.c.item_id == item_column)
        .correlate_except(version, state)
        .lateral("shown")
    )


def content_by_ids(table: Table, kind: ItemKind, into: type[Struct]) -> Select[Any]:
    """Rows of a table of content with what their items say, as the fields of `into` name it; of
    those whose ids are bound as `ids`.
    """
    item = visible_items(EVERYTHING, kinds=(kind,))
    names = into.__struct_fields__
    columns = [table.c[n] if n in table.c else item.c[n] for n in names]
    return select(*columns).join(item, item.c.id == table.c.id).where(table.c.id == any_(IDS))
