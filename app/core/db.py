"""PostgreSQL: reads straight into Structs on an asyncpg pool, writes through `Tx` and only there.

Reads are SQLAlchemy Core statements, compiled once per shape. A read takes its own connection for
its own statement, because GraphQL fields run concurrently.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
import orjson
from sqlalchemy import URL, ExceptionContext, event, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.pool import QueuePool

from app.core.access import Viewer
from app.core.addresses import DRIVER
from app.core.asked import Asked
from app.core.combined import Combined
from app.core.config import DatabaseConfig
from app.core.handlers import Registry
from app.core.metrics import Metrics
from app.core.outbox import OutboxMessage, OutboxPublisher
from app.core.page import Keyset, Page, Sorted
from app.core.pgconnection import Connection
from app.core.pgfaults import GONE, LOST, translated
from app.core.readers import Readers
from app.core.recording import spoil
from app.core.rows import Record, structs_of
from app.core.statements import NOTHING_GIVEN, Question, Statement, Statements
from app.core.tables import metadata
from app.core.tx import Tx

T = TypeVar("T")

ANALYZE_TIMEOUT = 60
JSONB_VERSION = b"\x01"
OPERATIONS = ("select", "insert", "update", "delete")


class Database:
    """Both pools on one PostgreSQL."""

    def __init__(
        self, url: str, config: DatabaseConfig, registry: Registry, metrics: Metrics
    ) -> None:
        self._url = make_url(url)
        self._config = config
        self._registry = registry
        self._metrics = metrics
        self._reads = metrics.db_duration.labels("select")
        self._statements = Statements()
        self._combined = Combined(self._send)
        self._pool: asyncpg.Pool | None = None
        self._readers: Readers
        self._engine: AsyncEngine | None = None
        self._sessions: async_sessionmaker[AsyncSession] | None = None
        self.publisher: OutboxPublisher | None = None
        self.statements: Callable[[str], None] | None = None  # tests count statements here,
        self.sent: Callable[[str], None] | None = None  # and here what reads were sent as

    async def open(self) -> None:
        """Connect both pools. Raises Unavailable when PostgreSQL does not answer."""
        config = self._config
        with translated():
            self._pool = await asyncpg.create_pool(
                dsn=dsn(self._url),
                min_size=1,
                max_size=config.read_pool,
                timeout=config.connect_timeout,
                command_timeout=config.statement_timeout * 2,
                connection_class=Connection,
                init=_prepare_connection,
                # Nothing that runs on these leaves anything in its session (tests/core/
                # test_db_pool.py), so that there is nothing to reset after every read.
                reset=_leave,
                server_settings=self._server_settings(),
            )
        self._readers = Readers(self.pool, config.read_pool, config.connect_timeout)
        self._engine = create_async_engine(
            DRIVER,
            pool_size=config.write_pool,
            max_overflow=0,
            pool_timeout=config.connect_timeout,
            pool_pre_ping=True,
            hide_parameters=True,  # they are other people's titles, paths and hashes
            connect_args={
                "dsn": dsn(self._url),
                "timeout": config.connect_timeout,
                "server_settings": self._server_settings(),
            },
        )
        event.listen(self._engine.sync_engine, "before_cursor_execute", self._begins)
        event.listen(self._engine.sync_engine, "after_cursor_execute", self._ended)
        event.listen(self._engine.sync_engine, "handle_error", self._failed)
        self._sessions = async_sessionmaker(self._engine, expire_on_commit=False, autobegin=True)
        self._observe_pools()

    def _observe_pools(self) -> None:
        """Gauges that are read off the pools whenever somebody asks."""
        reads, writes = self.pool, self._engine.sync_engine.pool if self._engine else None
        gauge = self._metrics.pool_connections
        gauge.labels("read", "open").set_function(reads.get_size)
        gauge.labels("read", "idle").set_function(
            lambda: reads.get_idle_size() + self._readers.idle
        )
        gauge.labels("read", "max").set(self._config.read_pool)
        if isinstance(writes, QueuePool):
            gauge.labels("write", "open").set_function(
                lambda: writes.checkedin() + writes.checkedout()
            )
            gauge.labels("write", "idle").set_function(writes.checkedin)
        gauge.labels("write", "max").set(self._config.write_pool)

    def _server_settings(self) -> dict[str, str]:
        return self._unless_addressed(
            application_name="revenge",
            jit="off",
            # Reads are short and many: starting helpers costs more than they save.
            max_parallel_workers_per_gather="0",
            # Most pages are in memory: from a few hundred rows on it would read all of a table,
            # where it could look up the one that is wanted.
            random_page_cost="1.1",
            statement_timeout=str(int(self._config.statement_timeout * 1000)),
            idle_in_transaction_session_timeout="60000",
        ) | {"timezone": "UTC"}  # code counts on it

    def _unless_addressed(self, **settings: str) -> dict[str, str]:
        """Those of our settings that the address itself does not make."""
        return {name: value for name, value in settings.items() if name not in self._url.query}

    def _begins(self, _: Any, __: Any, statement: str, ___: Any, context: Any, *____: Any) -> None:
        if self.statements is not None:
            self.statements(statement)
        if context is not None:
            context.began = time.perf_counter()

    def _ended(self, _: Any, __: Any, statement: str, ___: Any, context: Any, *____: Any) -> None:
        if context is not None:
            took = time.perf_counter() - context.began
            self._metrics.db_duration.labels(_operation(statement)).observe(took)

    def _failed(self, context: ExceptionContext) -> None:
        self._metrics.db_errors.labels(_operation(context.statement or "")).inc()

    async def close(self) -> None:
        """Give all connections back; running statements get a moment."""
        if self._engine is not None:
            await self._engine.dispose()
        if self._pool is not None:
            try:
                await self._readers.close()
                await asyncio.wait_for(self._pool.close(), 3)
            except TimeoutError:
                self._pool.terminate()

    # -- reads

    def compile(self, statement: Statement, params: Mapping[str, Any] | None = None) -> Question:
        """A statement with its positional arguments."""
        return self._statements.compile(statement, params or NOTHING_GIVEN)

    async def records(
        self, statement: Statement, params: Mapping[str, Any] | None = None
    ) -> list[Record]:
        """Run a read. Raises Unavailable or TimedOut; a broken connection is tried once again."""
        question = self.compile(statement, params)
        if self.statements is not None:
            self.statements(question.sql)
        spoil()  # cached reads run where nothing is recorded
        try:
            return await self._combined.fetch(question)
        except Exception:
            self._metrics.db_errors.labels("select").inc()
            with translated():
                raise

    async def _send(self, sql: str, args: list[Any]) -> list[Record]:
        if self.sent is not None:
            self.sent(sql)
        started = time.perf_counter()
        try:
            found = await self._readers.fetch(sql, args)
        except LOST as error:
            if isinstance(error, ValueError):  # an argument, not the connection
                raise
            found = await self._readers.fetch(sql, args)
        self._reads.observe(time.perf_counter() - started)
        return found

    async def fetch(
        self,
        statement: Statement,
        params: Mapping[str, Any] | None = None,
        *,
        into: type[T],
    ) -> list[T]:
        """Rows as Structs: columns and fields share their names."""
        rows = await self.records(statement, params)
        return structs_of(rows, into)

    async def column(
        self, statement: Statement, params: Mapping[str, Any] | None = None
    ) -> list[Any]:
        """The first column of every row."""
        return [row[0] for row in await self.records(statement, params)]

    async def scalar(self, statement: Statement, params: Mapping[str, Any] | None = None) -> Any:
        """The first column of the first row, or None."""
        rows = await self.records(statement, params)
        return rows[0][0] if rows else None

    async def page(self, listed: Sorted | Asked, sort: str, page: Keyset) -> Page[UUID]:
        """One keyset page of a sorted list, or of one that a builder makes."""
        given: Mapping[str, Any] = NOTHING_GIVEN
        if isinstance(listed, Asked):
            listed, given = self._statements.built(listed)
        assert isinstance(listed, Sorted)  # noqa: S101 - what builders of lists make
        statement, place = listed.page(sort, page)
        return listed.read(sort, page, await self.records(statement, {**given, **place}))

    # -- writes

    @contextlib.asynccontextmanager
    async def write(self, viewer: Viewer) -> AsyncIterator[Tx]:
        """A transaction in the viewer's name: commits at the end, or leaves no trace."""
        assert self._sessions is not None, "Database.open() comes first"  # noqa: S101
        spoil()
        session = self._sessions()
        tx = Tx(session, self._registry, viewer)
        try:
            yield tx
            with translated():
                message = await tx.seal()
                with self._metrics.db_duration.labels("commit").time():
                    await session.commit()
        except BaseException:
            with contextlib.suppress(DBAPIError, *GONE):
                await session.rollback()
            raise
        finally:
            with translated():
                await asyncio.shield(session.close())
        for kind in tx.enqueued:
            self._metrics.jobs_enqueued.labels(kind).inc()
        await self._committed(message)

    async def analyze(self) -> None:
        """Bring the planner's statistics up to date. Raises Unavailable or TimedOut.

        For after much was written at once: PostgreSQL itself looks only once a minute, and until
        then plans as if the tables were as small as before.
        """
        tables = ", ".join(f'"{table.name}"' for table in metadata.sorted_tables)
        with translated():
            async with self.pool.acquire() as connection, connection.transaction():
                limit = f"set local statement_timeout = {ANALYZE_TIMEOUT * 1000}"
                await connection.execute(limit)
                await connection.execute(f"analyze {tables}", timeout=ANALYZE_TIMEOUT)

    async def _committed(self, message: OutboxMessage) -> None:
        if self.publisher is None:
            return
        self.publisher.transport.stale(message.tags)  # this process reads its own writes
        if not message.empty:
            await self.publisher.send(message)

    @property
    def pool(self) -> asyncpg.Pool:
        """The pool itself, for the ledger's prepared statements."""
        assert self._pool is not None, "Database.open() comes first"  # noqa: S101
        return self._pool

    @property
    def dsn(self) -> str:
        """The address with its password, for connections of one's own."""
        return dsn(self._url)

    async def connect(self) -> asyncpg.Connection:
        """A connection of one's own, for LISTEN. Raises OSError or asyncpg errors."""
        return await asyncpg.connect(
            dsn=dsn(self._url),
            timeout=self._config.connect_timeout,
            server_settings=self._unless_addressed(application_name="revenge-listen"),
        )

    async def ping(self) -> None:
        """Raise Unavailable when PostgreSQL does not answer."""
        assert self._pool is not None  # noqa: S101
        with translated():
            await asyncio.wait_for(self._pool.fetchval("select 1"), 2)


def dsn(url: URL | str) -> str:
    """The address as asyncpg reads it."""
    parsed = make_url(url) if isinstance(url, str) else url
    return parsed.set(drivername="postgresql").render_as_string(hide_password=False)


def _operation(statement: str) -> str:
    word = statement.split(None, 1)[0].lower() if statement else ""
    return word if word in OPERATIONS else "other"


async def _leave(_: asyncpg.Connection) -> None:
    """Leave the session as it is; asyncpg itself has ended whatever was open."""


async def _prepare_connection(connection: asyncpg.Connection) -> None:
    await connection.set_type_codec(
        "jsonb", schema="pg_catalog", encoder=_jsonb, decoder=_json, format="binary"
    )


# Binary, because records that are parts of a row have no other form. A byte, the version, stands
# before the text.


def _jsonb(text: str) -> bytes:
    return JSONB_VERSION + text.encode()


def _json(binary: bytes) -> Any:
    return orjson.loads(memoryview(binary)[len(JSONB_VERSION) :])
