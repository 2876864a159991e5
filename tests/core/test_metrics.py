"""Metrics: on a port of their own, under the names that dashboards know."""

import asyncio
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from app.container import Container
from app.core.access import SYSTEM
from app.core.ids import new_id
from app.core.jobs.table import jobs
from app.core.redis import RedisAway
from app.users.domain import UserId
from tests.conftest import wait_until

NAMES = {
    "search_queries": {"type", "backend"},
    "search_query_duration_seconds": {"type", "backend"},
    "http_requests": {"method", "path", "status"},
    "http_request_duration_seconds": {"method", "path"},
    "http_requests_in_flight": set(),
    "sessions_active_total": set(),
    "cache_hits": {"cache", "layer"},
    "cache_misses": {"cache", "layer"},
    "cache_operation_duration_seconds": {"cache", "operation"},
    "cache_size": {"cache"},
    "db_query_duration_seconds": {"operation"},
    "db_query_errors": {"operation"},
    "jobs_enqueued": {"job_type"},
    "jobs_completed": {"job_type", "status"},
    "jobs_duration_seconds": {"job_type"},
    "jobs_queue_size": {"queue", "state"},
    "library_scan_duration_seconds": {"library_id"},
    "library_files_scanned": {"library_id"},
    "library_scan_errors": {"library_id", "error_type"},
    "auth_attempts": {"method", "status"},
    "circuitbreaker_current_state": {"name"},
    "circuitbreaker_state_changes": {"name", "to_state"},
}


async def scraped(app: Container) -> dict[str, Any]:
    """Everything a scrape gets, by the name without the namespace."""
    server = app.metrics.serve("127.0.0.1", 0)
    try:
        async with httpx.AsyncClient() as client:
            answer = await client.get(f"http://127.0.0.1:{server.server_port}/metrics")
    finally:
        await asyncio.to_thread(server.shutdown)
        server.server_close()
    assert answer.status_code == 200
    families = text_string_to_metric_families(answer.text)
    return {family.name.removeprefix("revenge_"): family for family in families}


async def test_the_names_and_labels_that_dashboards_know(app: Container) -> None:
    found = await scraped(app)
    assert NAMES.keys() <= found.keys()
    declared = {
        name.removeprefix("revenge_").removesuffix("_total"): set(collector._labelnames)
        for collector, names in app.metrics.registry._collector_to_names.items()
        for name in names[:1]
        if hasattr(collector, "_labelnames")
    }
    for name, labels in NAMES.items():
        assert declared[name.removesuffix("_total")] == labels, name


async def test_statements_and_pools_are_measured(app: Container) -> None:
    await app.db.records(select(jobs.c.id))
    async with app.db.write(SYSTEM) as tx:
        await tx.execute(text("select 1"))
        sizes = await pools(app)
        assert sizes["write", "open"] > sizes["write", "idle"]
    sizes = await pools(app)
    assert sizes["read", "max"] == app.config.database.read_pool
    assert sizes["read", "open"] >= sizes["read", "idle"] >= 1
    assert sizes["write", "open"] == sizes["write", "idle"] >= 1
    timed = {
        sample.labels["operation"]: sample.value
        for sample in (await scraped(app))["db_query_duration_seconds"].samples
        if sample.name.endswith("_count")
    }
    assert timed["select"] >= 1
    assert timed["commit"] >= 1


async def test_writes_are_measured_and_their_failures_counted(app: Container) -> None:
    def failed(operation: str) -> float:
        return float(app.metrics.db_errors.labels(operation)._value.get())

    before = failed("insert"), failed("select")
    with pytest.raises(IntegrityError):
        await _break(app)
    assert (failed("insert"), failed("select")) == (before[0] + 1, before[1])
    timed = {
        sample.labels["operation"]
        for sample in (await scraped(app))["db_query_duration_seconds"].samples
    }
    assert {"select", "delete"} <= timed


async def _break(app: Container) -> None:
    async with app.db.write(SYSTEM) as tx:
        await tx.execute(text("delete from outbox"))
        await tx.execute(text("insert into outbox (id) values (null)"))


async def pools(app: Container) -> dict[tuple[str, str], float]:
    samples = (await scraped(app))["db_pool_connections"].samples
    return {(sample.labels["pool"], sample.labels["state"]): sample.value for sample in samples}


async def test_redis_is_measured(app: Container) -> None:
    await app.redis.client.set("somebody's", "key")
    await app.redis.measure()
    found = await scraped(app)
    assert found["redis_used_memory_bytes"].samples[0].value > 100_000
    assert found["redis_total_keys"].samples[0].value >= 1
    assert found["redis_commands_processed"].samples[0].value > 0
    app.redis._open = True
    try:
        with pytest.raises(RedisAway):
            await app.redis.measure()
    finally:
        app.redis._open = False


async def test_the_cache_times_redis(app: Container) -> None:
    await wait_until(lambda: app.live.healthy)
    before = await redis_times(app)
    await app.user_repository._by_ids([UserId(new_id())])
    await app.cache.settle()
    after = await redis_times(app)
    for operation in ("get", "set"):
        key = ("user", operation)
        assert after[key] == before.get(key, 0) + 1


async def redis_times(app: Container) -> dict[tuple[str, str], float]:
    samples = (await scraped(app))["cache_operation_duration_seconds"].samples
    return {
        (sample.labels["cache"], sample.labels["operation"]): sample.value
        for sample in samples
        if sample.name.endswith("_count")
    }
