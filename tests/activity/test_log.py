"""The activity log: what is written, who reads what of it, how it is found and forgotten."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.container import Container
from app.core.access import SYSTEM
from app.core.errors import Code
from app.core.ids import encode_id, new_id
from app.core.live import Live
from app.core.page import Keyset
from app.rbac.domain import BuiltIn
from tests.activity.entries import Done, from_somewhere, iso, row, write
from tests.support.api import Api
from tests.support.library import Shelves
from tests.support.people import People

LIST = """
query($filter: ActivityFilter, $first: Int! = 20, $after: String) {
  activity(filter: $filter, first: $first, after: $after) {
    totalCount pageInfo { hasNextPage endCursor }
    nodes { id at action actor { id username } actorName resourceType resourceId changes
            address agent success problem }
  }
}
"""
MINE = """
query($first: Int! = 20, $after: String) { myActivity(first: $first, after: $after) {
  totalCount pageInfo { hasNextPage endCursor }
  nodes { id action actor { id } actorName address agent apiKeyId changes }
} }
"""
NODE = "query($id: ID!) { node(id: $id) { ... on Activity { id action address } } }"
STATS = """
query($since: DateTime, $until: DateTime) { activityStats(since: $since, until: $until) {
  since until total failures users byAction { action total failures } byDay { day total failures }
} }
"""


async def log_of(api: Api, viewer: Any, **variables: Any) -> list[dict[str, Any]]:
    nodes: list[dict[str, Any]] = (await api.run(LIST, viewer, **variables))["activity"]["nodes"]
    return nodes


async def test_an_entry_says_who_did_what_from_where(
    app: Container, api: Api, people: People
) -> None:
    admin, thing = await people.admin(), new_id()
    viewer = from_somewhere(await people.viewer(admin))
    async with app.db.write(viewer) as tx:
        tx.emit(Done(thing_id=thing, changes={"name": ["Old", "New"]}))
    async with app.db.write(viewer) as tx:
        tx.emit(Done(thing_id=thing, success=False, problem="It was too heavy."))
    failed, done = await log_of(api, admin)
    assert done["actor"] == {"id": admin.ref, "username": admin.username}
    assert done["actorName"] == admin.username
    assert (done["address"], done["agent"]) == ("192.0.2.7", "A Browser")
    assert done["resourceId"] == encode_id("thing", thing)
    assert (done["changes"], done["success"], done["problem"]) == (
        {"name": ["Old", "New"]},
        True,
        None,
    )
    assert (failed["success"], failed["problem"]) == (False, "It was too heavy.")
    assert abs(datetime.fromisoformat(done["at"]) - datetime.now(UTC)) < timedelta(minutes=1)


async def fail(app: Container) -> None:
    async with app.db.write(SYSTEM) as tx:
        tx.emit(Done(thing_id=new_id()))
        raise ZeroDivisionError


async def test_what_was_not_done_is_not_logged(app: Container, api: Api, people: People) -> None:
    admin = await people.admin()
    with pytest.raises(ZeroDivisionError):
        await fail(app)
    assert await log_of(api, admin) == []


async def test_libraries_leave_entries(api: Api, people: People, tmp_path: Any) -> None:
    """Creating, changing, scanning and deleting one; folders are counted, not named."""
    admin = await people.admin()
    data = await api.run(
        'mutation($f: [String!]!) { createLibrary(input: {name: "Films", kind: MOVIES,'
        " folders: $f}) { id } }",
        admin,
        f=[str(tmp_path)],
    )
    library = data["createLibrary"]["id"]
    for operation in (
        'updateLibrary(id: $id, input: {name: "Cinema", enabled: true}) { id }',
        "scanLibrary(libraryId: $id) { id }",
        "deleteLibrary(id: $id)",
    ):
        await api.run(f"mutation($id: ID!) {{ {operation} }}", admin, id=library)
    entries = (await log_of(api, admin))[::-1]
    assert [(e["action"], e["changes"]) for e in entries] == [
        ("library.create", {"name": "Films", "kind": "movies", "folders": 1}),
        ("library.update", {"name": ["Films", "Cinema"]}),
        ("library.scan", {"kind": "incremental"}),
        ("library.delete", {"name": "Cinema"}),
    ]
    assert {e["resourceId"] for e in entries} == {library}
    assert {e["actor"]["id"] for e in entries} == {admin.ref}
    assert str(tmp_path) not in str(entries)


async def test_a_refused_change_leaves_no_entry(api: Api, people: People) -> None:
    admin, user = await people.admin(), await people.make()
    wanted = 'mutation { createLibrary(input: {name: "X", kind: MOVIES, folders: ["/x"]}) { id } }'
    await api.fails(wanted, user)
    await api.fails(wanted, admin)  # there is no such folder
    assert await log_of(api, admin) == []


async def test_it_is_paged_newest_first(app: Container, api: Api, people: People) -> None:
    admin = await people.admin()
    ids = await write(app, *(row(f"tests.{n}") for n in range(5)))
    refs = [encode_id("activity", i) for i in reversed(ids)]
    page = (await api.run(LIST, admin, first=3))["activity"]
    assert [n["id"] for n in page["nodes"]] == refs[:3]
    assert (page["totalCount"], page["pageInfo"]["hasNextPage"]) == (5, True)
    rest = (await api.run(LIST, admin, first=3, after=page["pageInfo"]["endCursor"]))["activity"]
    assert [n["id"] for n in rest["nodes"]] == refs[3:]
    assert not rest["pageInfo"]["hasNextPage"]


async def test_every_filter(app: Container, api: Api, people: People) -> None:
    admin, user = await people.admin(), await people.make()
    library, now = new_id(), datetime.now(UTC)
    rows = [
        row("library.scan", actor_id=user.id, resource_type="library", resource_id=library),
        row("user.login", success=False, address="192.0.2.1", problem="Wrong."),
        row("user.login", at=now - timedelta(days=3), address="2001:db8::1"),
        row("library.delete", actor_id=admin.id, resource_type="library", resource_id=new_id()),
    ]
    scan, failed, old, deleted = (encode_id("activity", i) for i in await write(app, *rows))
    cases: list[tuple[dict[str, Any], list[str]]] = [
        ({}, [deleted, old, failed, scan]),
        ({"userId": user.ref}, [scan]),
        ({"actions": ["user.login", "library.scan"]}, [old, failed, scan]),
        ({"actions": []}, []),
        ({"resourceType": "library"}, [deleted, scan]),
        ({"resourceId": encode_id("library", library)}, [scan]),
        ({"resourceId": encode_id("movie", library)}, []),
        ({"success": False}, [failed]),
        ({"success": True}, [deleted, old, scan]),
        ({"address": "192.0.2.1"}, [failed]),
        ({"since": iso(now - timedelta(days=1))}, [deleted, failed, scan]),
        ({"until": iso(now - timedelta(days=1))}, [old]),
        ({"success": True, "actions": ["user.login"]}, [old]),
    ]
    for wanted, expected in cases:
        page = (await api.run(LIST, admin, filter=wanted))["activity"]
        assert [n["id"] for n in page["nodes"]] == expected, wanted
        assert page["totalCount"] == len(expected), wanted


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"userId": encode_id("movie", new_id())}, "userId"),
        ({"resourceId": "nonsense"}, "resourceId"),
        ({"resourceId": encode_id("movie", new_id()), "resourceType": "user"}, "resourceId"),
        ({"actions": ["x"] * 51}, "actions"),
        ({"actions": ["x" * 101]}, "actions"),
        ({"address": ""}, "address"),
        ({"resourceType": "a\nb"}, "resourceType"),
    ],
)
async def test_bad_filters_are_refused(
    wanted: dict[str, Any], field: str, api: Api, people: People
) -> None:
    error = await api.fails(LIST, await people.admin(), filter=wanted)
    assert (error.code, error.field) == (Code.INVALID, field)


async def test_one_sees_ones_own_entries_and_what_was_done_to_one(
    app: Container, api: Api, people: People
) -> None:
    """Not who did it, and not from where; and nothing at all of others."""
    admin, alice, bob = await people.admin(), await people.make(), await people.make()
    here = {"address": "192.0.2.1", "agent": "Hers"}
    there = {"address": "198.51.100.1", "agent": "The office", "actor_name": admin.username}
    about = {"resource_type": "user", "resource_id": alice.id}
    ids = await write(
        app,
        row("tests.own", actor_id=alice.id, actor_name=alice.username, **here),
        row("tests.about", actor_id=admin.id, changes={"role": "guest"}, **about, **there),
        row("tests.self", actor_id=alice.id, **about, **here),
        row("tests.stranger", **about, **there),
        row("tests.others", actor_id=bob.id, resource_type="user", resource_id=bob.id),
        row("tests.thing", actor_id=bob.id, resource_type="library", resource_id=alice.id),
    )
    page = (await api.run(MINE, alice))["myActivity"]
    assert [n["action"] for n in page["nodes"]] == [
        "tests.stranger",
        "tests.self",
        "tests.about",
        "tests.own",
    ]
    assert page["totalCount"] == 4
    assert "198.51.100.1" not in str(page)
    assert "The office" not in str(page)
    assert admin.username not in str(page)
    assert page["nodes"][3]["address"] == "192.0.2.1"
    assert page["nodes"][2]["changes"] == {"role": "guest"}
    refs = [encode_id("activity", i) for i in ids]
    shown = [(await api.run(NODE, alice, id=ref))["node"] for ref in refs]
    assert [node is not None for node in shown] == [True, True, True, True, False, False]
    assert shown[1]["address"] is None
    assert (await api.run(NODE, admin, id=refs[1]))["node"]["address"] == "198.51.100.1"
    assert (await api.run(NODE, None, id=refs[0]))["node"] is None


async def test_ones_own_entries_are_paged(app: Container, api: Api, people: People) -> None:
    alice = await people.make()
    about = {"resource_type": "user", "resource_id": alice.id}
    rows = [row(f"t.{n}", **(about if n % 2 else {"actor_id": alice.id})) for n in range(7)]
    await write(app, *rows)
    found: list[str] = []
    after = None
    while True:
        page = (await api.run(MINE, alice, first=2, after=after))["myActivity"]
        found += [n["action"] for n in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert found == [f"t.{n}" for n in reversed(range(7))]


async def test_ones_own_entries_come_out_of_indexes(
    app: Container, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many entries others have: nothing of theirs is looked at."""
    alice, bob = await people.make(), await people.make()
    await write(app, *(row(actor_id=bob.id) for _ in range(3000)))
    await write(app, *(row(actor_id=alice.id) for _ in range(3)))
    await app.db.analyze()
    plans: list[str] = []
    read = app.db.records

    async def explained(statement: Any, params: Any = None) -> Any:
        question = app.db.compile(statement, params)
        lines = await app.db.pool.fetch(f"explain (analyze) {question.sql}", *question.args)
        plans.append("\n".join(line[0] for line in lines))
        return await read(statement, params)

    viewer = await people.viewer(alice)
    monkeypatch.setattr(app.db, "records", explained)
    page = await app.activity.own_page(viewer, Keyset(first=2))
    assert len(page.ids) == 2
    [plan] = plans
    assert "Seq Scan" not in plan, plan
    assert "Rows Removed by Filter" not in plan, plan


async def test_libraries_out_of_sight_are_out_of_the_log(
    app: Container, api: Api, people: People
) -> None:
    shelves = Shelves(app)
    shown, hidden = await shelves.library("Shown"), await shelves.library("Hidden")
    await app.cache.settle()
    async with app.db.write(SYSTEM) as tx:
        await tx.execute(text("delete from activity_log"))
    moderator = await people.make(BuiltIn.MODERATOR, libraries=[shown.id])
    admin = await people.admin()
    async with app.db.write(SYSTEM) as tx:
        await tx.execute(text("delete from activity_log"))
    _, secret, _ = await write(
        app,
        row("library.scan", resource_type="library", resource_id=shown.id),
        row("library.update", resource_type="library", resource_id=hidden.id),
        row("user.login"),
    )
    assert [e["action"] for e in await log_of(api, moderator)] == ["user.login", "library.scan"]
    assert (await api.run(LIST, moderator))["activity"]["totalCount"] == 2
    assert len(await log_of(api, admin)) == 3
    ref = encode_id("activity", secret)
    assert (await api.run(NODE, moderator, id=ref))["node"] is None
    assert (await api.run(NODE, admin, id=ref))["node"] is not None
    assert (await api.run(STATS, moderator))["activityStats"]["total"] == 2


async def test_statistics_add_it_up_in_one_statement(
    app: Container, api: Api, people: People
) -> None:
    admin, user = await people.admin(), await people.make()
    day = datetime(2026, 3, 10, 12, tzinfo=UTC)
    await write(
        app,
        row("user.login", at=day, actor_id=user.id),
        row("user.login", at=day, success=False),
        row("library.scan", at=day + timedelta(days=1), actor_id=admin.id),
        row("library.scan", at=day + timedelta(days=1), actor_id=user.id),
        row("user.login", at=day + timedelta(days=2)),  # at `until`: no longer in it
        row("user.login", at=day - timedelta(seconds=1)),
    )
    seen: list[str] = []
    app.db.statements = lambda sql: seen.append(sql) if "activity_log" in sql else None
    until = day + timedelta(days=2)
    found = (await api.run(STATS, admin, since=iso(day), until=iso(until)))["activityStats"]
    app.db.statements = None
    assert len(seen) == 1
    assert (found["total"], found["failures"], found["users"]) == (4, 1, 2)
    done = {a["action"]: (a["total"], a["failures"]) for a in found["byAction"]}
    assert done["user.login"] == (2, 1)
    assert done["library.scan"] == (2, 0)
    assert done["library.create"] == (0, 0)  # known, though it was never done
    assert "tests.done" not in done
    assert [(d["day"][:10], d["total"], d["failures"]) for d in found["byDay"]] == [
        ("2026-03-10", 2, 1),
        ("2026-03-11", 2, 0),
    ]


async def test_statistics_have_a_bounded_period(api: Api, people: People) -> None:
    admin, now = await people.admin(), datetime.now(UTC)
    empty = (await api.run(STATS, admin))["activityStats"]
    assert (empty["total"], empty["byDay"]) == (0, [])
    for since in (now - timedelta(days=367), now + timedelta(days=1)):
        error = await api.fails(STATS, admin, since=iso(since), until=iso(now))
        assert (error.code, error.field) == (Code.INVALID, "since")


async def test_new_entries_are_heard(app: Container, people: People, redis_url: str) -> None:
    live: Live = app.live
    assert live.healthy
    feed = app.activity.added()
    waiting = asyncio.ensure_future(anext(feed))
    await asyncio.sleep(0.2)
    async with app.db.write(SYSTEM) as tx:
        tx.emit(Done(thing_id=new_id()))
    async with asyncio.timeout(5):
        [entry_id] = await waiting
    await feed.aclose()
    entries = await app.activity.by_ids(SYSTEM, [entry_id])
    assert entries[entry_id].action == "tests.done"


async def test_old_entries_are_forgotten_in_batches(
    app: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.activity.service.BATCH", 4)
    now = app.clock.now()
    old, kept = now - timedelta(days=90, minutes=1), now - timedelta(days=89)
    await write(app, *(row("t.old", at=old) for _ in range(10)), row("t.kept", at=kept))
    rounds, more = 0, True
    while more:
        async with app.db.write(SYSTEM) as tx:
            more = await app.activity.forget(tx)
        rounds += 1
    assert rounds == 3
    left = await app.db.column(text("select action from activity_log"))
    assert left == ["t.kept"]


async def test_the_job_runs_daily(app: Container) -> None:
    [policy] = [p for p in app.registry.periodic() if p.name == "activity.cleanup"]
    assert policy.every == timedelta(days=1)
