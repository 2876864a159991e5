"""Who may do what with plain routes: every route × every kind of principal, a reviewed table.

`route_matrix.json` is that table. A route without a row fails; a row that is wrong fails. To
review a change, run with WRITE_ACCESS_MATRIX=1 and read the difference.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from starlette.routing import Route, WebSocketRoute

from app.container import Container
from app.core.access import SYSTEM, Permission
from app.core.ids import encode_id, new_id
from app.gql.credentials import ACCESS_COOKIE
from app.main import WebApp
from app.users.domain import avatar_key
from tests.access_arguments import who
from tests.access_stage import Statements, fingerprint, quiet
from tests.gql.world import PICTURE, World
from tests.support.api import Api
from tests.support.people import People, Somebody
from tests.test_access import ROLES
from tests.test_access_keys import key_rows

TABLE = Path(__file__).parent / "route_matrix.json"
KEYS = ("key_of_every_scope", "key_of_another_scope")
BODY = b'{"query": "{ viewer { user { id } } }"}'
JSON = {"content-type": "application/json"}
Asked = tuple[str, dict[str, Any]]
# What each route is asked with: one that has no line here fails.
ASKED: dict[str, Callable[[World, UUID], Asked]] = {
    "POST /graphql": lambda *_: ("/graphql", {"content": BODY, "headers": JSON}),
    "GET /graphql": lambda *_: ("/graphql", {}),
    "GET /healthz": lambda *_: ("/healthz", {}),
    "GET /readyz": lambda *_: ("/readyz", {}),
    "GET /startupz": lambda *_: ("/startupz", {}),
    "GET /oidc/{provider}/callback": lambda *_: ("/oidc/nobody/callback?code=x&state=y", {}),
    "GET /activity/export": lambda *_: ("/activity/export", {}),
    "PUT /uploads": lambda *_: ("/uploads", {"content": PICTURE}),
    "GET /avatars/{avatar}/{size}.webp": lambda _, i: (
        f"/avatars/{encode_id('avatar', i)}/64.webp",
        {},
    ),
    "GET /images/{image}/{size}": lambda _, i: (f"/images/{encode_id('image', i)}/342?v=1&s=x", {}),
    "GET /playground/{name}": lambda *_: ("/playground/playground.css", {}),
}
# Whoever asks: nothing of anybody's is in their answers.
FOR_ALL = {
    "POST /graphql",
    "GET /graphql",
    "GET /healthz",
    "GET /readyz",
    "GET /startupz",
    "GET /oidc/{provider}/callback",
    "GET /images/{image}/{size}",
    "GET /playground/{name}",
}


def served(web: WebApp) -> list[Any]:
    """The routes of the whole application, whatever stands around them."""
    inner = web.asgi()
    while not hasattr(inner, "routes"):
        inner = getattr(inner, "app", None) or inner._app
    return list(inner.routes)


def names(web: WebApp) -> set[str]:
    """Every route by method and path, HEAD left out."""
    found = set()
    for route in served(web):
        if isinstance(route, WebSocketRoute):
            found.add(f"WS {route.path}")
            continue
        assert isinstance(route, Route), route
        found |= {f"{method} {route.path}" for method in (route.methods or set()) - {"HEAD"}}
    return found


@pytest.fixture
async def avatar(app: Container) -> UUID:
    """The id of a picture that one user will have."""
    avatar_id = new_id()

    async def once() -> Any:
        yield PICTURE

    await app.blobs.put(avatar_key(avatar_id, 64), once(), len(PICTURE))
    return avatar_id


@pytest.fixture
async def world(app: Container, people: People, avatar: UUID) -> World:
    made = await quiet(app, people)
    made.bob = await people.make()
    async with app.db.write(SYSTEM) as tx:
        await tx.execute(
            text("update users set avatar_id = :avatar where id = :id"),
            {"avatar": avatar, "id": made.bob.id},
        )
    return made


async def principals(world: World) -> dict[str, Somebody | None]:
    """Every column: sessions by role, and an administrator's keys."""
    scopes = {KEYS[0]: [*Permission], KEYS[1]: [Permission.JOBS_LIST]}
    keys = await key_rows(world.app, world.admin, scopes)
    return {**{role: who(world, role) for role in ROLES}, **keys}


async def ask(api: Api, asked: Asked, method: str, who: Somebody | None) -> int:
    """The status that somebody is answered with."""
    path, more = asked
    headers = dict(more.get("headers", {}))
    if who is not None:
        headers["authorization"] = who.authorization
    answer = await api.http.request(method, path, **{**more, "headers": headers})
    return answer.status_code


def test_every_route_has_a_row(web: WebApp) -> None:
    """A closed list, too: there is no webhook, no stream and no picture that is not on it."""
    assert names(web) - {"WS /graphql"} == set(ASKED)
    matrix = json.loads(TABLE.read_text(encoding="utf-8"))
    assert set(matrix) == set(ASKED)
    for name, row in matrix.items():
        assert set(row) == {*ROLES, *KEYS}, name
        if name in FOR_ALL:
            assert len(set(row.values())) == 1, name
        else:
            assert row["anonymous"] == row["revoked"] == 401, name
            assert row["factor_owed"] in (403, 404), name


async def test_s5_who_may_use_plain_routes(api: Api, world: World, avatar: UUID) -> None:
    found: dict[str, dict[str, int]] = {}
    columns = await principals(world)
    for name, asked in ASKED.items():
        method = name.partition(" ")[0]
        row = found[name] = {}
        for column, somebody in columns.items():
            await api.send("{ __typename }", {}, somebody)  # the principal is known now
            before = await fingerprint(world)
            with Statements(world) as statements:
                row[column] = await ask(api, asked(world, avatar), method, somebody)
            if row[column] in (401, 403):
                assert statements.of_others == [], (name, column)
                assert await fingerprint(world) == before, (name, column)
    if os.environ.get("WRITE_ACCESS_MATRIX"):
        TABLE.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        return
    assert found == json.loads(TABLE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", ["token", "access_token", "api_key", "apikey", "session"])
async def test_s5_no_address_carries_a_credential(
    name: str, api: Api, world: World, avatar: UUID
) -> None:
    """Addresses are written into logs everywhere: what stands in one proves nothing."""
    token = world.admin.token
    for route, asked in ASKED.items():
        if route in FOR_ALL and route != "POST /graphql":
            continue
        path, more = asked(world, avatar)
        method = route.partition(" ")[0]
        answer = await api.http.request(method, f"{path}?{name}={token}", **more)
        if route == "POST /graphql":
            assert answer.json()["data"] == {"viewer": None}
        else:
            assert answer.status_code == 401, route
        assert token not in answer.text
    shown = {"cookie": f"{ACCESS_COOKIE}={token}", "x-revenge-csrf": "1", **JSON}
    control = await api.http.post("/graphql", content=BODY, headers=shown)
    assert control.json()["data"]["viewer"]["user"]["id"] == world.admin.ref
