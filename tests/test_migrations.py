"""Migrations lead exactly to the tables of this code, whoever runs them and how often."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Column, Connection, Index, Integer, MetaData, Table, make_url
from sqlalchemy.ext.asyncio import create_async_engine

from app.core import migrate as migrate_module
from app.core.ids import new_id
from app.core.migrate import LOCK, TooNew, alembic_config, current, head, known_revisions, migrate
from app.core.tables import metadata
from tests.conftest import with_database

HELD_LOCKS = (
    "select count(*) from pg_locks where locktype = 'advisory' and database ="
    " (select oid from pg_database where datname = current_database())"
)


@pytest.fixture
async def blank(postgres_url: str) -> AsyncIterator[str]:
    """The address of an empty database."""
    name = f"blank_{new_id().hex}"
    admin = await asyncpg.connect(dsn=postgres_url)
    await admin.execute(f"create database {name}")
    yield with_database(postgres_url, name)
    await admin.execute(f"drop database {name} with (force)")
    await admin.close()


async def ask(url: str, statement: str, *values: Any) -> list[Any]:
    connection = await asyncpg.connect(dsn=url)
    try:
        return [tuple(row) for row in await connection.fetch(statement, *values)]
    finally:
        await connection.close()


async def differences(url: str, wanted: MetaData) -> list[Any]:
    """What alembic would change in the database to make it what is wanted."""
    engine = create_async_engine(make_url(url).set(drivername="postgresql+asyncpg"))

    def compare(connection: Connection) -> list[Any]:
        options = {"compare_type": True, "compare_server_default": True}
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), wanted))

    try:
        async with engine.connect() as connection:
            return await connection.run_sync(compare)
    finally:
        await engine.dispose()


async def test_the_head_is_what_the_code_says(blank: str) -> None:
    assert await current(blank) is None
    assert await migrate(blank) == head()
    assert await current(blank) == head()
    assert await differences(blank, metadata) == []


async def test_a_table_without_a_migration_is_noticed(blank: str) -> None:
    """The control: one more column, index or table is a difference."""
    await migrate(blank)
    more = MetaData()
    for table in metadata.sorted_tables:
        table.to_metadata(more)
    Table("extra", more, Column("id", Integer, primary_key=True))
    more.tables["users"].append_column(Column("extra", Integer))
    Index("ix_extra", more.tables["movies"].c.votes)
    found = {change[0] for change in await differences(blank, more) if isinstance(change, tuple)}
    assert found == {"add_table", "add_column", "add_index"}


def test_there_is_one_line_of_revisions() -> None:
    script = ScriptDirectory.from_config(alembic_config())
    assert len(script.get_heads()) == len(script.get_bases()) == 1
    assert head() in known_revisions()
    for revision in script.walk_revisions():
        assert revision.doc, f"{revision.revision} does not say what it does"


async def test_twice_is_once(blank: str) -> None:
    await migrate(blank)
    shape = (
        "select table_name, column_name, data_type from information_schema.columns order by 1, 2"
    )
    before = await ask(blank, shape)
    await ask(
        blank, "insert into users (id, username, username_key) values ($1, 'a', 'a')", new_id()
    )
    assert await migrate(blank) == head()
    assert await ask(blank, shape) == before
    assert await ask(blank, "select username from users") == [("a",)]


async def test_a_database_with_people_in_it_comes_along(blank: str) -> None:
    """Roles and grants are kept; sessions are not, for their tokens were of another kind."""
    await migrate_to(blank, "20261121_foundation")
    ann, bob, eve, films, shows = (new_id() for _ in range(5))
    await ask(
        blank,
        "insert into users (id, username, username_key, display_name, is_active, max_age) values"
        " ($1, 'Ann', 'ann', 'Ann A.', true, null), ($2, 'bob', 'bob', null, false, 12),"
        " ($3, 'eve', 'eve', null, true, null)",
        ann,
        bob,
        eve,
    )
    await ask(blank, "insert into user_passwords values ($1, 'hash of ann', true)", ann)
    await ask(
        blank,
        "insert into user_roles (user_id, role) values ($1, 'administrator'), ($1, 'moderator'),"
        " ($2, 'user'), ($2, 'wizard'), ($3, 'guest')",
        ann,
        bob,
        eve,
    )
    await ask(
        blank,
        "insert into libraries (id, name, name_key, kind, language) values"
        " ($1, 'Films', 'films', 'movies', 'en'), ($2, 'More', 'more', 'movies', 'en')",
        films,
        shows,
    )
    await ask(
        blank,
        "insert into library_grants (user_id, library_id) values ($1, $3), ($1, $4), ($2, $3)",
        bob,
        eve,
        films,
        shows,
    )
    await ask(
        blank,
        "insert into sessions (id, user_id, token_hash, expires_at)"
        " values ($1, $2, $3, now() + interval '30 days')",
        new_id(),
        ann,
        b"token",
    )
    assert await migrate(blank) == head()
    assert await differences(blank, metadata) == []
    found = "select username, display_name, is_active, max_age, email, locale from users order by 1"
    assert await ask(blank, found) == [
        ("Ann", "Ann A.", True, None, None, "en-US"),
        ("bob", None, False, 12, None, "en-US"),
        ("eve", None, True, None, None, "en-US"),
    ]
    passwords = "select user_id, hash, one_time from user_passwords"
    assert await ask(blank, passwords) == [(ann, "hash of ann", True)]
    held = (
        "select u.user_id, r.key from user_roles u join roles r on r.id = u.role_id order by 1, 2"
    )
    assert await ask(blank, held) == [
        (ann, "administrator"),
        (ann, "moderator"),
        (bob, "user"),
        (eve, "guest"),
    ]
    granted = "select user_id, role_id, library_id, level from library_grants order by 1, 3"
    assert await ask(blank, granted) == [
        (bob, None, films, "view"),
        (bob, None, shows, "view"),
        (eve, None, films, "view"),
    ]
    assert await ask(blank, "select count(distinct id) from library_grants") == [(3,)]
    assert await ask(blank, "select 1 from sessions") == []


async def test_items_that_are_there_are_counted(blank: str) -> None:
    """Those of before, those that are written afterwards, and again after a way back."""
    await migrate_to(blank, "20261123_missing")
    films, shows = new_id(), new_id()
    for library, name in ((films, "films"), (shows, "shows")):
        await ask(
            blank,
            "insert into libraries (id, name, name_key, kind, language)"
            " values ($1, $2, $2, 'movies', 'en')",
            library,
            name,
        )
    add = "insert into items (id, kind, library_id, age, state) values ($1, $2, $3, $4, $5)"
    await ask(blank, add, new_id(), "movie", films, 12, "available")
    await ask(blank, add, new_id(), "movie", films, 12, "available")
    await ask(blank, add, new_id(), "movie", films, None, "missing")
    sums = (
        "select library_id, kind, age, state, sum(amount) from item_counts"
        " group by 1, 2, 3, 4 order by 5"
    )
    before = [(films, "movie", None, "missing", 1), (films, "movie", 12, "available", 2)]
    await migrate_to(blank, "20261124_counts")
    assert await ask(blank, sums) == before
    await migrate_to(blank, "20261123_missing", command.downgrade)
    left = (
        "select tgname from pg_trigger where tgname like 'items_counted%'"
        " union all select proname from pg_proc where proname = 'count_items'"
    )
    assert await ask(blank, left) == []
    for _ in range(3):
        await ask(blank, add, new_id(), "show", shows, 6, "available")
    assert await migrate(blank) == head()
    assert await ask(blank, sums) == [*before, (shows, "show", 6, "available", 3)]
    await ask(blank, "delete from items where age = 12")
    assert await ask(blank, f"select * from ({sums}) found where sum <> 0") == [
        before[0],
        (shows, "show", 6, "available", 3),
    ]


async def test_texts_and_people_go_there_and_back(blank: str) -> None:
    """Texts move into one row for each item; of people with one name the first takes all back."""
    await migrate_to(blank, "20261124_counts")
    library, film, ann = new_id(), new_id(), new_id()
    await ask(
        blank,
        "insert into libraries (id, name, name_key, kind, language)"
        " values ($1, 'films', 'films', 'movies', 'en')",
        library,
    )
    await ask(
        blank, "insert into items (id, kind, library_id) values ($1, 'movie', $2)", film, library
    )
    await ask(
        blank,
        "insert into item_texts (item_id, language, title, overview) values"
        " ($1, 'de', 'Der Film', null), ($1, 'fr', 'Le film', 'Il était')",
        film,
    )
    await ask(blank, "insert into people (id, name, name_key) values ($1, 'Ann', 'ann')", ann)
    texts = "select item_id, language, title, overview, tagline from item_texts order by 2"
    before = await ask(blank, texts)
    await migrate_to(blank, "20261125_metadata")
    said = "select texts->'fr'->>'title', texts->'de' from item_metadata"
    assert await ask(blank, said) == [("Le film", '{"title": "Der Film"}')]
    other = new_id()
    await ask(
        blank,
        "insert into people (id, name, name_key, identified) values ($1, 'Ann', 'ann', true)",
        other,
    )
    await ask(
        blank,
        "insert into credits (id, item_id, person_id, kind, position)"
        " values ($1, $2, $3, 'cast', 0)",
        new_id(),
        film,
        other,
    )
    await migrate_to(blank, "20261124_counts", command.downgrade)
    assert await ask(blank, texts) == before
    assert await ask(blank, "select person_id from credits") == [(ann,)]
    assert await migrate(blank) == head()
    assert await differences(blank, metadata) == []


async def test_logos_go_and_nothing_else(blank: str) -> None:
    await migrate_to(blank, "20261126_logos")
    studio, collection = new_id(), new_id()
    await ask(blank, "insert into studios (id, name, slug) values ($1, 'Quiet', 'quiet')", studio)
    of_collection = "insert into collections (id, name, name_key) values ($1, 'Saga', 'saga')"
    await ask(blank, of_collection, collection)
    add = (
        "insert into artwork (id, studio_id, collection_id, kind, source, url)"
        " values ($1, $2, $3, 'logo', 'provider', 'https://p.test/x')"
    )
    await ask(blank, add, new_id(), studio, None)
    await ask(blank, add, kept := new_id(), None, collection)
    for owners in ((studio, collection), (None, None)):
        with pytest.raises(asyncpg.CheckViolationError):
            await ask(blank, add, new_id(), *owners)
    await migrate_to(blank, "20261125_metadata", command.downgrade)
    assert await ask(blank, "select id from artwork") == [(kept,)]
    assert await migrate(blank) == head()
    assert await differences(blank, metadata) == []


async def migrate_to(url: str, revision: str, change: Any = command.upgrade) -> None:
    """A database as an older version left it."""
    engine = create_async_engine(make_url(url).set(drivername="postgresql+asyncpg"))

    def upgrade(connection: Connection) -> None:
        config = alembic_config()
        config.attributes["connection"] = connection
        change(config, revision)

    try:
        async with engine.connect() as connection:
            await connection.run_sync(upgrade)
            await connection.commit()
    finally:
        await engine.dispose()
    assert await current(url) == revision


async def test_several_processes_at_once(blank: str) -> None:
    assert await asyncio.gather(*(migrate(blank) for _ in range(4))) == [head()] * 4
    assert await ask(blank, "select count(*) from alembic_version") == [(1,)]


async def test_it_waits_for_another_that_migrates(blank: str) -> None:
    other = await asyncpg.connect(dsn=blank)
    try:
        await other.execute("select pg_advisory_lock($1)", LOCK)
        task = asyncio.create_task(migrate(blank))
        await asyncio.sleep(0.3)
        assert not task.done()
        assert await current(blank) is None
        await other.execute("select pg_advisory_unlock($1)", LOCK)
        async with asyncio.timeout(30):
            assert await task == head()
    finally:
        await other.close()


async def test_the_lock_is_given_back(blank: str) -> None:
    await migrate(blank)
    assert await ask(blank, HELD_LOCKS) == [(0,)]


async def test_a_newer_database_is_refused(blank: str) -> None:
    await migrate(blank)
    await ask(blank, "update alembic_version set version_num = 'from_the_future'")
    with pytest.raises(TooNew, match="revision from_the_future, which this version does not know"):
        await migrate(blank)
    assert await current(blank) == "from_the_future"
    await ask(blank, "update alembic_version set version_num = $1", head())
    await migrate(blank)  # the refusal left no lock behind


async def test_statements_have_time_limits(blank: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A table that somebody else holds does not stop everybody behind the migration for ever."""
    await migrate(blank)
    monkeypatch.setattr(migrate_module, "LOCK_TIMEOUT", "200ms")
    holder = await asyncpg.connect(dsn=blank)
    try:
        async with holder.transaction():
            await holder.execute("lock table alembic_version in access exclusive mode")
            async with asyncio.timeout(10):
                with pytest.raises(Exception, match="lock timeout"):
                    await migrate(blank)
    finally:
        await holder.close()
    assert await migrate(blank) == head()


async def test_a_migration_that_fails_leaves_nothing(
    blank: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of it would be worse than none."""
    await ask(blank, "create table movies (id integer)")  # in the way
    with pytest.raises(Exception, match="already exists"):
        await migrate(blank)
    tables = "select table_name from information_schema.tables where table_schema = 'public'"
    assert set(await ask(blank, tables)) <= {("movies",), ("alembic_version",)}
    assert await ask(blank, HELD_LOCKS) == [(0,)]
    await ask(blank, "drop table movies")
    assert await migrate(blank) == head()
