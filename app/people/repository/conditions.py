"""What other repositories compose with persons."""

from typing import Any

from sqlalchemy import ColumnElement, select

from app.people.models import people


def name_of(person_column: ColumnElement[Any]) -> ColumnElement[str]:
    """The name of a row's person."""
    found = select(people.c.name).where(people.c.id == person_column)
    return found.correlate_except(people).scalar_subquery()
