"""Tables of second factors; what has to be read again is sealed, everything else is a hash."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    LargeBinary,
    Table,
    Text,
    Uuid,
    func,
)
from sqlalchemy.dialects.postgresql import ARRAY

from app.core.tables import metadata

# One that works, and beside it one that is being set up. `last_step` is the time step of the last
# code that was accepted: a code is good once.
totp_secrets = Table(
    "totp_secrets",
    metadata,
    Column("user_id", Uuid, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("confirmed", Boolean, primary_key=True),
    Column("secret_sealed", LargeBinary, nullable=False),
    Column("secret_key_id", Text, nullable=False),
    Column("last_step", BigInteger, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("last_used_at", DateTime(timezone=True)),
)

passkeys = Table(
    "passkeys",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("user_id", Uuid, ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("rp_id", Text(collation="C"), nullable=False),
    Column("credential_id", LargeBinary, nullable=False, unique=True),
    Column("public_key", LargeBinary, nullable=False),
    Column("sign_count", BigInteger, nullable=False),
    Column("aaguid", Text, nullable=False),
    Column("transports", ARRAY(Text), nullable=False),
    Column("synced", Boolean, nullable=False),
    Column("backed_up", Boolean, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("last_used_at", DateTime(timezone=True)),
    Column("cloned_at", DateTime(timezone=True)),
)

# What an authenticator is asked to sign, once. `reference` is the sign-in or the session that
# asked for it.
passkey_challenges = Table(
    "passkey_challenges",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column("purpose", Text(collation="C"), nullable=False),
    Column("user_id", Uuid, ForeignKey("users.id", ondelete="CASCADE"), index=True),
    Column("reference", Uuid),
    Column("rp_id", Text(collation="C"), nullable=False),
    Column("origins", ARRAY(Text), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False, index=True),
)

backup_peppers = Table(
    "backup_peppers",
    metadata,
    Column("user_id", Uuid, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("pepper_sealed", LargeBinary, nullable=False),
    Column("pepper_key_id", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

backup_codes = Table(
    "backup_codes",
    metadata,
    Column("user_id", Uuid, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("mac", LargeBinary, primary_key=True),
    Column("used_at", DateTime(timezone=True)),
)

# `password_mark` names the password that was good when the device was trusted: with another one
# nobody is trusted any longer, whichever way it was changed.
trusted_devices = Table(
    "trusted_devices",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("user_id", Uuid, ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("token_hash", LargeBinary, nullable=False, unique=True),
    Column("password_mark", LargeBinary, nullable=False),
    Column("name", Text, nullable=False),
    Column("address", Text),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("expires_at", DateTime(timezone=True), nullable=False, index=True),
    Column("last_used_at", DateTime(timezone=True)),
)
