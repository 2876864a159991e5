"""Reads of one number, that take as long as is wanted."""

from sqlalchemy import Select, Text, cast, func, literal, select


def number(value: int, sleep: float = 0, name: str = "n") -> Select[int, str]:
    """One row of the number, after so many seconds. Under another name it is another statement."""
    slept = select(func.pg_sleep(sleep)).scalar_subquery()
    return select(literal(value).label(name), cast(slept, Text).label("slept"))
