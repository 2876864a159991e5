"""What is changed about persons: by providers, and by hand."""

import unicodedata
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Any, Final

from msgspec import Struct

from app.core.errors import Conflict, Invalid, NotFound
from app.people.domain.persons import person_key

MOST_MERGED: Final = 20
MOST_NAME: Final = 200
MOST_BIOGRAPHY: Final = 20_000
EARLIEST: Final = date(1000, 1, 1)


class PersonField(StrEnum):
    """What a refresh leaves alone once it is locked."""

    NAME = "name"
    BIOGRAPHY = "biography"
    BIRTH_DATE = "birth_date"
    DEATH_DATE = "death_date"
    BIRTH_PLACE = "birth_place"
    DEPARTMENT = "department"
    HOMEPAGE = "homepage"
    ALSO_KNOWN_AS = "also_known_as"


class PersonDetails(Struct, frozen=True, kw_only=True):
    """What providers have on record of a person; None and what is empty is not said.

    `biographies` are by language (BCP 47), `ids` by source.
    """

    name: str | None = None
    biography: str | None = None
    biographies: Mapping[str, str] = {}
    birth_date: date | None = None
    death_date: date | None = None
    birth_place: str | None = None
    department: str | None = None
    homepage: str | None = None
    also_known_as: tuple[str, ...] = ()
    popularity: float | None = None
    portrait_url: str | None = None
    ids: Mapping[str, str] = {}


class PersonEdit(Struct, frozen=True, kw_only=True):
    """What somebody says of a person by hand: fields by their names, None to have nothing there.

    What is edited is locked; `locked` are all other locks from now on, None to leave them.
    """

    values: Mapping[PersonField, Any] = {}
    locked: tuple[PersonField, ...] | None = None

    def checked(self) -> "PersonEdit":
        """The edit as it is kept. Raises Invalid."""
        values = {name: _checked(name, value) for name, value in self.values.items()}
        return PersonEdit(values=values, locked=self.locked)


class PersonNotFound(NotFound):
    """There is no such person, or they took part in nothing that the viewer may see."""

    def __init__(self, field: str = "id") -> None:
        super().__init__("There is no such person.", field=field)


class PersonNameTaken(Conflict):
    """Of those who are known by name alone, each has one of their own."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"There is another person named {name}: if they are one, merge them.", field="name"
        )


def check_life(birth: date | None, death: date | None) -> None:
    """Raise Invalid for who died before they were born."""
    if birth is not None and death is not None and death < birth:
        raise Invalid("Nobody dies before they were born.", field="deathDate")


def _checked(name: PersonField, value: Any) -> Any:
    if isinstance(value, date):
        if value < EARLIEST:
            raise Invalid("Dates begin with the year 1000.", field=_shown(name))
        return value
    text = (value or "").strip()
    if name is PersonField.NAME and not person_key(text):
        raise Invalid("A person has a name.", field="name")
    most = MOST_BIOGRAPHY if name is PersonField.BIOGRAPHY else MOST_NAME
    if len(text) > most:
        raise Invalid(f"It takes at most {most} characters.", field=_shown(name))
    allowed = "\n\t" if name is PersonField.BIOGRAPHY else ""
    # Cc: control characters. Cs: halves of surrogate pairs. Zl, Zp: line breaks in disguise.
    if any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") for c in text if c not in allowed):
        raise Invalid("It takes no control characters.", field=_shown(name))
    return text or None


def _shown(name: PersonField) -> str:
    head, *tail = name.value.split("_")
    return head + "".join(part.title() for part in tail)
