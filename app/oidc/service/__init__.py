"""Use cases of signing in elsewhere."""

from app.oidc.service.flows import COOKIE_PREFIX, Flows
from app.oidc.service.people import People
from app.oidc.service.providers import Providers
from app.oidc.service.resealing import Resealing
from app.oidc.service.sign_in import OidcSignIn
from app.oidc.service.talk import Talk

__all__ = [
    "COOKIE_PREFIX",
    "Flows",
    "OidcSignIn",
    "People",
    "Providers",
    "Resealing",
    "Talk",
]
