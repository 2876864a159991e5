"""The activity log as a file."""

import asyncio
import csv
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import orjson
import pytest
from sqlalchemy import text

from app.activity.domain import ActivityFilter
from app.container import Container
from app.core.access import SYSTEM
from app.core.ids import encode_id, new_id
from app.rbac.domain import BuiltIn
from tests.activity.entries import row, write
from tests.support.api import Api
from tests.support.people import People, Somebody

ROUTE = "/activity/export"


async def export(api: Api, who: Somebody | None, **params: Any) -> httpx.Response:
    headers = {} if who is None else {"authorization": who.authorization}
    return await api.http.get(ROUTE, params=params, headers=headers)


def lines(answer: httpx.Response) -> list[dict[str, Any]]:
    return [json.loads(line) for line in answer.text.splitlines()]


def cells(answer: httpx.Response) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


async def test_as_ndjson(app: Container, api: Api, people: People) -> None:
    admin, library = await people.admin(), new_id()
    made = row(
        "library.update",
        actor_id=admin.id,
        actor_name=admin.username,
        resource_type="library",
        resource_id=library,
        changes={"name": ["A", "B"]},
        address="192.0.2.1",
    )
    [entry] = await write(app, made)
    answer = await export(api, admin, action="library.update")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-disposition"].startswith('attachment; filename="activity-')
    assert answer.headers["content-disposition"].endswith('.ndjson"')
    [line] = lines(answer)
    at = datetime.fromisoformat(line.pop("at"))
    assert abs(at - datetime.now(UTC)) < timedelta(minutes=1)
    assert line == {
        "id": encode_id("activity", entry),
        "action": "library.update",
        "actorId": admin.ref,
        "actorName": admin.username,
        "apiKeyId": None,
        "resourceType": "library",
        "resourceId": encode_id("library", library),
        "changes": {"name": ["A", "B"]},
        "address": "192.0.2.1",
        "agent": None,
        "success": True,
        "problem": None,
    }


FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "\n=cmd", "\uff1d1")


async def test_no_cell_of_a_csv_is_a_formula(app: Container, api: Api, people: People) -> None:
    admin = await people.admin()
    await write(app, *(row(actor_name=f, agent=f, problem=f, address=f) for f in FORMULAS))
    await write(app, row(agent='Ann "A", quoted\nand broken', changes={"x": ["=1", 2]}))
    answer = await export(api, admin, format="csv", action="tests.done")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    last, *rest = cells(answer)
    assert last["agent"] == 'Ann "A", quoted\nand broken'
    assert json.loads(last["changes"]) == {"x": ["=1", 2]}
    assert (last["success"], last["problem"]) == ("true", "")
    assert [r["agent"] for r in rest] == [f"'{f}" for f in reversed(FORMULAS)]
    for found in [last, *rest]:
        for value in found.values():
            assert not value.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


async def test_all_of_it_in_order_whatever_the_chunks(
    app: Container, api: Api, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = await people.admin()
    ids = await write(app, *(row(f"tests.{n}") for n in range(25)))
    for size in (1, 7, 25, 1000):
        monkeypatch.setattr("app.activity.service.CHUNK", size)
        for format_, read in (("csv", cells), ("ndjson", lines)):
            answer = await export(api, admin, format=format_, resourceType="", since="")
            assert answer.status_code == 400  # empty is not absent
            answer = await export(api, admin, format=format_, until="2100-01-01T00:00:00Z")
            found = [e["id"] for e in read(answer) if e["action"].startswith("tests.")]
            assert found == [encode_id("activity", i) for i in reversed(ids)]


async def test_filters(app: Container, api: Api, people: People) -> None:
    admin, user = await people.admin(), await people.make()
    await write(
        app,
        row("a.a", actor_id=user.id),
        row("b.b", success=False, address="192.0.2.1"),
        row("c.c", at=datetime(2026, 1, 1, tzinfo=UTC)),
    )

    async def found(**params: Any) -> list[str]:
        return [e["action"] for e in lines(await export(api, admin, **params))]

    assert await found(action=["a.a", "c.c"]) == ["c.c", "a.a"]
    assert await found(userId=user.ref) == ["a.a"]
    assert await found(success="false") == ["b.b"]
    assert await found(address="192.0.2.1") == ["b.b"]
    assert await found(until="2026-01-02T00:00:00+01:00") == ["c.c"]


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"format": "xml"}, "format"),
        ({"success": "yes"}, "success"),
        ({"since": "yesterday"}, "since"),
        ({"since": "2026-01-01T00:00:00"}, "since"),
        ({"until": "0001-01-01T00:00:00+23:00"}, "until"),
        ({"userId": "library_" + "0" * 32}, "userId"),
        ({"address": "a\x00b"}, "address"),
        ({"action": ["x"] * 51}, "actions"),
        ({"token": "rvs_secret"}, "token"),
    ],
)
async def test_bad_parameters(params: dict[str, Any], field: str, api: Api, people: People) -> None:
    answer = await export(api, await people.admin(), **params)
    assert answer.status_code == 400
    assert answer.headers["cache-control"] == "no-store"
    [error] = answer.json()["errors"]
    assert error["extensions"]["code"] == "INVALID"
    assert error["extensions"]["field"] == field


async def test_who_may(app: Container, api: Api, people: People) -> None:
    """Reading the log is not enough; those who may not leave no trace and read nothing."""
    moderator, user = await people.make(BuiltIn.MODERATOR), await people.make()
    await write(app, row())
    assert (await export(api, None)).status_code == 401
    for somebody in (moderator, user):
        answer = await export(api, somebody)
        [error] = answer.json()["errors"]
        assert (answer.status_code, error["extensions"]["code"]) == (403, "FORBIDDEN")
    assert await logged(app) == []
    assert (await export(api, await people.admin())).status_code == 200
    assert (await api.http.post(ROUTE)).status_code == 405


async def logged(app: Container) -> list[Any]:
    changes = "select changes from activity_log where action = 'activity.export'"
    return await app.db.column(text(changes))


async def test_an_export_is_logged_itself(app: Container, api: Api, people: People) -> None:
    await export(api, await people.admin(), action="a.b", success="true")
    assert await logged(app) == [{"actions": "('a.b',)", "success": "True"}]


async def test_memory_is_bounded_by_the_chunk(
    app: Container, api: Api, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A chunk is read when the one before has been sent, never more of them ahead."""
    monkeypatch.setattr("app.activity.service.CHUNK", 10)
    await write(app, *(row() for _ in range(95)))
    reads = 0

    def count(sql: str) -> None:
        nonlocal reads
        reads += "FROM activity_log" in sql

    viewer = await people.viewer(await people.admin())
    entries = app.activity.export(viewer, ActivityFilter(actions=("tests.done",)))
    app.db.statements = count
    taken = 0
    async for chunk in entries:
        taken += 1
        assert len(chunk) <= 10
        assert reads == taken
    app.db.statements = None
    assert taken == 10


async def test_it_breaks_off_when_the_right_is_gone(
    app: Container, api: Api, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And is not ended properly: nobody shall take a part for the whole."""
    monkeypatch.setattr("app.activity.service.CHUNK", 10)
    admin = await people.admin()
    await write(app, *(row() for _ in range(40)))
    sent: list[dict[str, Any]] = []
    scope = {
        "type": "http",
        "method": "GET",
        "path": ROUTE,
        "raw_path": ROUTE.encode(),
        "query_string": b"action=tests.done",
        "headers": [(b"authorization", admin.authorization.encode()), (b"host", b"revenge.test")],
        "http_version": "1.1",
        "scheme": "http",
        "server": ("revenge.test", 80),
        "client": ("192.0.2.1", 1),
        "root_path": "",
    }
    never = asyncio.Event()
    asked = False

    async def receive() -> dict[str, Any]:
        nonlocal asked
        if asked:
            await never.wait()
        asked = True
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)
        if sum(bool(m.get("body")) for m in sent) == 2:
            async with app.db.write(SYSTEM) as tx:
                await tx.execute(text("update sessions set revoked_at = now()"))
            app.principals.forget(admin.id)

    async with asyncio.timeout(20):
        await api.web.asgi()(scope, receive, send)
    got = sum(m.get("body", b"").count(b"\n") for m in sent)
    assert got == 20
    assert all(m.get("more_body") for m in sent if m["type"] == "http.response.body")
    first = next(m["body"] for m in sent if m.get("body")).splitlines()[0]
    assert orjson.loads(first)["action"] == "tests.done"
