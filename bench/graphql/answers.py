"""Whether all contenders say the same: how ids and moments are written is their own affair."""

import re
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

_ID: Final = re.compile(r"(?:[a-z]+(?:_[a-z]+)*_)?([0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12})")
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d.*")
CURSOR: Final = "endCursor"


class Different(Exception):
    """A contender says something else than the others."""


def canonical(said: Any) -> Any:
    """The same data in one way of writing; of a cursor only whether there is one."""
    if isinstance(said, dict):
        return {
            name: value is not None if name == CURSOR else canonical(value)
            for name, value in said.items()
        }
    if isinstance(said, list):
        return [canonical(value) for value in said]
    if isinstance(said, str):
        if found := _ID.fullmatch(said):
            return UUID(found[1])
        if _MOMENT.fullmatch(said):
            return datetime.fromisoformat(said).astimezone(UTC)
    return said


def flattened(said: Any) -> Any:
    """What PostGraphile says, without the connections and links inside of films."""
    if isinstance(said, list):
        return [flattened(value) for value in said]
    if not isinstance(said, dict):
        return said
    return {name: _inside(value) for name, value in said.items()}


def _inside(value: Any) -> Any:
    if isinstance(value, dict) and value.keys() == {"nodes"}:
        return [
            node["genre"] if node.keys() == {"genre"} else flattened(node)
            for node in value["nodes"]
        ]
    return flattened(value)


def films(said: Any) -> Any:
    """An answer of PostGraphile in the form of the others: its root fields are as theirs."""
    return {
        root: {name: flattened(value) for name, value in field.items()}
        if "nodes" in field
        else flattened(field)
        for root, field in said.items()
    }


def difference(one: Any, other: Any, path: str = "") -> str | None:
    """Where two canonical answers part, in words; None where they are equal."""
    if isinstance(one, dict) and isinstance(other, dict):
        if missing := sorted(one.keys() ^ other.keys()):
            return f"{path or 'the answer'}: only one of them has {', '.join(missing)}"
        pairs = [(f"{path}.{name}".lstrip("."), one[name], other[name]) for name in one]
    elif isinstance(one, list) and isinstance(other, list):
        if len(one) != len(other):
            return f"{path}: {len(one)} and {len(other)} elements"
        both = zip(one, other, strict=True)
        pairs = [(f"{path}[{n}]", mine, theirs) for n, (mine, theirs) in enumerate(both)]
    else:
        return None if one == other else f"{path}: {one!r} and {other!r}"
    return next((found for pair in pairs if (found := difference(pair[1], pair[2], pair[0]))), None)


def compare(names: tuple[str, str], what: str, said: tuple[Any, Any]) -> None:
    """Raises Different with a sentence where the answers of two contenders are not the same."""
    if found := difference(canonical(said[0]), canonical(said[1])):
        raise Different(f"{names[0]} and {names[1]} differ in {what}, at {found}.")
