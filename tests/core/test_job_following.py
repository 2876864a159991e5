"""Jobs that follow cache tags, and runs that do the work of others with their own."""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from app.container import Container
from app.core.access import SYSTEM
from app.core.clock import minutes
from app.core.handlers import MOST_FOLLOWED, Bound
from app.core.ids import new_id
from app.core.jobs import Job, job
from app.core.jobs.ledger import Ledger
from app.core.jobs.run import Run


@job("tests.following", timeout=minutes(1), follows=("cup", "plate"))
class Following(Job, frozen=True):
    """Something of the table has changed."""

    ids: Mapping[str, tuple[UUID, ...]]


async def _nothing(*_: Any) -> None: ...


@pytest.fixture(autouse=True)
def followed(app: Container) -> Iterator[None]:
    policy = Following.policy
    app.registry._bind(Bound(policy, Following, _nothing))
    yield
    del app.registry.bound[policy.name]
    app.registry.followers.remove(policy)


async def told(app: Container) -> list[dict[str, list[str]]]:
    """What jobs that wait were told."""
    rows = await app.db.column(
        text(
            "select args from jobs where kind = 'tests.following' and state = 'available'"
            " order by created_at, id"
        )
    )
    return [args["ids"] for args in rows]


async def touch(app: Container, *tags: str) -> None:
    async with app.db.write(SYSTEM) as tx:
        tx.touch(*tags)


async def test_a_commit_tells_of_the_tags_that_are_followed(app: Container) -> None:
    cup, plate = new_id(), new_id()
    await touch(app, "cups", f"cup:{cup}", f"plate:{plate}", f"fork:{new_id()}", f"cup:{cup}")
    assert await told(app) == [{"cup": [str(cup)], "plate": [str(plate)]}]


async def test_others_make_no_job(app: Container) -> None:
    await touch(app, "cups", "plate", f"fork:{new_id()}")

    async def failing() -> None:
        async with app.db.write(SYSTEM) as tx:
            tx.touch(f"cup:{new_id()}")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await failing()
    assert await told(app) == []


async def test_many_are_parted(app: Container) -> None:
    await touch(app, *(f"cup:{new_id()}" for _ in range(MOST_FOLLOWED + 7)))
    sizes = [len(ids["cup"]) for ids in await told(app)]
    assert sorted(sizes) == [7, MOST_FOLLOWED]


async def run_of(app: Container) -> Run:
    ledger = Ledger(app.db.pool, new_id())
    [mine] = await ledger.claim(Following.policy.queue, 1, 30)
    return Run(app.db, app.live, mine, ledger.worker)


async def test_a_run_does_what_waits_with_its_own(app: Container) -> None:
    cups = [new_id() for _ in range(5)]
    for cup in cups:
        await touch(app, f"cup:{cup}")
    run = await run_of(app)
    async with run.tx() as tx:
        others = await run.absorb(tx, Following, 3)
        await run.finish(tx)
    assert {one.ids["cup"] for one in others} == {(cup,) for cup in cups[1:4]}
    assert await told(app) == [{"cup": [str(cups[4])]}]


async def test_what_it_took_waits_again_when_it_fails(app: Container) -> None:
    for _ in range(3):
        await touch(app, f"cup:{new_id()}")
    run = await run_of(app)

    async def failing() -> None:
        async with run.tx() as tx:
            assert len(await run.absorb(tx, Following, 3)) == 2
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await failing()
    assert len(await told(app)) == 2


async def test_it_leaves_those_alone_that_are_not_due_or_run(app: Container) -> None:
    for _ in range(3):
        await touch(app, f"cup:{new_id()}")
    run, other = await run_of(app), await run_of(app)
    async with app.db.write(SYSTEM) as tx:
        later = "update jobs set run_at = now() + interval '1 hour' where state = 'available'"
        await tx.execute(text(later))
    async with run.tx() as tx:
        assert await run.absorb(tx, Following, 3) == []
    assert other.job.id != run.job.id


def test_what_follows_has_ids_and_nothing_else() -> None:
    with pytest.raises(TypeError, match="no other"):

        @job("tests.following_wrongly", follows=("cup",))
        class Wrong(Job, frozen=True):
            name: str
