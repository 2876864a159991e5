"""Every slice's entry points of jobs and events."""

from collections.abc import Sequence
from types import ModuleType
from typing import Final

from app.activity import handlers as activity_handlers
from app.apikeys import handlers as api_key_handlers
from app.auth import handlers as auth_handlers
from app.catalog import handlers as catalog_handlers
from app.enrichment import handlers as enrichment_handlers
from app.images import handlers as images_handlers
from app.items import handlers as items_handlers
from app.mfa import handlers as mfa_handlers
from app.oidc import handlers as oidc_handlers
from app.scanning import handlers as scanning_handlers
from app.search import handlers as search_handlers
from app.server import handlers as server_handlers
from app.uploads import handlers as uploads_handlers
from app.users import handlers as users_handlers

HANDLERS: Final[Sequence[ModuleType]] = (
    activity_handlers,
    api_key_handlers,
    auth_handlers,
    catalog_handlers,
    enrichment_handlers,
    images_handlers,
    items_handlers,
    mfa_handlers,
    oidc_handlers,
    scanning_handlers,
    search_handlers,
    server_handlers,
    uploads_handlers,
    users_handlers,
)
