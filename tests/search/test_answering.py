"""Who may search for what, who answers, and what becomes of what nothing is found for."""

from datetime import timedelta
from typing import Any

import orjson
import pytest
from msgspec.structs import replace
from sqlalchemy import text

from app.core.access import SYSTEM, Permission
from app.core.ids import split_id
from app.core.ratelimit import Tier
from app.main import WebApp
from app.schema import build_schema
from app.search.domain import Search, SearchKind
from app.search.jobs import ForgetMisses
from app.search.repository import misses
from tests.apikeys.keys import mint
from tests.gql.operations import root_fields
from tests.gql.rules import declared
from tests.gql.seeded import FEW
from tests.gql.world import World
from tests.search.asked import COUNTED, PALETTE, RESULTS, Answering, found, ids
from tests.search.scripted import Away, Scripted
from tests.support.api import Api
from tests.support.jobs import carry_out
from tests.support.sockets import connected

# -- who may


async def test_accounts_are_for_those_who_list_them(api: Api, world: World) -> None:
    name = world.bob.username
    result = await found(api, world.admin, name)
    assert result["edges"][0]["node"] == {"id": world.bob.ref, "username": name}
    assert world.bob.ref not in ids(await found(api, world.alice, name))
    for document, given in (
        (RESULTS, {"text": name}),
        (PALETTE, {"prefix": name}),
        (COUNTED, {}),
    ):
        error = await api.fails(document, world.alice, kinds=["MOVIE", "USER"], **given)
        assert error.code == "FORBIDDEN"
    palette = await api.run(PALETTE, world.alice, prefix=name[:3])
    assert world.bob.ref not in [one["id"] for one in palette["autocomplete"]]


async def test_an_address_is_not_told(api: Api, world: World) -> None:
    async with world.app.db.write(SYSTEM) as tx:
        await world.app.user_repository.change(tx, world.bob.id, {"email": "bob@secret.test"})
    answer = await api.send(RESULTS, {"text": world.bob.username}, world.admin)
    assert "secret" not in orjson.dumps(answer).decode()


async def test_a_key_finds_what_it_may_list(api: Api, world: World) -> None:
    key = await mint(world.app, world.people, world.alice, (*FEW, Permission.SEARCH_QUERY))
    document = '{ search(query: "open") { nodes { __typename } } }'
    answer = await api.http.post(
        "/graphql", json={"query": document}, headers={"x-api-key": key.token}
    )
    kinds = {node["__typename"] for node in answer.json()["data"]["search"]["nodes"]}
    assert kinds == {"Movie", "Person"}
    alone = await mint(world.app, world.people, world.alice, (Permission.SEARCH_QUERY,))
    asked = """{ search(query: "open") { totalCount }
      autocomplete(prefix: "o") { id } searchFacets { name } }"""
    answer = await api.http.post(
        "/graphql", json={"query": asked}, headers={"x-api-key": alone.token}
    )
    nothing = {"search": {"totalCount": 0}, "autocomplete": [], "searchFacets": []}
    assert answer.json()["data"] == nothing


async def test_two_with_one_scope_and_other_rights_share_nothing(api: Api, world: World) -> None:
    """Who may change accounts finds them, and nobody else, whatever else they have in common."""
    name = world.nobody.username
    assert world.nobody.ref in ids(await found(api, world.admin, name))
    for somebody in (world.moderator, world.alice):
        assert world.nobody.ref not in ids(await found(api, somebody, name))
    alice = await world.app.principals.viewer(world.alice.token)
    warden = replace(alice, permissions=alice.permissions | {Permission.USERS_UPDATE})
    asked = Search(text=name, kinds=())
    for viewer, finds in ((alice, False), (warden, True), (alice, False)):
        answer = await world.app.searching.search(viewer, asked, 64)
        assert (world.nobody.id in {hit.id for hit in answer.value.hits}) is finds


# -- who answers


async def test_the_answer_tells_who_gave_it(api: Api, world: World, web: WebApp) -> None:
    said = {"backend": "postgresql", "degraded": False}
    for _ in range(3):  # made, and kept
        answer = await api.send(RESULTS, {"text": "open"}, world.alice)
        assert answer["extensions"]["search"] == said
    other = await api.send("{ movies { totalCount } }", {}, world.alice)
    assert "search" not in other.get("extensions", {})
    async with connected(web.asgi()) as socket:
        await socket.init(world.alice.authorization)
        socket.subscribe("1", '{ autocomplete(prefix: "open") { title } }')
        assert (await socket.receive())["payload"]["extensions"] == {"search": said}


async def test_the_next_backend_stands_in_at_once(
    api: Api, world: World, answering: Answering
) -> None:
    away, postgres = Away(), world.app.search_backends[-1]
    answering(away, postgres)
    for number in (1, 2):  # what a stand-in says is not kept
        answer = await api.send('{ search(query: "open") { totalCount } }', {}, world.alice)
        assert answer["data"]["search"]["totalCount"] > 0
        assert answer["extensions"]["search"] == {"backend": "postgresql", "degraded": True}
        assert away.asked == number
    for document in (PALETTE, COUNTED):
        given = {"prefix": "op"} if document is PALETTE else {}
        answer = await api.send(document, given, world.alice)
        assert answer["extensions"]["search"]["degraded"] is True
    answering(away)
    error = await api.fails('{ search(query: "open") { totalCount } }', world.alice)
    assert error.code == "UNAVAILABLE"


async def test_who_had_to_stand_in_for_facets_is_told(
    api: Api, world: World, answering: Answering
) -> None:
    """The hits were kept when the server answered; facets are counted when it does not."""
    *_, postgres = world.app.search_backends
    server = Scripted([(SearchKind.MOVIE, world.open.movies[0])])
    answering(server, postgres)
    await found(api, world.alice, "one")
    away = Away()
    away.search = server.search  # type: ignore[method-assign]
    answering(away, postgres)
    document = '{ search(query: "open") { totalCount facets(names: [YEAR]) { name } } }'
    answer = await api.send(document, {}, world.alice)
    assert answer["extensions"]["search"] == {"backend": "postgresql", "degraded": True}


async def test_questions_are_kept_by_scope_and_depth(
    api: Api, world: World, answering: Answering
) -> None:
    backend = Scripted([(SearchKind.MOVIE, id_) for id_ in world.open.movies])
    answering(backend)
    document = 'query($first: Int!) { search(query: "x", first: $first) { totalCount } }'
    for somebody in (world.alice, world.alice, world.guest, world.child):
        for first in (1, 20, 50):
            await api.run(document, somebody, first=first)
    await world.app.cache.settle()
    scopes = [scope.key for scope, _, _ in backend.asked]
    assert sorted(scopes) == sorted(set(scopes))
    assert {depth for _, _, depth in backend.asked} == {64}


async def test_metrics(api: Api, world: World) -> None:
    def count() -> tuple[int, int]:
        metrics = world.app.metrics
        labels = ("search", "postgresql")
        timed = metrics.search_duration.labels(*labels).times
        return metrics.search_queries.labels(*labels).value, sum(timed)

    before = count()
    for _ in range(2):
        await api.run('{ search(query: "open two") { totalCount } }', world.alice)
    asked, timed = count()
    assert (asked - before[0], timed - before[1]) == (2, 1)  # the second was kept


def test_searching_has_a_limit_of_its_own() -> None:
    fields = root_fields(build_schema()._schema)
    for name in ("search", "searchFacets", "autocomplete"):
        assert declared(fields[f"Query.{name}"], "access").tier is Tier.SEARCH


# -- what is found in vain

MISSES = """query($first: Int! = 20, $after: String) {
  zeroResultQueries(first: $first, after: $after) {
    totalCount nodes { query times lastAt } pageInfo { endCursor }
  }
}"""


async def test_queries_without_results_are_counted(api: Api, world: World) -> None:
    world.app.searching._missed.clear()
    for query, times in (("Zzyzx", 3), ("ZZYZX road", 1), ("qwertz", 2)):
        for _ in range(times):
            assert (await found(api, world.alice, query, kinds=["MOVIE"]))["totalCount"] == 0
    await found(api, world.alice, "filtered", filter={"genre": ["drama"]})
    await api.run(COUNTED, world.alice)
    assert (await api.run(MISSES, world.admin))["zeroResultQueries"]["nodes"] == []
    await world.app.searching.note_misses()
    shown = (await api.run(MISSES, world.admin, first=2))["zeroResultQueries"]
    assert shown["totalCount"] == 3
    assert [(n["query"], n["times"]) for n in shown["nodes"]] == [("zzyzx", 3), ("qwertz", 2)]
    after = shown["pageInfo"]["endCursor"]
    rest = (await api.run(MISSES, world.admin, after=after))["zeroResultQueries"]["nodes"]
    assert [n["query"] for n in rest] == ["zzyzx road"]
    await found(api, world.alice, "zzyzx", kinds=["MOVIE"])
    await world.app.searching.note_misses()
    first = (await api.run(MISSES, world.admin, first=1))["zeroResultQueries"]["nodes"][0]
    assert first["times"] == 4
    assert (await api.fails(MISSES, world.moderator)).code == "FORBIDDEN"


async def test_misses_are_bounded(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(misses, "MOST_MISSES", 5)
    repository, now = world.app.searching.misses, world.app.clock.now()
    async with world.app.db.write(SYSTEM) as tx:
        await repository.note(tx, {f"old {n}": 9 for n in range(5)}, now - timedelta(days=91))
        await repository.note(tx, {f"new {n}": 1 for n in range(3)}, now)
    assert await repository.count() == 5
    assert await carry_out(world.app, ForgetMisses()) == "completed"
    assert set(await repository.by_queries([f"new {n}" for n in range(3)])) == {
        "new 0",
        "new 1",
        "new 2",
    }
    assert await repository.count() == 3


async def test_what_waits_to_be_counted_is_bounded_and_losable(
    api: Api, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    searching = world.app.searching
    for n in range(1100):
        searching._note_miss(f"nothing {n} " + "x" * 300)
    assert len(searching._missed) == 1000
    assert max(map(len, searching._missed)) == 200

    async def broken(*_: Any) -> None:
        raise ConnectionError("gone")

    monkeypatch.setattr(searching.misses, "note", broken)
    await searching.note_misses()
    assert not searching._missed


# -- the index


async def test_reindex_answers_the_job(api: Api, world: World) -> None:
    document = "mutation($kinds: [SearchKind!]) { reindex(kinds: $kinds) { id kind queue state } }"
    job = (await api.run(document, world.admin, kinds=["SHOW", "MOVIE", "SHOW"]))["reindex"]
    assert job["kind"] == "search.reindex"
    assert (job["queue"], job["state"]) == ("BULK", "AVAILABLE")
    again = (await api.run(document, world.admin, kinds=["MOVIE", "SHOW"]))["reindex"]
    assert again["id"] == job["id"]
    other = (await api.run(document, world.admin))["reindex"]
    assert other["id"] != job["id"]
    shown = await api.run("query($id: ID!) { job(id: $id) { kind } }", world.admin, id=job["id"])
    assert shown["job"] == {"kind": "search.reindex"}
    args = await world.app.db.scalar(
        text("select args from jobs where id = :id"), {"id": split_id(job["id"])[1]}
    )
    assert args == {"kinds": ["movie", "show"]}
    assert (await api.fails(document, world.moderator)).code == "FORBIDDEN"
