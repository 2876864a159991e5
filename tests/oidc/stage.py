"""What the root fields about providers are called with, so that they can succeed."""

import time
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

from sqlalchemy import text

from app.container import Container
from app.core.access import ANONYMOUS, NOWHERE, SYSTEM, Viewer
from app.core.errors import Unauthenticated
from app.core.ids import encode_id
from app.oidc.domain import Callback, Identity, ProviderInput, ProviderKind, Start
from app.settings.domain import PUBLIC_URL
from tests.oidc.provider import CLIENT, SECRET, Provider
from tests.support.people import Somebody

NAME = "idp"
NOTHING: dict[str, Any] = {"code": "rvo_nothing", "binding": "rvb_nothing"}


class Stage:
    """One provider, set up anew for every call."""

    def __init__(self, app: Container, provider: Provider) -> None:
        self._app, self._provider = app, provider

    async def given(self, field: str, who: Somebody | None) -> dict[str, Any]:
        """The arguments of a mutation by its name, for somebody or nobody."""
        provider_id = await self._configured(field)
        subject = who.username if who is not None else "nobody"
        self._provider.claims = {"sub": f"of-{subject}", "auth_time": int(time.time())}
        link_id = provider_id
        if who is not None and field in {"unlinkOidc", *REAUTHENTICATION}:
            link_id = await self._linked(provider_id, who)
        if field == "unlinkOidc":
            return {"id": encode_id("oidc_link", link_id)}
        if field.startswith("finish"):
            return await self._finish(field, who)
        if field.startswith("start"):
            return {"provider": NAME}
        more = {"input": {"displayName": "Renamed"}} if field == "updateOidcProvider" else {}
        return {"id": encode_id("oidc_provider_config", provider_id), **more}

    async def _configured(self, field: str) -> UUID:
        app = self._app
        await app.settings.update(SYSTEM, PUBLIC_URL.key, "https://media.test")
        async with app.db.write(SYSTEM) as tx:
            await tx.execute(text("delete from oidc_providers"))
        given = ProviderInput(
            name=NAME, issuer=self._provider.issuer, client_id=CLIENT, client_secret=SECRET
        )
        provider_id = await app.oidc_providers.create(SYSTEM, ProviderKind.GENERIC, given)
        if field == "enableOidcProvider":
            await app.oidc_providers.enable(SYSTEM, provider_id, enabled=False)
        return provider_id

    async def _linked(self, provider_id: UUID, who: Somebody) -> UUID:
        identity = Identity(subject=f"of-{who.username}")
        async with self._app.db.write(SYSTEM) as tx:
            link_id = await self._app.oidc_link_repository.add(tx, who.id, provider_id, identity)
        assert link_id is not None
        return link_id

    async def _finish(self, field: str, who: Somebody | None) -> dict[str, Any]:
        """There and back; nowhere for who cannot even begin."""
        try:
            viewer = await self._app.principals.viewer(who.token) if who else ANONYMOUS
            start = await self._start(field, viewer)
        except Unauthenticated:
            return NOTHING
        query = dict(parse_qsl(self._provider.visit(start.authorization_url)))
        back = Callback(provider=NAME, query=query, bindings=())
        target = await self._app.oidc_flows.come_back(back, NOWHERE)
        code = dict(parse_qsl(urlsplit(target).fragment))["oidc"]
        return {"code": code, "binding": start.binding}

    async def _start(self, field: str, viewer: Viewer) -> Start:
        flows, service = self._app.oidc_flows, self._app.oidc_sign_in
        if field == "finishOidcSignIn":
            return await flows.start(NAME, "/", cookies=False)
        if viewer.user_id is None:
            raise Unauthenticated("Nobody is signed in.")
        if field == "finishOidcLink":
            return await flows.start_link(viewer, NAME, "/", cookies=False)
        return await service.start_reauthentication(viewer, NAME, "/", cookies=False)


REAUTHENTICATION = frozenset({"startOidcReauthentication", "finishOidcReauthentication"})
