"""Who may do what: every root field × every kind of principal, against a reviewed table.

`access_matrix.json` is that table. A root field without a row fails; a row that is wrong fails. To
review a change, run with WRITE_ACCESS_MATRIX=1 and read the difference.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from app.core.access import NOWHERE, SYSTEM
from app.gql.documents import Refused
from app.gql.execution import Request
from app.main import AppGateway, WebApp
from app.schema import build_schema, node_registry
from tests.access_arguments import PASSWORD, arguments, who
from tests.access_stage import Statements, fingerprint, first_of, outside, prepare, quiet
from tests.gql.operations import operation, root_fields, smallest
from tests.gql.rules import PUBLIC_ROOTS
from tests.gql.world import World
from tests.support.api import Api, origin
from tests.support.kept import begin_with
from tests.support.people import People, Somebody

TABLE = Path(__file__).parent / "access_matrix.json"
FIELDS = root_fields(build_schema()._schema)
MUTATIONS = sorted(path for path in FIELDS if path.startswith("Mutation."))
ROLES = (
    "anonymous",
    "guest",
    "user",
    "ungranted",
    "custom",
    "moderator",
    "administrator",
    "factor_owed",
    "revoked",
)


# What they do is done elsewhere.
TRACELESS = {"Mutation.sendTestMail", "Mutation.testOidcProvider"}


# Their outcome stands in a result for each item.
PER_ITEM = {"Mutation.bulkMarkWatched"}
DENIED = {"UNAUTHENTICATED", "FORBIDDEN"}


@pytest.fixture(scope="module")
def matrix() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = json.loads(TABLE.read_text(encoding="utf-8"))
    return found


@pytest.fixture
async def world(app: Any, people: People) -> World:
    return await begin_with(app, people, with_passwords)


async def with_passwords(app: Any, people: People) -> World:
    made = await World.make(app, people)
    hashed = await app.hasher.hash(PASSWORD)
    async with app.db.write(SYSTEM) as tx:
        for role in ROLES[1:]:
            await app.auth_repository.set_password(tx, who(made, role).id, hashed, one_time=False)
    return made


def outcome(answer: dict[str, Any], path: str) -> str:
    """`ok`, `null`, or the code of the first error."""
    if answer.get("errors"):
        return str(answer["errors"][0]["extensions"]["code"])
    value = answer["data"][path.partition(".")[2]]
    if path in PER_ITEM and value[0]["error"]:
        return str(value[0]["error"]["code"])
    return "null" if value in (None, [None]) else "ok"


def question(path: str, given: dict[str, Any]) -> str:
    """The smallest operation whose answer has an outcome."""
    if path in PER_ITEM:
        return operation(path, FIELDS[path], given, "{ error { code } }")
    return smallest(path, FIELDS[path], given)


async def ask(api: Api, world: World, path: str, role: str) -> str:
    """The outcome of a query or mutation."""
    given = arguments(path, world, role)
    document = question(path, given)
    return outcome(await api.send(document, given, who(world, role)), path)


async def listen(web: WebApp, world: World, path: str, role: str) -> str:
    """Whether a subscription starts."""
    given = arguments(path, world, role)
    somebody: Somebody | None = who(world, role)
    gateway = AppGateway(world.app, node_registry())
    viewer = await gateway.viewer(somebody.token if somebody else None, NOWHERE)
    request = Request(smallest(path, FIELDS[path], given), given, None)
    context = gateway.context(lambda: viewer, origin())
    try:
        context.operation = web.executor.prepare(request, viewer)
        stream: Any = await web.executor.subscribe(request, context)
    except Refused as refused:
        pytest.fail(str(refused))
    try:
        result = await first_of(stream, 0.15)
        return "ended" if result is None else outcome(web.executor.answer(result, context), path)
    except TimeoutError:
        return "ok"  # it waits for something to happen
    finally:
        await stream.aclose()


def compare(found: dict[str, dict[str, str]], matrix: dict[str, dict[str, str]]) -> None:
    """Fail where the table says something else, or nothing."""
    if os.environ.get("WRITE_ACCESS_MATRIX"):
        kept: dict[str, Any] = json.loads(TABLE.read_text(encoding="utf-8")) | found
        TABLE.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        return
    assert found == {path: matrix.get(path, {}) for path in found}


def test_every_root_field_has_a_row(matrix: dict[str, dict[str, str]]) -> None:
    assert set(matrix) == set(FIELDS)
    for path, row in matrix.items():
        assert tuple(sorted(row)) == tuple(sorted(ROLES)), path


def test_the_table_agrees_with_what_is_declared(matrix: dict[str, dict[str, str]]) -> None:
    """An independent look: closed fields are closed to the signed out, with the right code."""
    for path, row in matrix.items():
        public = path.partition(".")[2] in PUBLIC_ROOTS
        assert (row["anonymous"] != "UNAUTHENTICATED") == public, path
        assert row["administrator"] not in DENIED, path
        assert row["ungranted"] == row["user"] or row["ungranted"] in {"null", "NOT_FOUND"}, path


async def test_queries(api: Api, world: World, matrix: dict[str, dict[str, str]]) -> None:
    found = {
        path: {role: await ask(api, world, path, role) for role in ROLES}
        for path in FIELDS
        if path.startswith("Query.")
    }
    compare(found, matrix)


async def test_subscriptions(web: WebApp, world: World, matrix: dict[str, dict[str, str]]) -> None:
    found = {
        path: {role: await listen(web, world, path, role) for role in ROLES}
        for path in FIELDS
        if path.startswith("Subscription.")
    }
    compare(found, matrix)


@pytest.mark.uncounted
@pytest.mark.parametrize("path", MUTATIONS)
async def test_mutation(
    path: str, api: Api, world: World, matrix: dict[str, dict[str, str]]
) -> None:
    """The outcome for everybody; where it is denied nothing is loaded and nothing changes."""
    row = {}
    async with outside(path, world):
        for role in ROLES:
            await prepare(path, world, role)
            await api.send("{ __typename }", {}, who(world, role))  # the principal is known now
            before = await fingerprint(world)
            with Statements(world) as statements:
                row[role] = await ask(api, world, path, role)
            if row[role] in DENIED:
                assert statements.of_others == [], f"{role} made {path} load before it was denied"
            if row[role] != "ok" or path in TRACELESS:
                assert await fingerprint(world) == before, f"{path} left a trace of {role}"
            else:
                assert await fingerprint(world) != before, f"{path} did nothing for {role}"
    compare({path: row}, matrix)


@pytest.mark.parametrize("path", sorted(set(FIELDS) - set(MUTATIONS)))
async def test_denied_reads_load_nothing(
    path: str, api: Api, web: WebApp, quiet_world: World, matrix: dict[str, dict[str, str]]
) -> None:
    world = quiet_world
    for role, expected in matrix[path].items():
        if expected not in DENIED:
            continue
        await api.send("{ __typename }", {}, who(world, role))
        with Statements(world) as statements:
            if path.startswith("Query."):
                assert await ask(api, world, path, role) == expected
            else:
                assert await listen(web, world, path, role) == expected
        assert statements.of_others == []


@pytest.fixture
async def quiet_world(app: Any, people: People) -> World:
    return await quiet(app, people)
