"""graphql-ws against two API processes: a scan is followed, rights end, rules hold."""

import asyncio
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from app.core.access import SYSTEM
from app.core.ids import decode_id
from tests.clients.conftest import Deployment, Node, NodeScript
from tests.support.people import Somebody

pytestmark = pytest.mark.node

CREATE = """mutation($name: String!, $folder: String!) {
  createLibrary(input: {name: $name, kind: MOVIES, folders: [$folder], watch: OFF}) { id } }"""
SCAN = "mutation($id: ID!) { scanLibrary(libraryId: $id) { id } }"
FOLLOW = "subscription($id: ID!) { scanProgress(libraryId: $id) { id state fraction found added } }"
TITLES = "query { movies(first: 3) { totalCount } }"
FILMS = 1200  # three batches: a scan of several steps


def films(folder: Path, count: int) -> Path:
    """A folder of files that are named like films."""
    for number in range(count):
        film = folder / f"Film {number:04} (2001)"
        film.mkdir(parents=True)
        (film / f"{film.name}.mkv").write_bytes(b"no film at all")
    return folder


async def library(deployment: Deployment, admin: Somebody, folder: Path) -> str:
    """A new library of this folder, not scanned: nobody watches it either."""
    made = await deployment.ask(
        deployment.addresses[0], CREATE, admin, name=folder.parent.name, folder=str(folder)
    )
    found: str = made["createLibrary"]["id"]
    return found


async def scan(deployment: Deployment, admin: Somebody, library_id: str, process: int = 0) -> str:
    """Start a scan through one of the processes."""
    started = await deployment.ask(deployment.addresses[process], SCAN, admin, id=library_id)
    found: str = started["scanLibrary"]["id"]
    return found


def step(said: Any) -> dict[str, Any]:
    """The scan in what a client said."""
    found: dict[str, Any] = said.get("next", {}).get("data", {}).get("scanProgress", {})
    return found


def completed(said: Any) -> bool:
    return step(said).get("state") == "COMPLETED"


async def followers(
    deployment: Deployment, node: Node, library_id: str, who: dict[int, Somebody]
) -> list[NodeScript]:
    """Clients that follow a library at these processes, each after it heard of an earlier scan."""
    first = await scan(deployment, next(iter(who.values())), library_id)
    clients = [
        await node.subscribe(deployment.addresses[process], somebody, FOLLOW, id=library_id)
        for process, somebody in who.items()
    ]
    for client in clients:
        await client.until(lambda one: step(one).get("id") == first and completed(one))
    return clients


async def test_two_clients_of_two_processes_see_one_scan_from_0_to_100_percent(
    deployment: Deployment, node: Node, tmp_path: Path
) -> None:
    admin = await deployment.people.admin()
    folder = await asyncio.to_thread(films, tmp_path / "films", 1)
    library_id = await library(deployment, admin, folder)
    clients = await followers(deployment, node, library_id, dict.fromkeys([0, 1], admin))
    await asyncio.to_thread(films, folder / "more", FILMS)
    scan_id = await scan(deployment, admin, library_id, process=1)
    for client in clients:
        said = await client.until(lambda one: step(one).get("id") == scan_id and completed(one))
        steps = [found for one in said if (found := step(one)).get("id") == scan_id]
        fractions = [found["fraction"] for found in steps]
        assert steps[0]["state"] in ("PENDING", "RUNNING")
        assert fractions[0] == 0
        assert fractions == sorted(fractions)
        assert any(0 < fraction < 1 for fraction in fractions)
        last = steps[-1]
        assert (last["fraction"], last["found"], last["added"]) == (1, FILMS + 1, FILMS)


async def test_a_query_runs_over_a_websocket(deployment: Deployment, node: Node) -> None:
    somebody = await deployment.people.make()
    client = await node.subscribe(deployment.addresses[0], somebody, TITLES)
    said = await client.until_end()
    assert {"next": {"data": {"movies": {"totalCount": 0}}}} in said
    assert {"complete": True} in said


async def test_a_mutation_does_not(deployment: Deployment, node: Node, tmp_path: Path) -> None:
    admin = await deployment.people.admin()
    library_id = await library(deployment, admin, await asyncio.to_thread(films, tmp_path / "f", 1))
    client = await node.subscribe(deployment.addresses[0], admin, SCAN, id=library_id)
    said = await client.until_end()
    (errors,) = [one["errors"] for one in said if "errors" in one]
    assert errors[0]["extensions"]["code"] == "FORBIDDEN"
    scans = "query($id: ID!) { scans(libraryId: $id) { nodes { id } } }"
    found = await deployment.ask(deployment.addresses[0], scans, admin, id=library_id)
    assert found["scans"]["nodes"] == []


async def test_introspection_is_for_the_signed_in_here_too(
    deployment: Deployment, node: Node
) -> None:
    schema = "{ __schema { queryType { name } } }"
    client = await node.subscribe(deployment.addresses[0], None, schema)
    said = await client.until_end()
    (errors,) = [one["errors"] for one in said if "errors" in one]
    assert errors[0]["extensions"]["code"] == "UNAUTHENTICATED"


@pytest.mark.parametrize("protocol", ["graphql-ws", ""])
async def test_another_protocol_is_closed_with_4406(
    deployment: Deployment, node: Node, protocol: str
) -> None:
    address = deployment.addresses[0].replace("http", "ws", 1) + "/graphql"
    arguments = [protocol] if protocol else []
    said = await (await node.run("protocol.mjs", address, *arguments)).until_end()
    assert [one.get("closed") for one in said][-1] == 4406, said


async def test_a_token_that_is_none_is_closed_with_4403(deployment: Deployment, node: Node) -> None:
    nobody = Somebody(UUID(int=0), "nobody", "rvs_" + "x" * 43)
    client = await node.subscribe(deployment.addresses[0], nobody, TITLES)
    assert {"closed": 4403, "reason": "Forbidden"} in await client.until_end()


@pytest.mark.parametrize("process", [0, 1])
async def test_the_end_of_a_session_closes_its_sockets_within_a_second(
    deployment: Deployment, node: Node, tmp_path: Path, process: int
) -> None:
    """By a logout at the other process as well: what they share is PostgreSQL."""
    admin = await deployment.people.admin()
    library_id = await library(deployment, admin, await asyncio.to_thread(films, tmp_path / "f", 1))
    other = Somebody(admin.id, admin.username, await deployment.people.session(admin.id))
    ended = await node.subscribe(deployment.addresses[0], admin, FOLLOW, id=library_id)
    stays = await node.subscribe(deployment.addresses[0], other, FOLLOW, id=library_id)
    await deployment.ask(deployment.addresses[process], "mutation { logout }", admin)
    said = await ended.until(lambda one: "closed" in one, timeout=1)
    assert said[-1]["closed"] == 4403
    await scan(deployment, other, library_id)
    await stays.until(completed)


async def test_a_grant_taken_away_ends_the_events(
    deployment: Deployment, node: Node, tmp_path: Path
) -> None:
    admin = await deployment.people.admin()
    library_id = await library(deployment, admin, await asyncio.to_thread(films, tmp_path / "f", 3))
    guest = await deployment.people.make(libraries=[decode_id("library", library_id)])
    (theirs,) = await followers(deployment, node, library_id, {0: admin})
    gone = await node.subscribe(deployment.addresses[0], guest, FOLLOW, id=library_id)
    await gone.until(completed)  # seen as long as it may be
    await deployment.app.rbac.revoke(SYSTEM, guest.id, decode_id("library", library_id))
    async with asyncio.timeout(5):
        while await seen(deployment, guest, library_id):
            await asyncio.sleep(0.02)
    await asyncio.sleep(0.3)  # the process knows; its sockets do in a moment
    later = await scan(deployment, admin, library_id)
    await theirs.until(lambda one: completed(one) and step(one)["id"] == later)
    said = await gone.until_end()
    assert later not in [step(one).get("id") for one in said]
    assert {"complete": True} in said


async def seen(deployment: Deployment, somebody: Somebody, library_id: str) -> bool:
    """Whether the first process shows the library to somebody."""
    query = "query($id: ID!) { library(id: $id) { id } }"
    found = await deployment.ask(deployment.addresses[0], query, somebody, id=library_id)
    return found["library"] is not None
