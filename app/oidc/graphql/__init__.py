"""Signing in elsewhere, in the API."""

from app.oidc.graphql.admin import ProviderMutations, ProviderRoots
from app.oidc.graphql.sign_in import OidcMutations, OidcRoots
from app.oidc.graphql.views import OidcLinkView, OidcProviderConfigView, OidcProviderView

__all__ = [
    "OidcLinkView",
    "OidcMutations",
    "OidcProviderConfigView",
    "OidcProviderView",
    "OidcRoots",
    "ProviderMutations",
    "ProviderRoots",
]
