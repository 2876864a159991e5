"""Providers, links and sign-ins on the way in PostgreSQL; none of it is cached."""

from app.oidc.repository.links import LinkRepository
from app.oidc.repository.providers import ProviderRepository
from app.oidc.repository.sessions import OidcSessionRepository
from app.oidc.repository.states import StateRepository

__all__ = ["LinkRepository", "OidcSessionRepository", "ProviderRepository", "StateRepository"]
