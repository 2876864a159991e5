"""Tables of providers, links and sign-ins on the way. Secrets are sealed, tokens are hashes."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from app.core.tables import metadata

oidc_providers = Table(
    "oidc_providers",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("name", Text(collation="C"), nullable=False, unique=True),
    Column("display_name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("issuer", Text, nullable=False),
    Column("client_id", Text, nullable=False),
    Column("client_secret_sealed", LargeBinary),
    Column("client_secret_key_id", Text),
    Column("endpoints", JSONB, nullable=False),
    Column("scopes", JSONB, nullable=False),
    Column("claims", JSONB, nullable=False),
    Column("role_mappings", JSONB, nullable=False),
    Column("auto_create", Boolean, nullable=False),
    Column("update_on_login", Boolean, nullable=False),
    Column("allow_linking", Boolean, nullable=False),
    Column("trust_email", Boolean, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("is_default", Boolean, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    CheckConstraint(
        "(client_secret_sealed is null) = (client_secret_key_id is null)", name="sealed_secret"
    ),
    Index(
        "uq_oidc_providers_default",
        "is_default",
        unique=True,
        postgresql_where=text("is_default"),
    ),
)

oidc_links = Table(
    "oidc_links",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("user_id", Uuid, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column(
        "provider_id",
        Uuid,
        ForeignKey("oidc_providers.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("subject", Text(collation="C"), nullable=False),
    Column("email", Text),
    Column("name", Text),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("last_login_at", DateTime(timezone=True)),
    UniqueConstraint("user_id", "provider_id"),
    UniqueConstraint("provider_id", "subject"),
)

# Where a session began. It need not be there yet: it may wait for a second factor.
oidc_sessions = Table(
    "oidc_sessions",
    metadata,
    Column("session_id", Uuid, primary_key=True),
    Column(
        "provider_id",
        Uuid,
        ForeignKey("oidc_providers.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("id_token_sealed", LargeBinary, nullable=False),
    Column("id_token_key_id", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, index=True),
)

oidc_states = Table(
    "oidc_states",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("state_hash", LargeBinary, nullable=False, unique=True),
    Column(
        "provider_id",
        Uuid,
        ForeignKey("oidc_providers.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("purpose", Text, nullable=False),
    Column("user_id", Uuid, ForeignKey("users.id", ondelete="CASCADE"), index=True),
    Column("binding_hash", LargeBinary, nullable=False),
    Column("in_browser", Boolean, nullable=False),
    Column("redirect_path", Text, nullable=False),
    # Nonce and PKCE verifier on the way out, who came back on the way in.
    Column("carried_sealed", LargeBinary, nullable=False),
    Column("carried_key_id", Text, nullable=False),
    Column("code_hash", LargeBinary, unique=True),
    Column("expires_at", DateTime(timezone=True), nullable=False, index=True),
    Column("used_at", DateTime(timezone=True)),
    Column("finished_at", DateTime(timezone=True)),
)
