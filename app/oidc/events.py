"""What happens with providers and links."""

from typing import Any
from uuid import UUID

from app.core.events import Audit, Event, event


@event("oidc.login", audit=Audit("oidc", "provider_id"))
class OidcSignedIn(Event, frozen=True, kw_only=True):
    """Somebody came from a provider, or did not get in."""

    provider_id: UUID
    user_id: UUID | None = None
    success: bool = True
    problem: str | None = None


@event("oidc.link", audit=Audit("oidc", "provider_id"))
class OidcLinked(Event, frozen=True, kw_only=True):
    """An account can be signed in to with an account at a provider."""

    provider_id: UUID
    user_id: UUID
    changes: dict[str, Any] | None = None


@event("oidc.unlink", audit=Audit("oidc", "provider_id"))
class OidcUnlinked(Event, frozen=True, kw_only=True):
    """No longer."""

    provider_id: UUID
    user_id: UUID


@event("oidc.provider.add", audit=Audit("oidc", "provider_id"))
class ProviderAdded(Event, frozen=True, kw_only=True):
    """There is a new provider."""

    provider_id: UUID
    changes: dict[str, Any]


@event("oidc.provider.update", audit=Audit("oidc", "provider_id"))
class ProviderUpdated(Event, frozen=True, kw_only=True):
    """A provider is configured in another way."""

    provider_id: UUID
    changes: dict[str, Any]


@event("oidc.provider.delete", audit=Audit("oidc", "provider_id"))
class ProviderDeleted(Event, frozen=True, kw_only=True):
    """A provider is gone, and the links with it."""

    provider_id: UUID
    changes: dict[str, Any]
