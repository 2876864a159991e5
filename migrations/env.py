"""Alembic's environment, on a connection whose lock and time limits `app.core.migrate` has set."""

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
