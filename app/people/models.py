"""The table of persons."""

from sqlalchemy import Column, Table, Text, Uuid

from app.core.tables import metadata

people = Table(
    "people",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("name_key", Text(collation="C"), nullable=False, unique=True),
    Column("portrait_url", Text),
)
