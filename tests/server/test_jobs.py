"""The ledger in the API: listing, trying again, cancelling, following."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from app.container import Container
from app.core.access import ANONYMOUS, SYSTEM, Permission, Viewer
from app.core.errors import Unauthenticated
from app.core.ids import encode_id, new_id
from app.core.jobs.cancel import CONTROL
from app.core.jobs.ledger import Ledger
from app.rbac.domain import BuiltIn
from app.server.domain import JobState
from tests.auth.people import rows, until
from tests.support.api import Api
from tests.support.people import People

LIST = """
query($state: JobState, $kind: String, $queue: JobQueue, $first: Int! = 20, $after: String) {
  jobs(state: $state, kind: $kind, queue: $queue, first: $first, after: $after) {
    totalCount nodes { id kind } pageInfo { hasNextPage endCursor }
  }
}
"""
ONE = """
query($id: ID!) { job(id: $id) {
  id kind queue state attempt maxAttempts failures progress { fraction note }
  errors { attempt error at } runAt createdAt startedAt finishedAt cancelRequested
} }
"""
NODE = "query($id: ID!) { node(id: $id) { __typename ... on Job { kind } } }"
RETRY = "mutation($id: ID!) { retryJob(id: $id) { state failures cancelRequested finishedAt } }"
CANCEL = "mutation($id: ID!) { cancelJob(id: $id) { state cancelRequested finishedAt } }"
WATCH = "subscription($id: ID) { jobUpdated(id: $id) { id state } }"
INSERT = text("""
insert into jobs (id, kind, queue, args, unique_key, state, max_attempts, attempt, failures,
                  errors, progress, finished_at)
values (:id, :kind, :queue, '{"secret": "never shown"}', :key, :state, 5, :attempt, :attempt,
        cast(:errors as jsonb), cast(:progress as jsonb),
        case when :state in ('completed', 'cancelled', 'discarded') then now() end)
""")
ADMIN = Viewer(user_id=new_id(), username="root", permissions=frozenset(Permission))


async def add(app: Container, state: str = "available", **values: Any) -> UUID:
    job_id = new_id()
    row = {
        "id": job_id,
        "kind": "tests.work",
        "queue": "default",
        "key": None,
        "state": state,
        "attempt": 0,
        "errors": "[]",
        "progress": None,
    }
    async with app.db.write(SYSTEM) as tx:
        await tx.execute(INSERT, {**row, **values})
    return job_id


def ref(job_id: UUID) -> str:
    return encode_id("job", job_id)


async def state_of(app: Container, job_id: UUID) -> str:
    [(state,)] = await rows(app, f"select state from jobs where id = '{job_id}'")
    return str(state)


async def test_jobs_are_listed_newest_first_in_pages(
    api: Api, people: People, app: Container
) -> None:
    lister = await people.make(BuiltIn.MODERATOR)
    async with app.db.write(SYSTEM) as tx:
        await tx.execute(text("delete from jobs"))  # what a new account caused
    made = [ref(await add(app, kind=f"tests.{n % 2}")) for n in range(5)]
    first = (await api.run(LIST, viewer=lister, first=3))["jobs"]
    assert [node["id"] for node in first["nodes"]] == made[:1:-1]
    assert first["totalCount"] == 5
    assert first["pageInfo"]["hasNextPage"]
    after = first["pageInfo"]["endCursor"]
    rest = (await api.run(LIST, viewer=lister, first=3, after=after))["jobs"]
    assert [node["id"] for node in rest["nodes"]] == made[1::-1]
    assert not rest["pageInfo"]["hasNextPage"]


async def test_a_page_costs_the_same_sql_for_one_and_many(
    api: Api, people: People, app: Container
) -> None:
    lister = await people.make(BuiltIn.MODERATOR)
    for _ in range(10):
        await add(app)
    counts = []
    for first in (1, 10):
        seen: list[str] = []
        app.db.statements = lambda s, seen=seen: seen.append(s) if "FROM jobs" in s else None
        await api.run(LIST, viewer=lister, first=first)
        app.db.statements = None
        counts.append(len(seen))
    assert counts == [3, 3]  # the page, the rows, the count


async def test_jobs_are_filtered(api: Api, people: People, app: Container) -> None:
    lister = await people.make(BuiltIn.MODERATOR)
    done = await add(app, "completed", kind="tests.a", queue="low")
    await add(app, kind="tests.b", queue="low")
    await add(app, kind="tests.a", queue="bulk")

    async def found(**filters: Any) -> list[str]:
        page = (await api.run(LIST, viewer=lister, **filters))["jobs"]
        assert page["totalCount"] == len(page["nodes"])
        return [node["id"] for node in page["nodes"]]

    assert await found(state="COMPLETED") == [ref(done)]
    assert len(await found(queue="LOW")) == 2
    assert len(await found(kind="tests.a")) == 2
    assert await found(kind="tests.a", queue="LOW", state="AVAILABLE") == []


async def test_a_job_tells_all_but_its_arguments(api: Api, people: People, app: Container) -> None:
    lister = await people.make(BuiltIn.MODERATOR)
    errors = [
        {"attempt": n, "error": f"went wrong {n}", "at": f"2026-01-01T00:00:0{n}+00:00"}
        for n in (2, 3, 1)
    ]
    job_id = await add(
        app,
        "retryable",
        attempt=3,
        errors=json.dumps(errors),
        progress='{"fraction": 0.25, "note": "folder 3"}',
    )
    shown = (await api.run(ONE, viewer=lister, id=ref(job_id)))["job"]
    assert shown["state"] == "RETRYABLE"
    assert shown["queue"] == "DEFAULT"
    assert (shown["attempt"], shown["maxAttempts"], shown["failures"]) == (3, 5, 3)
    assert shown["progress"] == {"fraction": 0.25, "note": "folder 3"}
    assert [error["error"] for error in shown["errors"]] == [f"went wrong {n}" for n in (3, 2, 1)]
    assert shown["errors"][0]["at"] == "2026-01-01T00:00:03.000Z"
    assert shown["finishedAt"] is None
    assert "never shown" not in str(shown)


async def test_a_job_is_shown_to_those_who_may_list_jobs_alone(
    api: Api, people: People, app: Container
) -> None:
    lister = await people.make(BuiltIn.MODERATOR)
    job_id = ref(await add(app))
    for viewer, code in ((None, "UNAUTHENTICATED"), (await people.make(), "FORBIDDEN")):
        assert (await api.run(NODE, viewer=viewer, id=job_id))["node"] is None
        for query in (LIST, ONE, RETRY, CANCEL):
            error = await api.fails(
                query, viewer=viewer, **({} if query is LIST else {"id": job_id})
            )
            assert error.code == code
    assert (await api.run(NODE, viewer=lister, id=job_id))["node"]["kind"] == "tests.work"
    assert (await api.run(ONE, viewer=lister, id=ref(new_id())))["job"] is None


@pytest.mark.parametrize("mutation", [RETRY, CANCEL])
async def test_listing_is_not_managing_and_the_try_leaves_no_trace(
    api: Api, people: People, app: Container, mutation: str
) -> None:
    lister = await people.make(BuiltIn.MODERATOR)
    job_id = await add(app, "available" if mutation is CANCEL else "discarded")
    before = await rows(app, "select row_to_json(j)::text from jobs j")
    events = await rows(app, "select id from outbox")
    assert (await api.fails(mutation, viewer=lister, id=ref(job_id))).code == "FORBIDDEN"
    assert await rows(app, "select row_to_json(j)::text from jobs j") == before
    assert await rows(app, "select id from outbox") == events


@pytest.mark.parametrize("state", ["completed", "cancelled", "discarded"])
async def test_what_is_over_can_be_tried_again(
    api: Api, people: People, app: Container, state: str
) -> None:
    admin = await people.admin()
    job_id = await add(app, state, attempt=5)
    shown = (await api.run(RETRY, viewer=admin, id=ref(job_id)))["retryJob"]
    assert shown == {
        "state": "AVAILABLE",
        "failures": 0,
        "cancelRequested": False,
        "finishedAt": None,
    }
    [claimed] = await Ledger(app.db.pool, new_id()).claim("default", 5, 30)
    assert (claimed.id, claimed.attempt) == (job_id, 6)  # the fence only ever grows


@pytest.mark.parametrize("state", ["available", "retryable", "running"])
async def test_what_is_not_over_cannot_be_tried_again(
    api: Api, people: People, app: Container, state: str
) -> None:
    admin = await people.admin()
    job_id = await add(app, state)
    error = await api.fails(RETRY, viewer=admin, id=ref(job_id))
    assert error.code == "CONFLICT"
    assert await state_of(app, job_id) == state


@pytest.mark.parametrize("state", ["available", "retryable", "running"])
async def test_an_equal_job_under_way_forbids_another(
    api: Api, people: People, app: Container, state: str
) -> None:
    admin = await people.admin()
    job_id = await add(app, "discarded", key=b"same")
    await add(app, state, key=b"same")
    error = await api.fails(RETRY, viewer=admin, id=ref(job_id))
    assert error.code == "CONFLICT"
    assert "equal" in error.message
    assert await state_of(app, job_id) == "discarded"


@pytest.mark.parametrize("state", ["available", "retryable"])
async def test_a_waiting_job_is_cancelled_at_once(
    api: Api, people: People, app: Container, state: str
) -> None:
    admin = await people.admin()
    job_id = await add(app, state)
    shown = (await api.run(CANCEL, viewer=admin, id=ref(job_id)))["cancelJob"]
    assert shown["state"] == "CANCELLED"
    assert shown["cancelRequested"] is False
    assert shown["finishedAt"] is not None
    assert await Ledger(app.db.pool, new_id()).claim("default", 5, 30) == []


async def test_a_running_job_is_asked_to_stop(api: Api, people: People, app: Container) -> None:
    admin = await people.admin()
    job_id = await add(app)
    ledger = Ledger(app.db.pool, new_id())
    [claimed] = await ledger.claim("default", 1, 30)
    await until(lambda: app.live.healthy)
    async with app.live.subscribe(CONTROL) as control:
        shown = (await api.run(CANCEL, viewer=admin, id=ref(job_id)))["cancelJob"]
        assert (shown["state"], shown["cancelRequested"]) == ("RUNNING", True)
        message = await asyncio.wait_for(anext(control), 3)
    assert (message.name, message.payload) == ("job.cancel", {"job_id": str(job_id)})
    assert await ledger.renew([(job_id, claimed.attempt)], 30) == {job_id: True}


@pytest.mark.parametrize("state", ["completed", "cancelled", "discarded"])
async def test_what_is_over_cannot_be_cancelled(
    api: Api, people: People, app: Container, state: str
) -> None:
    admin = await people.admin()
    job_id = await add(app, state)
    assert (await api.fails(CANCEL, viewer=admin, id=ref(job_id))).code == "CONFLICT"
    assert await state_of(app, job_id) == state


@pytest.mark.parametrize("mutation", [RETRY, CANCEL])
async def test_what_is_not_there_is_not_found(api: Api, people: People, mutation: str) -> None:
    admin = await people.admin()
    assert (await api.fails(mutation, viewer=admin, id=ref(new_id()))).code == "NOT_FOUND"
    assert (await api.fails(mutation, viewer=admin, id=encode_id("movie", new_id()))).code == (
        "INVALID"
    )


# -- following


async def subscribed(app: Container) -> None:
    """Until Redis knows that this process listens to the topic."""
    channel = app.live._prefix + "jobs"
    async with asyncio.timeout(10):
        while dict(await app.redis.client.pubsub_numsub(channel)).get(channel.encode()) != 1:
            await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def following(app: Container, only: UUID | None) -> AsyncIterator[list[tuple[UUID, ...]]]:
    """The bursts that a subscriber is given."""
    await until(lambda: app.live.healthy)
    bursts: list[tuple[UUID, ...]] = []

    async def follow() -> None:
        async for burst in app.jobs.changes(only):
            bursts.append(burst)  # noqa: PERF401 - as they come

    task = asyncio.create_task(follow())
    await subscribed(app)
    try:
        yield bursts
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await until(lambda: "jobs" not in app.live._topics)


async def test_a_burst_of_one_job_is_told_once(app: Container) -> None:
    one, other = new_id(), new_id()
    async with following(app, None) as bursts:
        for _ in range(20):
            await app.live.publish("jobs", "job.progress", {"job_ids": [str(one)]})
        await app.live.publish("jobs", "job.progress", {"job_ids": [str(other)]})
        await until(lambda: {i for burst in bursts for i in burst} == {one, other})
        assert sum(burst.count(one) for burst in bursts) < 10
        await asyncio.sleep(0.2)
        told = len(bursts)
        await app.live.publish("jobs", "job.ended", {"job_ids": [str(one)]})
        await until(lambda: len(bursts) == told + 1)
        assert bursts[-1] == (one,)


async def test_one_job_is_followed_alone_and_nonsense_is_passed_over(app: Container) -> None:
    one, other = new_id(), new_id()
    async with following(app, one) as bursts:
        for payload in ({}, {"job_ids": 7}, {"job_ids": ["x"]}, {"job_ids": [str(other)]}):
            await app.live.publish("jobs", "job.progress", payload)
        await app.live.publish("jobs", "job.progress", {"job_ids": [str(one)]})
        await until(lambda: bursts)
        assert bursts == [(one,)]


async def test_a_lag_tells_the_followed_job_again(app: Container) -> None:
    one = new_id()
    async with following(app, one) as bursts:
        for subscription in app.live._topics["jobs"]:
            subscription.lag()
        await app.live.publish("jobs", "job.progress", {"job_ids": [str(new_id())]})
        await until(lambda: bursts)
        assert bursts == [(one,)]


class Asking:
    """Info as a resolver sees it, with a viewer whose rights can change."""

    def __init__(self, app: Container, viewer: Viewer) -> None:
        self.app, self.viewer = app, viewer


async def test_a_subscription_yields_the_job_as_it_stands_until_rights_end(
    app: Container,
) -> None:
    from app.server.graphql import ServerSubscriptions

    job_id = await add(app)
    await until(lambda: app.live.healthy)
    info: Any = Asking(app, ADMIN)
    resolver = ServerSubscriptions.__strawberry_definition__.fields[0].base_resolver.wrapped_func  # type: ignore[attr-defined]
    stream = await resolver(ServerSubscriptions(), info, id=ref(job_id))
    waiting = asyncio.create_task(anext(stream))
    await subscribed(app)
    await app.jobs.cancel(ADMIN, job_id)  # tells of it by its event
    job = await asyncio.wait_for(waiting, 5)
    assert (job.id, job.state) == (job_id, JobState.CANCELLED)
    info.viewer = ANONYMOUS
    waiting = asyncio.create_task(anext(stream))
    await asyncio.sleep(0.05)
    await app.jobs.retry(ADMIN, job_id)
    with pytest.raises(Unauthenticated):
        await asyncio.wait_for(waiting, 5)
    await until(lambda: "jobs" not in app.live._topics)
