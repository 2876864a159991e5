"""What goes wrong while an operation is executed, by a seed: the same for whoever executes it, in
whatever order and in whatever batches.
"""

import contextlib
import hashlib
import inspect
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec
from graphql import GraphQLSchema
from msgspec.structs import force_setattr, replace

from app.core.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable
from app.gql.edge import ANY_NODE, Edge
from app.gql.view import spec_of
from tests.gql.rules import declared, fields_of

FAULTS = "faults"
LEAVES: tuple[Any, ...] = (
    None,
    None,
    2**31,
    -(2**40),
    2**53 + 1,
    float("inf"),
    float("nan"),
    3.5,
    3.0,
    "twelve",
    "",
    True,
    (),
    (None,),
    ("x", None, 1),
    {"a": 1},
    {},
)
NO_LISTS: tuple[Any, ...] = (None, (), (None,), 3.5, 7, True)
NO_OBJECTS: tuple[Any, ...] = (None,)


def errors() -> tuple[Exception, ...]:
    """What is raised: what services raise, and what nobody expects."""
    return (
        NotFound("It is not there.", field="id"),
        Forbidden("You may not."),
        Invalid("It is wrong.", field="first"),
        Conflict("Not now."),
        Unavailable("It does not answer."),
        ValueError("inside"),
        KeyError("inside"),
        ZeroDivisionError("inside"),
        TimeoutError("inside"),
    )


@dataclass
class Faults:
    """Rates of what goes wrong, each between 0 and 1."""

    seed: int
    batches: float = 0.08
    reads: float = 0.02
    keys: float = 0.12
    leaves: float = 0.06
    happened: set[str] = field(default_factory=set)

    def chance(self, *what: object) -> float:
        """A number from 0 to 1 that belongs to this."""
        digest = hashlib.blake2b(repr((self.seed, what)).encode(), digest_size=8).digest()
        return int.from_bytes(digest) / 2**64

    def pick(self, among: Collection[Any], *what: object) -> Any:
        """One of several that belongs to this."""
        listed = list(among)
        return listed[int(self.chance("pick", *what) * len(listed))]

    def fail(self, rate: float, *what: object) -> None:
        """Raise, or not."""
        if self.chance(*what) < rate:
            self.happened.add("a batch raises" if what[0] == "batch" else "a read raises")
            raise self.pick(errors(), *what)

    def changed(self, name: str, keys: frozenset[str], found: Mapping[Any, Any]) -> dict[Any, Any]:
        """What a batch answers, with something wrong in it."""
        made: dict[Any, Any] = {}
        for key, value in found.items():
            chance = self.chance("key", name, key)
            if isinstance(value, list | tuple) and value and chance < self.keys * 0.6:
                self.happened.add("a list holds no value")
                made[key] = [*value[:1], None, *value[1:]]
            elif chance < self.keys * 0.8:
                self.happened.add("a key is left out")
            elif chance < self.keys:
                self.happened.add("a key has no value")
                made[key] = None
            else:
                made[key] = self._spoilt(name, keys, key, value)
        return made

    def _spoilt(self, name: str, keys: frozenset[str], key: Any, value: Any) -> Any:
        if isinstance(value, list | tuple):
            return [self._spoilt(name, keys, (key, n), one) for n, one in enumerate(value)]
        if not isinstance(value, msgspec.Struct):
            return value
        wrong = {
            leaf: self.pick(_wrong_values(type(value), leaf), "value", name, key, leaf)
            for leaf in value.__struct_fields__
            if leaf not in keys
            and not _is_id(leaf)
            and self.chance("leaf", name, key, leaf) < self.leaves
        }
        if not wrong:
            return value
        self.happened.add("a leaf is wrong")
        return replace(value, **wrong)


@lru_cache(maxsize=1000)
def _wrong_values(entity: Any, name: str) -> tuple[Any, ...]:
    """What an attribute may be instead. Texts and truths stay what they are declared as: the
    compiled executor takes the entity's word for them.
    """
    hint = get_type_hints(entity)[name]
    options = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    kinds = [option for option in options if option is not type(None)]
    nothing = (None,) * (len(options) - len(kinds))
    if kinds == [str]:
        return ("", "other", "\u2028", *nothing)
    if kinds == [bool]:
        return (True, False, *nothing)
    if any(get_origin(kind) in (list, tuple) for kind in kinds):
        return NO_LISTS
    if any(isinstance(kind, type) and issubclass(kind, msgspec.Struct) for kind in kinds):
        return NO_OBJECTS
    return LEAVES


def _is_id(name: str) -> bool:
    """What batches are asked by, or what says what a thing is, stays: nobody agrees on the rest."""
    return name == "id" or name.endswith(("_id", "_ids")) or name in ("kind", "item_kind", "item")


class Troubled:
    """The application, with faults: its reads raise now and then, by their name."""

    def __init__(self, app: Any, faults: Faults, name: str = "") -> None:
        self._app, self.faults, self._name = app, faults, name

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._app, name)
        if not self._name:
            own = type(found).__module__.startswith("app.")
            reads = own and not type(found).__module__.startswith(("app.core", "app.gql"))
            return Troubled(found, self.faults, name) if reads else found
        if not (inspect.iscoroutinefunction(found) or hasattr(found, "declared")):
            return found  # no read
        what = ("read", self._name, name)

        async def read(*args: Any, **given: Any) -> Any:
            self.faults.fail(self.faults.reads, *what)
            return await found(*args, **given)

        return read


@contextlib.contextmanager
def faults_everywhere(schema: GraphQLSchema, views: Collection[type[Any]]) -> Iterator[None]:
    """Every edge and every load by id, with the faults of the application that it is handed."""
    targets: dict[int, tuple[str, Any]] = {}
    for path, _, made in fields_of(schema):
        relation = declared(made, "edge")
        if isinstance(relation, Edge) and relation.load is not ANY_NODE:  # those of nodes are
            targets.setdefault(id(relation), (path, relation))
    for view in views:
        spec = spec_of(view)
        if spec is not None and spec.load is not None:
            targets[id(spec)] = (f"node {spec.node}", spec)
    keys = frozenset(t.key for _, t in targets.values() if isinstance(t, Edge))
    before = [(target, target.load) for _, target in targets.values()]
    try:
        for name, target in targets.values():
            force_setattr(target, "load", _faulty(name, keys, target.load))
        yield
    finally:
        for target, load in before:
            force_setattr(target, "load", load)


def _faulty(name: str, keys: frozenset[str], load: Any) -> Any:
    async def batch(app: Any, viewer: Any, ids: Any, **args: Any) -> Any:
        faults = getattr(app, FAULTS, None)
        if faults is None:
            return await load(app, viewer, ids, **args)
        faults.fail(faults.batches, "batch", name, tuple(sorted(args.items())))
        return faults.changed(name, keys, await load(app, viewer, ids, **args))

    return batch
