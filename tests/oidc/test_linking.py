"""Accounts are linked by who owns both of them, and unlinked while there is another way in."""

import asyncio
from collections.abc import Collection
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from app.core.access import SYSTEM
from app.core.errors import Code
from app.core.ids import decode_id
from app.core.tx import Tx
from tests.oidc.conftest import FINISH, FINISH_LINK, LINK, There
from tests.oidc.provider import Provider, running
from tests.support.people import People, Somebody

UNLINK = "mutation ($id: ID!) { unlinkOidc(id: $id) }"
STALE = "update sessions set authenticated_at = authenticated_at - interval '11 minutes'"


async def run(there: There, statement: str, **values: Any) -> None:
    async with there.app.db.write(SYSTEM) as tx:
        await tx.execute(text(statement), values)


async def links(there: There) -> list[tuple[UUID, str]]:
    """Whose links there are, and with whom."""
    found = await there.app.db.records(text("select user_id, subject from oidc_links order by id"))
    return [tuple(row) for row in found]


async def begin(there: There, who: Somebody, name: str = "idp") -> dict[str, str]:
    """There and back to link: `code` and `binding`."""
    begun = (await there.api.run(LINK, who, provider=name))["startOidcLink"]
    return {"code": await there.code(begun, name), "binding": begun["binding"]}


async def link(there: There, who: Somebody, name: str = "idp") -> str:
    """The id of a link that was made the whole way."""
    made = await there.api.run(FINISH_LINK, who, **await begin(there, who, name))
    return str(made["finishOidcLink"]["id"])


async def set_password(there: There, who: Somebody) -> None:
    async with there.app.db.write(SYSTEM) as tx:
        await there.app.auth_repository.set_password(tx, who.id, "a hash", one_time=False)


@pytest.fixture
async def alice(people: People) -> Somebody:
    return await people.make()


@pytest.fixture
async def bob(people: People) -> Somebody:
    return await people.make()


async def test_a_linked_account_is_signed_in_to(
    there: There, provider: Provider, alice: Somebody
) -> None:
    await there.configure(autoCreate=False)
    provider.info = {"email": "there@example.org", "name": "Alice There"}
    provider.info["preferred_username"] = "another"
    said = await begin(there, alice)
    made = (await there.api.run(FINISH_LINK, alice, **said))["finishOidcLink"]
    assert (made["provider"], made["email"], made["name"]) == (
        "idp",
        "there@example.org",
        "Alice There",
    )
    listed = await there.api.run("{ oidcLinks { totalCount nodes { id } } }", alice)
    assert listed["oidcLinks"] == {"totalCount": 1, "nodes": [{"id": made["id"]}]}
    signed_in = await there.sign_in()
    assert signed_in["user"]["id"] == alice.ref
    logged = await there.app.db.records(
        text("select actor_id, changes from activity_log where action = 'oidc.link'")
    )
    assert [(row["actor_id"], row["changes"]) for row in logged] == [
        (alice.id, {"subject": "subject-1"})
    ]
    assert signed_in["user"]["username"] == alice.username  # and not what the provider says


async def test_links_are_one_s_own(there: There, alice: Somebody, bob: Somebody) -> None:
    await there.configure()
    made = await link(there, alice)
    node = "query ($id: ID!) { node(id: $id) { id } }"
    assert (await there.api.run(node, alice, id=made))["node"] == {"id": made}
    assert (await there.api.run(node, bob, id=made))["node"] is None
    assert (await there.api.run("{ oidcLinks { totalCount } }", bob))["oidcLinks"] == {
        "totalCount": 0
    }
    await set_password(there, alice)
    assert (await there.api.fails(UNLINK, bob, id=made)).code is Code.NOT_FOUND
    assert len(await links(there)) == 1


async def test_recent_proof_is_wanted(there: There, alice: Somebody) -> None:
    await there.configure()
    made = await link(there, alice)
    await set_password(there, alice)
    await run(there, STALE)
    before = await there.app.db.scalar(text("select count(*) from oidc_states"))
    assert (await there.api.fails(LINK, alice, provider="idp")).code is Code.REAUTHENTICATE
    assert (await there.api.fails(UNLINK, alice, id=made)).code is Code.REAUTHENTICATE
    assert await there.app.db.scalar(text("select count(*) from oidc_states")) == before
    assert len(await links(there)) == 1


async def test_an_address_links_nobody(
    there: There, provider: Provider, alice: Somebody, bob: Somebody
) -> None:
    """Bob's address at the provider makes alice's link no link of bob's."""
    await there.configure()
    async with there.app.db.write(SYSTEM) as tx:
        await there.app.user_repository.set_email(
            tx, bob.id, "bob@example.org", there.app.clock.now()
        )
    provider.info = {"email": "bob@example.org", "email_verified": True}
    await link(there, alice)
    assert await links(there) == [(alice.id, "subject-1")]
    assert (await there.sign_in())["user"]["id"] == alice.ref
    owner = await there.app.user_repository.by_email("bob@example.org")
    assert owner is not None
    assert owner.id == bob.id


async def test_one_account_there_is_one_here(
    there: There, provider: Provider, alice: Somebody, bob: Somebody
) -> None:
    await there.configure()
    await link(there, bob)
    taken = await there.api.fails(FINISH_LINK, alice, **await begin(there, alice))
    assert taken.code is Code.CONFLICT
    provider.claims = {"sub": "subject-2"}
    second = await there.api.fails(FINISH_LINK, bob, **await begin(there, bob))
    assert second.code is Code.CONFLICT
    assert await links(there) == [(bob.id, "subject-1")]
    again = await there.app.db.scalar(text("select count(*) from sign_in_attempts"))
    assert again == 0, "who owns both accounts has failed at no secret"


async def test_a_way_is_its_beginner_s(
    there: There, provider: Provider, alice: Somebody, bob: Somebody
) -> None:
    await there.configure()
    said, other = await begin(there, alice), await begin(there, bob)
    signing_in = await there.start()
    code = await there.code(signing_in)
    wrong: list[tuple[str, Somebody | None, dict[str, Any]]] = [
        (FINISH_LINK, bob, said),
        (FINISH_LINK, alice, {**said, "binding": None}),
        (FINISH_LINK, alice, {**said, "binding": other["binding"]}),
        (FINISH_LINK, alice, {"code": code, "binding": signing_in["binding"]}),
        (FINISH, None, said),
        (FINISH_LINK, None, said),
    ]
    for query, who, given in wrong:
        assert (await there.api.fails(query, who, **given)).code is Code.UNAUTHENTICATED
    assert (await there.left())["links"] == 0
    await there.api.run(FINISH_LINK, alice, **said)
    assert await links(there) == [(alice.id, "subject-1")]


async def test_once_of_fifty(there: There, alice: Somebody) -> None:
    await there.configure()
    said = await begin(there, alice)
    answers = await asyncio.gather(*(there.api.send(FINISH_LINK, said, alice) for _ in range(50)))
    assert len([one for one in answers if not one.get("errors")]) == 1
    assert len(await links(there)) == 1


async def test_a_way_to_link_ends_with_who_went_it(there: There, alice: Somebody) -> None:
    await there.configure()
    said = await begin(there, alice)
    await run(there, "update users set is_active = false where id = :id", id=alice.id)
    there.app.principals.forget(alice.id)
    assert (await there.api.fails(FINISH_LINK, alice, **said)).code is Code.UNAUTHENTICATED
    assert await links(there) == []


async def test_a_provider_may_allow_no_links(there: There, alice: Somebody) -> None:
    config = await there.configure()
    said = await begin(there, alice)
    change = (
        "mutation ($i: ID!) { updateOidcProvider(id: $i, input: {allowLinking: false}) { id } }"
    )
    await there.api.run(change, there.admin, i=config)
    assert (await there.api.fails(LINK, alice, provider="idp")).code is Code.NOT_FOUND
    assert (await there.api.fails(FINISH_LINK, alice, **said)).code is Code.NOT_FOUND
    assert await links(there) == []


class Passkeys:
    """As if everybody had one."""

    async def who_comes_in(self, _: Tx, user_ids: Collection[UUID]) -> frozenset[UUID]:
        return frozenset(user_ids)


WAYS = ["password", "passkey", "another provider"]


@pytest.mark.parametrize("way", WAYS)
async def test_the_last_way_in_stays(
    way: str, there: There, alice: Somebody, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = await there.configure()
    made = await link(there, alice)
    assert (await there.api.fails(UNLINK, alice, id=made)).code is Code.CONFLICT
    async with running() as another:
        await there.configure("other", issuer=another.issuer)
        if way == "another provider":
            there.provider = another
            await link(there, alice, "other")
            switch = "update oidc_providers set enabled = {} where name = 'other'"
            await run(there, switch.format("false"))
            assert (await there.api.fails(UNLINK, alice, id=made)).code is Code.CONFLICT
            await run(there, switch.format("true"))
        elif way == "password":
            await set_password(there, alice)
        else:
            monkeypatch.setattr(there.app.ways_in, "sources", [Passkeys()])
        assert (await there.api.run(UNLINK, alice, id=made))["unlinkOidc"] is True
    assert made not in str(await there.api.run("{ oidcLinks { nodes { id } } }", alice))
    assert (await there.api.fails(UNLINK, alice, id=made)).code is Code.NOT_FOUND
    logged = await there.app.db.records(
        text("select actor_id, resource_id from activity_log where action = 'oidc.unlink'")
    )
    expected = (alice.id, decode_id("oidc_provider_config", config))
    assert [tuple(row) for row in logged] == [expected]


async def test_of_two_ways_taken_away_at_once_one_stays(there: There, alice: Somebody) -> None:
    await there.configure()
    first = await link(there, alice)
    async with running() as another:
        await there.configure("other", issuer=another.issuer)
        there.provider = another
        second = await link(there, alice, "other")
    answers = await asyncio.gather(
        *(there.api.send(UNLINK, {"id": one}, alice) for one in (first, second))
    )
    assert len([one for one in answers if not one.get("errors")]) == 1
    assert len(await links(there)) == 1
