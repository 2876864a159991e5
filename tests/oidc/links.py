"""A provider and a link without anybody going there."""

from app.container import Container
from app.core.access import SYSTEM
from app.core.ids import encode_id
from app.oidc.domain import Identity, ProviderInput, ProviderKind
from tests.support.people import Somebody


async def linked(app: Container, somebody: Somebody, name: str = "linked") -> list[str]:
    """Global ids of a new provider, of its configuration, and of somebody's link with it."""
    given = ProviderInput(name=name, issuer="https://idp.test", client_id="me")
    provider_id = await app.oidc_providers.create(SYSTEM, ProviderKind.GENERIC, given)
    async with app.db.write(SYSTEM) as tx:
        identity = Identity(subject=str(somebody.id))
        link_id = await app.oidc_link_repository.add(tx, somebody.id, provider_id, identity)
    assert link_id is not None
    kinds = ("oidc_provider", "oidc_provider_config")
    return [*(encode_id(kind, provider_id) for kind in kinds), encode_id("oidc_link", link_id)]
