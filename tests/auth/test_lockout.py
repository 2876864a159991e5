"""Lockout at the gate: what failures cost, whom they slow down and whom not."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text

from app.auth.domain import Entry, LoginSuccess
from app.container import Container
from app.core.access import SYSTEM, Client
from app.core.errors import Invalid, RateLimited
from tests.auth.gate import ELSEWHERE, HOME, PASSWORD, signed_in, try_
from tests.auth.people import person, rows
from tests.support.api import Api


async def test_five_failures_cost_time_and_more_each_time(app: Container) -> None:
    await person(app, "ann", password=PASSWORD)
    told = [await try_(app, HOME) for _ in range(5)]
    assert told == ["UNAUTHENTICATED"] * 5
    with pytest.raises(RateLimited) as first:
        await app.sign_in.password("ann", PASSWORD, Entry(client=HOME))  # even the right one waits
    assert 20 < (first.value.retry_after or 0) <= 30
    await pass_time(app, timedelta(seconds=31))
    assert await try_(app, HOME) == "UNAUTHENTICATED"
    with pytest.raises(RateLimited) as second:
        await app.sign_in.password("ann", PASSWORD, Entry(client=HOME))
    assert 50 < (second.value.retry_after or 0) <= 60
    await pass_time(app, timedelta(minutes=16))
    assert await try_(app, HOME, PASSWORD) == "ok"
    assert await rows(app, "select 1 from sign_in_attempts where at > now()") == []


async def pass_time(app: Container, much: timedelta) -> None:
    """Everything that was tried was tried earlier."""
    async with app.db.write(SYSTEM) as tx:
        statement = text("update sign_in_attempts set at = at - cast(:much as interval)")
        await tx.execute(statement, {"much": much})


async def test_fifty_at_once_are_five_tries(app: Container) -> None:
    await person(app, "ann", password=PASSWORD)
    told = await asyncio.gather(*(try_(app, HOME) for _ in range(50)))
    assert told.count("UNAUTHENTICATED") == 5
    assert told.count("RATE_LIMITED") == 45


async def test_s6_nobody_locks_out_somebody_elsewhere(app: Container) -> None:
    """A stranger's failures neither end sessions nor keep the user from the usual place out."""
    await person(app, "ann", password=PASSWORD)
    result = await app.sign_in.password("ann", PASSWORD, Entry(client=HOME))
    assert isinstance(result, LoginSuccess)
    for n in range(4):
        for _ in range(5):
            await try_(app, Client(f"198.51.100.{n}"))
    assert await try_(app, Client("192.0.2.9"), PASSWORD) == "RATE_LIMITED"  # a new place waits
    assert await try_(app, HOME, PASSWORD) == "ok"
    assert (await app.principals.viewer(result.tokens.access)).signed_in


async def test_one_address_with_many_names_waits_too(app: Container) -> None:
    told = [await try_(app, ELSEWHERE, name=f"user{n}") for n in range(21)]
    assert told == ["UNAUTHENTICATED"] * 20 + ["RATE_LIMITED"]
    await person(app, "ann", password=PASSWORD)
    assert await try_(app, HOME, PASSWORD) == "ok"


@pytest.mark.parametrize("home", ["2001:db8:7::1", "::ffff:203.0.113.9"])
async def test_s6_a_known_place_may_be_one_of_ipv6(app: Container, home: str) -> None:
    await person(app, "ann", password=PASSWORD)
    assert await try_(app, Client(home), PASSWORD) == "ok"
    for n in range(4):
        for _ in range(5):
            await try_(app, Client(f"198.51.100.{n}"))
    assert await try_(app, Client("192.0.2.9"), PASSWORD) == "RATE_LIMITED"
    assert await try_(app, Client(home), PASSWORD) == "ok"


async def test_a_provider_of_ipv6_gives_one_place(app: Container) -> None:
    await person(app, "ann", password=PASSWORD)
    for n in range(5):
        assert await try_(app, Client(f"2001:db8::{n}")) == "UNAUTHENTICATED"
    assert await try_(app, Client("2001:db8::ffff:1")) == "RATE_LIMITED"
    assert await try_(app, Client("2001:db8:1::1")) == "UNAUTHENTICATED"


async def test_names_that_are_tried_are_not_stored(app: Container) -> None:
    """People type passwords where their name belongs."""
    await try_(app, HOME, name="my-secret-password")
    dump = await rows(app, "select row_to_json(a)::text from sign_in_attempts a")
    dump += await rows(app, "select row_to_json(a)::text from activity_log a")
    assert dump
    assert "my-secret-password" not in str(dump)


async def test_changing_a_password_counts_failures_too(app: Container, api: Api) -> None:
    user = await person(app, "ann", password=PASSWORD)
    viewer = (await signed_in(app, user))[1]
    for _ in range(5):
        with pytest.raises(Invalid):
            await app.accounts.change_password(viewer, "wrong", "something else entirely")
    with pytest.raises(RateLimited):
        await app.accounts.change_password(viewer, PASSWORD, "something else entirely")
    with pytest.raises(RateLimited):
        await app.accounts.reauthenticate(viewer, PASSWORD)


async def test_failures_and_successes_are_logged(app: Container) -> None:
    user = await person(app, "ann", password=PASSWORD)
    await try_(app, HOME)
    await try_(app, HOME, PASSWORD)
    logged = await rows(
        app,
        "select actor_id, resource_id, success, address from activity_log"
        " where action = 'user.login' order by id",
    )
    assert logged == [
        (None, user.id, False, HOME.address),
        (user.id, user.id, True, HOME.address),
    ]
