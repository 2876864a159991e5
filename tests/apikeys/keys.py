"""API keys for tests."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

import httpx
import orjson

from app.apikeys.domain import ApiKey, Minted, NewApiKey, new_key
from app.container import Container
from app.core.access import SESSION_ONLY, SYSTEM, Permission
from app.core.crypto import token_hash
from app.core.ids import new_id
from app.rbac.domain import PERMISSIONS, BuiltIn
from tests.support.api import Api
from tests.support.people import People, Somebody

ALL = tuple(sorted(p.value for p in frozenset(Permission) - SESSION_ONLY))
USERS = tuple(sorted(p.value for p in PERMISSIONS[BuiltIn.USER] - SESSION_ONLY))


async def mint(
    app: Container,
    people: People,
    owner: Somebody,
    scopes: Collection[Permission | str] = USERS,
    *,
    name: str = "A program",
    expires_at: datetime | None = None,
) -> Minted:
    """A key of somebody who has just signed in."""
    viewer = await people.viewer(owner)
    names = tuple(str(scope) for scope in scopes)
    return await app.api_keys.create(
        viewer, NewApiKey(name=name, scopes=names, expires_at=expires_at)
    )


async def forged(app: Container, owner: Somebody, scopes: Collection[str] = USERS) -> UUID:
    """The id of a key that nobody asked for: its owner may not even be allowed to have one."""
    now, token = app.clock.now(), new_key()
    key = ApiKey(
        id=new_id(),
        user_id=owner.id,
        name="Forged",
        description=None,
        prefix=token[:8],
        scopes=tuple(scopes),
        created_at=now,
        expires_at=None,
        last_used_at=None,
        last_address=None,
        revoked_at=None,
    )
    async with app.db.write(SYSTEM) as tx:
        await app.api_key_repository.add(tx, key, token_hash(token))
    return key.id


def user_of(minted: Minted) -> Somebody:
    """The program, for the API: it sends the key as a bearer token."""
    return Somebody(id=minted.api_key.user_id, username="", token=minted.token)


async def post(api: Api, query: str, headers: dict[str, str], **variables: Any) -> httpx.Response:
    """A request with these headers."""
    body = orjson.dumps({"query": query, "variables": variables})
    return await api.http.post(
        "/graphql", content=body, headers={"content-type": "application/json", **headers}
    )
