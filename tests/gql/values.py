"""Values of arguments for generated documents, by their type: good ones, odd ones, wrong ones."""

import random
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    Undefined,
)

from app.core.ids import encode_id, new_id

ODD_TEXTS = ("", "x", "é\u202e🎬", 'a "quoted" text', "x" * 600, "Open")
TIMES = ("2026-01-01T00:00:00Z", "2020-06-30T12:00:00.5+02:00", "1999-12-31T23:59:59-11:00")
WRONG: Mapping[str, Sequence[Any]] = {
    "Int": (2**31, -(2**31) - 1, 1.5, "1", True, [1, 2], {"a": 1}),
    "Float": ("1.5", True, [0.5, 1], {}),
    "Boolean": (0, 1, "true", []),
    "String": (1, 1.5, False, {"a": "b"}),
    "ID": (1.5, True, {}, ["a", "b"]),
    "DateTime": ("yesterday", "2026-01-01", "2026-01-01T00:00:00", 0, ""),
    "Date": ("2026-13-01", 0, ""),
    "BigInt": (2**63, "x", 1.5),
    "SettingValue": ({}, [1]),
}
LEAVES: Mapping[str, Sequence[Any]] = {
    "Float": (0, 1, 7, 5.5, 6.25, 1e3, -1.0, 600),
    "Boolean": (True, False),
    "DateTime": TIMES,
    "BigInt": (0, 2**40, "12"),
    "SettingValue": (True, False, 1, 30, "en", "dark", "", 1.5),
    "JSON": ({}, {"id": "x"}, [], "x", 1),
}


class Name(str):
    """A value of an enumeration: it has no quotes in a document."""

    __slots__ = ()


class Reference(str):
    """A variable inside a value that is written into the document."""

    __slots__ = ()


@dataclass(frozen=True)
class Pool:
    """What there is to ask about: ids by kind, cursors by root field, texts by argument."""

    ids: Mapping[str, Sequence[str]]
    cursors: Mapping[str, Sequence[str]] = field(default_factory=dict)
    texts: Mapping[str, Sequence[Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Place:
    """Where a value stands: the field, and the argument or the field of its input."""

    field: str
    name: str


def literal(value: Any) -> str:
    """A value as a document spells it."""
    match value:
        case None:
            return "null"
        case Name():
            return str(value)
        case Reference():
            return f"${value}"
        case list():
            return f"[{', '.join(literal(v) for v in value)}]"
        case dict():
            return "{" + ", ".join(f"{k}: {literal(v)}" for k, v in value.items()) + "}"
    return orjson.dumps(value).decode()


class Values:
    """Draws values of input types."""

    def __init__(self, rng: random.Random, pool: Pool, used: Counter[str]) -> None:
        self._rng, self._pool, self._used = rng, pool, used
        self.wrong, self.loose = 0.003, False  # `loose`: as JSON, not in a document

    def of(self, kind: GraphQLInputType, place: Place, *, refer: Any = None) -> Any:
        """A value; `refer(type, default, place)` may answer with a variable for an inner one."""
        rng = self._rng
        if isinstance(kind, GraphQLNonNull):
            inner = kind.of_type
        elif rng.random() < 0.12:
            self._used["null value"] += 1
            return None
        else:
            inner = kind
        if isinstance(inner, GraphQLList):
            return self._list(inner, place, refer)
        if isinstance(inner, GraphQLInputObjectType):
            return self._input(inner, place, refer)
        if rng.random() < self.wrong:
            self._used["wrong value"] += 1
            return self._wrong_leaf(inner)
        if isinstance(inner, GraphQLEnumType):
            return Name(rng.choice(list(inner.values)))
        return self._leaf(inner.name, place)

    def _list(self, kind: GraphQLList[Any], place: Place, refer: Any) -> Any:
        rng = self._rng
        if rng.random() < 0.12:
            self._used["single value for a list"] += 1
            return self.of(GraphQLNonNull(_bare(kind.of_type)), place, refer=refer)
        count = rng.choice((0, 1, 1, 1, 2, 2, 3, 4))
        found = [self.of(kind.of_type, place, refer=refer) for _ in range(count)]
        if found and rng.random() < 0.1:
            self._used["value twice in a list"] += 1
            found.append(found[0])
        return found

    def _input(self, kind: GraphQLInputObjectType, place: Place, refer: Any) -> Any:
        rng = self._rng
        if rng.random() < self.wrong / 2:
            self._used["wrong input"] += 1
            return rng.choice(("text", 1, {"nothing": 1}))
        names = list(kind.fields)
        if kind.is_one_of and rng.random() < 0.9:
            names = [rng.choice(names)]
        else:
            most = rng.choice((0, 1, 1, 2, 3, len(names)))
            chosen = set(rng.sample(names, min(most, len(names))))
            names = [n for n in names if n in chosen or _required(kind.fields[n])]
        self._used["input" if len(names) == len(kind.fields) else "partial input"] += 1
        made: dict[str, Any] = {}
        for name in names:
            inner = kind.fields[name]
            where = Place(place.field, name)
            if refer is not None and not kind.is_one_of and rng.random() < 0.2:
                made[name] = refer(inner.type, inner.default_value is not Undefined, where)
            elif kind.is_one_of:
                made[name] = self.of(GraphQLNonNull(_bare(inner.type)), where, refer=refer)
            else:
                made[name] = self.of(inner.type, where, refer=refer)
        return made

    def _wrong_leaf(self, kind: Any) -> Any:
        if isinstance(kind, GraphQLEnumType):
            return self._rng.choice(("NOTHING", 1, True))
        return self._rng.choice(WRONG.get(kind.name, ("x",)))

    def _leaf(self, name: str, place: Place) -> Any:
        rng = self._rng
        own = {"ID": self._id, "Int": self._int, "String": self._text}.get(name)
        if own is not None:
            return own(place)
        if name == "Date":
            return rng.choice(TIMES)[:10]
        return rng.choice(LEAVES[name])

    def _int(self, place: Place) -> Any:
        rng = self._rng
        if rng.random() < 0.04:
            self._used["out of bounds"] += 1
            return rng.choice((0, -1, 101, 100, 2**31 - 1))
        if self.loose and rng.random() < 0.05:
            self._used["float for an Int"] += 1
            return float(rng.randint(1, 3))
        if place.name.startswith("year"):
            return rng.choice((1950, 1999, 2005, 2026))
        return rng.choice((1, 1, 2, 2, 3, 5, 13))

    def _id(self, place: Place) -> str:
        rng, ids = self._rng, self._pool.ids
        kind = _kind(place, ids)
        chance = rng.random()
        if kind is None or chance > 0.92:
            self._used["id of any kind"] += 1
            return str(rng.choice(ids[rng.choice(sorted(ids))]))
        if chance > 0.86:
            self._used["missing object"] += 1
            return encode_id(kind, new_id())
        if chance > 0.82:
            self._used["malformed id"] += 1
            return str(rng.choice(("", "x", f"{kind}_", f"{kind}_0", ids[kind][0].upper())))
        self._used["id"] += 1
        return str(rng.choice(ids[kind]))

    def _text(self, place: Place) -> Any:
        rng, pool = self._rng, self._pool
        if place.name == "after":
            known = pool.cursors.get(place.field)
            if known and rng.random() < 0.9:
                self._used["cursor"] += 1
                return rng.choice(known)
            self._used["wrong cursor"] += 1
            others = [c for cursors in pool.cursors.values() for c in cursors]
            return rng.choice([*ODD_TEXTS, *others])
        known = pool.texts.get(f"{place.field}.{place.name}") or pool.texts.get(place.name)
        if known and rng.random() < 0.9:
            return rng.choice(known)
        return rng.choice(ODD_TEXTS)


def _kind(place: Place, ids: Mapping[str, Any]) -> str | None:
    """What an argument is the id of, by its name or its field's."""
    name = re.sub("Ids?$", "", place.name)
    if name in ids:
        return name
    lowered = re.sub("[A-Z]", lambda m: f"_{m[0].lower()}", place.field)
    candidates = [kind for kind in ids if lowered == kind or lowered.endswith(f"_{kind}")]
    return candidates[0] if place.name == "id" and candidates else None


def _bare(kind: Any) -> Any:
    return kind.of_type if isinstance(kind, GraphQLNonNull) else kind


def _required(declared: Any) -> bool:
    return isinstance(declared.type, GraphQLNonNull) and declared.default_value is Undefined
