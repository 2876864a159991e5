"""What administrators do with providers."""

from collections.abc import Mapping
from typing import Any, Final, Protocol
from uuid import UUID

import msgspec
from msgspec.structs import replace

from app.auth.service import WaysIn
from app.core.access import Viewer
from app.core.clock import Clock
from app.core.db import Database
from app.core.errors import Conflict
from app.core.ids import new_id
from app.core.keys import Keyring
from app.core.tx import Tx
from app.oidc.domain import (
    PRESETS,
    ClaimNames,
    Endpoints,
    Finding,
    OidcRefused,
    Provider,
    ProviderId,
    ProviderInput,
    ProviderInUse,
    ProviderKind,
    ProviderNameTaken,
    ProviderNotFound,
    ProviderTest,
)
from app.oidc.events import ProviderAdded, ProviderDeleted, ProviderUpdated
from app.oidc.repository import LinkRepository, ProviderRepository
from app.oidc.service.forms import checked, require_text, slug
from app.oidc.service.talk import SECRET, Talk
from app.rbac.domain import RoleUnknown
from app.rbac.repository import RbacRepository
from app.rbac.service import Rbac

MOST_PROVIDERS: Final = 50
MOST_SECRET: Final = 1000
# Whoever sets these decides who somebody is that comes from there.
DECISIVE: Final = (
    *("issuer", "client_id", "endpoints", "scopes", "claims"),
    *("update_on_login", "trust_email"),
)
ALWAYS: Final = frozenset({"id", "created_at", "updated_at", "has_secret"})
Changes = dict[str, Any]


class ProviderDependencies(Protocol):
    """What providers are configured with; the container has it all."""

    @property
    def clock(self) -> Clock: ...
    @property
    def db(self) -> Database: ...
    @property
    def keyring(self) -> Keyring: ...
    @property
    def rbac(self) -> Rbac: ...
    @property
    def rbac_repository(self) -> RbacRepository: ...
    @property
    def oidc_talk(self) -> Talk: ...
    @property
    def ways_in(self) -> WaysIn: ...
    @property
    def oidc_provider_repository(self) -> ProviderRepository: ...
    @property
    def oidc_link_repository(self) -> LinkRepository: ...


class Providers:
    """The rules of configuring providers."""

    def __init__(self, needs: ProviderDependencies) -> None:
        self._db, self._clock, self._keyring = needs.db, needs.clock, needs.keyring
        self._rbac, self._roles, self._talk = needs.rbac, needs.rbac_repository, needs.oidc_talk
        self._ways_in, self._links = needs.ways_in, needs.oidc_link_repository
        self._providers = needs.oidc_provider_repository

    async def create(self, viewer: Viewer, kind: ProviderKind, given: ProviderInput) -> UUID:
        """Add a provider, from the preset of its kind. Raises Invalid, ProviderNameTaken,
        RoleUnknown, or BeyondViewer for a mapping to a role that may do more than the viewer.
        """
        preset, now, name = PRESETS[kind], self._clock.now(), slug(given.name or "")
        draft = Provider(
            id=ProviderId(new_id()),
            name=name,
            display_name=name,
            kind=kind,
            issuer="",
            client_id="",
            has_secret=False,
            endpoints=Endpoints(),
            scopes=preset.scopes,
            claims=preset.claims,
            role_mappings={},
            auto_create=True,
            update_on_login=True,
            allow_linking=True,
            trust_email=True,
            enabled=True,
            is_default=False,
            created_at=now,
            updated_at=now,
        )
        async with self._db.write(viewer) as tx:
            await self._providers.lock(tx, draft.id)
            if await self._providers.count(enabled=False) >= MOST_PROVIDERS:
                raise Conflict(f"A server has at most {MOST_PROVIDERS} providers.")
            provider = checked(_merged(draft, given))
            await self._store(tx, provider, given)
            changes = _changes(None, provider, secret=given.client_secret is not None)
            tx.emit(ProviderAdded(provider_id=provider.id, changes=changes))
        return provider.id

    async def update(self, viewer: Viewer, provider_id: UUID, given: ProviderInput) -> UUID:
        """Configure a provider in another way. Raises what `create` does, ProviderNotFound, and
        ProviderInUse for another issuer while people are linked: there, their subjects may be
        somebody else's. BeyondViewer, too, where the provider leads or led to a role that may do
        more than the viewer, and for what decides who comes in while such people are linked.
        """
        secret = given.client_secret is not None
        async with self._db.write(viewer) as tx:
            old = await self._locked(tx, provider_id)
            new = checked(_merged(old, given))
            linked = await self._links.users_of(tx, old.id)
            await self._require_mapped(tx, old)
            if secret or any(getattr(new, name) != getattr(old, name) for name in DECISIVE):
                await self._rbac.require_authority(tx, *linked)
            if new.issuer != old.issuer and linked:
                raise ProviderInUse(
                    "People sign in with this provider: add another one for another issuer.",
                    field="issuer",
                )
            await self._store(tx, new, given)
            self._tell(tx, old, new, secret=secret)
        return provider_id

    async def enable(self, viewer: Viewer, provider_id: UUID, *, enabled: bool) -> UUID:
        """Offer a provider, or no longer. Raises ProviderNotFound, or BeyondViewer for offering one
        that leads to a role that may do more than the viewer.
        """
        async with self._db.write(viewer) as tx:
            old = await self._locked(tx, provider_id)
            if enabled:
                await self._require_mapped(tx, old)
            new = replace(old, enabled=enabled, is_default=old.is_default and enabled)
            await self._providers.store(tx, new)
            self._tell(tx, old, new)
        return provider_id

    async def set_default(self, viewer: Viewer, provider_id: UUID) -> UUID:
        """Offer this one first. Raises ProviderNotFound, and Conflict for one that is off."""
        async with self._db.write(viewer) as tx:
            old = await self._locked(tx, provider_id)
            if not old.enabled:
                raise Conflict("A provider that is disabled cannot be the default one.")
            new = replace(old, is_default=True)
            await self._providers.no_default(tx)
            await self._providers.store(tx, new)
            self._tell(tx, old, new)
        return provider_id

    async def delete(self, viewer: Viewer, provider_id: UUID, *, force: bool) -> None:
        """Delete a provider. Raises ProviderInUse when people are linked with it, unless `force`d,
        and even then when somebody could not sign in any more.
        """
        async with self._db.write(viewer) as tx:
            provider = await self._locked(tx, provider_id)
            linked = await self._links.users_of(tx, provider_id)
            if linked and not force:
                raise ProviderInUse(
                    f"{len(linked)} people are linked with this provider; `force` deletes it."
                )
            await self._ways_in.lock_all(tx)
            await self._providers.delete(tx, provider_id)
            if stranded := await self._ways_in.stranded(tx, linked):
                raise ProviderInUse(
                    f"{len(stranded)} people could not sign in any more: disable the provider, or "
                    "give them passwords first."
                )
            changes: Changes = {"name": {"old": provider.name, "new": None}, "links": len(linked)}
            tx.emit(ProviderDeleted(provider_id=provider_id, changes=changes))

    async def test(self, provider_id: UUID) -> ProviderTest:
        """Ask the provider for its document and its keys. Raises ProviderNotFound."""
        provider = (await self._providers.by_ids([provider_id])).get(provider_id)
        if provider is None:
            raise ProviderNotFound(provider_id)
        try:
            metadata = await self._talk.metadata(provider)
        except OidcRefused as error:
            return ProviderTest(findings=(_bad("discovery", error),))
        found = [Finding(what="discovery", good=True, detail=f"Issuer {metadata.issuer}.")]
        known = ", ".join(metadata.algorithms)
        found.append(
            Finding(
                what="algorithms",
                good=bool(known),
                detail=known or "The provider signs ID tokens in no way that is accepted here.",
            )
        )
        try:
            keys = await self._talk.keys(provider, metadata, anew=True)
        except OidcRefused as error:
            found.append(_bad("keys", error))
        else:
            found.append(Finding(what="keys", good=bool(keys), detail=f"{len(keys)} keys."))
        return ProviderTest(findings=tuple(found))

    async def _locked(self, tx: Tx, provider_id: UUID) -> Provider:
        provider = await self._providers.lock(tx, provider_id)
        if provider is None:
            raise ProviderNotFound(provider_id)
        return provider

    async def _store(self, tx: Tx, provider: Provider, given: ProviderInput) -> None:
        if given.role_mappings is not None:
            await self._require_roles(tx, provider.role_mappings)
        if not await self._providers.store(tx, provider):
            raise ProviderNameTaken(provider.name)
        secret = given.client_secret
        if secret is None:
            return
        if secret == "":
            await self._providers.set_secret(tx, provider.id, None)
            return
        require_text(secret, MOST_SECRET, "clientSecret")
        sealed = self._keyring.seal(SECRET, secret.encode(), provider.id.bytes)
        await self._providers.set_secret(tx, provider.id, sealed)

    async def _require_roles(self, tx: Tx, mappings: Mapping[str, UUID]) -> None:
        """Whoever may configure providers must not come to power by a mapping."""
        wanted = frozenset(mappings.values())
        named = await self._roles.share(tx, wanted)
        if not wanted <= named.keys():
            raise RoleUnknown(field="roleMappings")
        await self._rbac.require_within(tx, named.values())

    async def _require_mapped(self, tx: Tx, provider: Provider) -> None:
        """Nor by what a provider says that others have given mappings; roles may be gone since."""
        mapped = await self._roles.share(tx, frozenset(provider.role_mappings.values()))
        await self._rbac.require_within(tx, mapped.values())

    def _tell(self, tx: Tx, old: Provider, new: Provider, *, secret: bool = False) -> None:
        if changes := _changes(old, new, secret=secret):
            tx.emit(ProviderUpdated(provider_id=new.id, changes=changes))


def _merged(old: Provider, given: ProviderInput) -> Provider:
    """The provider with what was given; an empty address takes an override away."""
    values = {
        name: value
        for name in (
            "display_name",
            "issuer",
            "client_id",
            "scopes",
            "role_mappings",
            "auto_create",
            "update_on_login",
            "allow_linking",
            "trust_email",
        )
        if (value := getattr(given, name)) is not None
    }
    ends = msgspec.structs.asdict(given.endpoints).items()
    names = {name: text for name, text in given.claims.items() if text is not None}
    return replace(
        old,
        **values,
        endpoints=replace(old.endpoints, **{n: url or None for n, url in ends if url is not None}),
        claims=msgspec.convert(msgspec.structs.asdict(old.claims) | names, ClaimNames),
    )


def _changes(old: Provider | None, new: Provider, *, secret: bool) -> Changes:
    """What the activity log says; never the secret, only that there is another."""
    before = {} if old is None else msgspec.to_builtins(old)
    after = msgspec.to_builtins(new)
    changed: Changes = {
        name: {"old": before.get(name), "new": value}
        for name, value in after.items()
        if name not in ALWAYS and before.get(name) != value
    }
    return changed | ({"client_secret": "changed"} if secret else {})


def _bad(what: str, error: OidcRefused) -> Finding:
    return Finding(what=what, good=False, detail=error.message)
