"""Documents made out of a schema: everything that GraphQL can say about it, right and wrong.

`documents(schema, pool)` is a strategy of hypothesis. Each document comes with its variables, the
operation that is meant, and what it is made of, so that a test can say what it has covered.

Within one document the same answer's name always means the same field with the same arguments, so
that all of its selections can be merged wherever they meet.
"""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
)
from hypothesis import strategies

from app.gql.execution import Request
from tests.gql.facts import Facts, shape, sort
from tests.gql.inputs import Inputs, Variable
from tests.gql.values import Pool, Values

MOST_ALIASES = 24
MOST_FRAGMENTS = 5
MOST_DEPTH = 9
INTROSPECTION = (
    "__schema { queryType { name } types { name kind } }",
    "__schema { directives { name args { name } } }",
    '__type(name: "Movie") { name kind fields(includeDeprecated: true) { name type { name } } }',
    '__type(name: "Nothing") { name }',
)


@dataclass(frozen=True)
class Drawn:
    """A request, and what it is made of."""

    request: Request
    used: Counter[str]
    fields: frozenset[str]


@dataclass
class _Definition:
    """An operation or fragment while it is written."""

    name: str
    on: GraphQLNamedType
    text: str = ""
    variables: set[str] = field(default_factory=set)
    spreads: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class _Head:
    """A field as it is asked for: `alias: name(arguments)`."""

    alias: str
    call: str
    declared: GraphQLField
    variables: frozenset[str]

    @property
    def text(self) -> str:
        return f"{self.alias}: {self.call}" if self.alias else self.call


def documents(
    schema: GraphQLSchema, pool: Pool, root: str = "Query"
) -> strategies.SearchStrategy[Drawn]:
    """Requests of one kind of operation. They do not shrink: `reduced` makes them small."""
    facts, seeds = Facts(schema, root), strategies.randoms(use_true_random=True)
    return seeds.map(lambda rng: Generator(facts, pool, rng).drawn())


class Generator:
    """Draws one request."""

    def __init__(self, facts: Facts, pool: Pool, rng: random.Random) -> None:
        self._facts, self._rng = facts, rng
        self._root = facts.root
        self._operation = facts.root.name.lower()
        self.used: Counter[str] = Counter()
        self._values = Values(rng, pool, self.used)
        self._fragments: list[_Definition] = []
        self._inputs = Inputs(facts, self._values, rng, self.used)
        self._heads: dict[str, list[_Head]] = {}
        self._plain: dict[str, _Head] = {}
        self._aliases: dict[str, tuple[str, dict[str, _Head]]] = {}
        self._budget = min(90, 2 + int(rng.expovariate(1 / 16)))
        self._shapes: dict[str, str] = {}
        self._now: _Definition = _Definition("", self._root)
        self.fields: set[str] = set()

    # -- the request

    def drawn(self) -> Drawn:
        """A whole request."""
        rng = self._rng
        count = 1 if rng.random() < 0.9 else rng.choice((2, 3))
        operations = []
        for number in range(count):
            name = f"Op{number}" if count > 1 or rng.random() < 0.4 else ""
            made = self._now = _Definition(name, self._root)
            made.text = self._selections(self._root, 0, roots=True)
            operations.append(made)
            self._budget += 8
        return self._request(operations)

    def around(self, calls: Sequence[str]) -> Drawn:
        """A request of these root fields with these arguments, and of anything below them."""
        made = self._now
        parts = []
        for number, call in enumerate(calls):
            declared = self._root.fields[call.partition("(")[0]]
            target = get_named_type(declared.type)
            below = "" if is_leaf_type(target) else self._selections(target, 1)
            parts.append(f"{f'm{number}: ' if number else ''}{call} {below}")
        made.text = f"{{ {' '.join(parts)} }}"
        return self._request([made])

    def _request(self, operations: list[_Definition]) -> Drawn:
        rng, count = self._rng, len(operations)
        meant = rng.choice(operations)
        parts = [self._printed(made, alone=count == 1) for made in operations]
        parts += [f"fragment {f.name} on {f.on.name} {f.text}" for f in self._fragments]
        if rng.random() < 0.5:
            rng.shuffle(parts)
        if count > 1:
            self.used["several operations"] += 1
        text = "\n".join(parts)
        if rng.random() < 0.012:
            self.used["broken document"] += 1
            text = self._broken(text)
        request = Request(text, self._given(meant), self._named(meant, count))
        return Drawn(request, self.used, frozenset(self.fields))

    def _named(self, meant: _Definition, count: int) -> str | None:
        if self._rng.random() < 0.01:
            self.used["no such operation"] += 1
            return None if count > 1 else "Nothing"
        return meant.name or None if count > 1 or self._rng.random() < 0.5 else None

    def _printed(self, made: _Definition, *, alone: bool) -> str:
        variables = ", ".join(v.declared for v in self._needed(made))
        if not variables and not made.name and alone and self._operation == "query":
            self.used["shorthand"] += 1
            return made.text
        head = f"{self._operation} {made.name}".rstrip()
        return f"{head}({variables}) {made.text}" if variables else f"{head} {made.text}"

    def _needed(self, made: _Definition) -> list[Variable]:
        known = {f.name: f for f in self._fragments}
        wanted, waiting, seen = set(made.variables), [*made.spreads], set[str]()
        while waiting:
            name = waiting.pop()
            if name not in seen:
                seen.add(name)
                wanted |= known[name].variables
                waiting += known[name].spreads
        return [v for name, v in self._inputs.variables.items() if name in wanted]

    def _given(self, meant: _Definition) -> dict[str, Any]:
        rng, given = self._rng, {}
        self._values.wrong, self._values.loose = 0.012, True
        for variable in self._needed(meant):
            optional = variable.default is not None or not isinstance(variable.kind, GraphQLNonNull)
            if optional and rng.random() < 0.3:
                self.used["variable left out"] += 1
                continue
            if not optional and rng.random() < 0.01:
                self.used["required variable left out"] += 1
                continue
            value = self._values.of(variable.kind, variable.place)
            self.used["null variable" if value is None else "variable given"] += 1
            given[variable.name] = value
        if rng.random() < 0.05:
            self.used["unknown variable"] += 1
            given["unknown"] = rng.choice((1, "x", None, {"a": [1]}))
        return given

    def _broken(self, text: str) -> str:
        words = text.split(" ")
        at = self._rng.randrange(len(words))
        words[at] = self._rng.choice(("nothing", "", "{", "}", "...", "$x", "(first: 1)", "@skip"))
        return " ".join(words)

    # -- selections

    def _selections(self, kind: GraphQLNamedType, depth: int, *, roots: bool = False) -> str:
        rng = self._rng
        count = rng.choice((1, 1, 1, 2, 2, 3)) if roots else rng.choice((1, 2, 2, 3, 3, 4, 6))
        parts: list[str] = []
        for _ in range(count):
            part = self._selection(kind, depth)
            parts.append(part)
            if rng.random() < 0.06:
                self.used["the same twice"] += 1
                parts.append(part)
            if self._budget <= 0:
                break
        return f"{{ {' '.join(parts)} }}"

    def _selection(self, kind: GraphQLNamedType, depth: int) -> str:
        rng, chance = self._rng, self._rng.random()
        abstract = is_abstract_type(kind)
        if self._budget > 0 and depth < MOST_DEPTH:
            if chance < (0.32 if abstract else 0.1):
                return self._inline(kind, depth)
            if chance < (0.5 if abstract else 0.17):
                spread = self._spread(kind, depth)
                if spread is not None:
                    return spread
        if chance > 0.95 or isinstance(kind, GraphQLUnionType):
            return self._typename(kind)
        if depth == 0 and chance > 0.945 and self._operation == "query":
            self.used["introspection"] += 1
            return rng.choice(INTROSPECTION)
        return self._field(kind, depth)

    def _typename(self, kind: GraphQLNamedType) -> str:
        self._budget -= 1
        self.used["__typename"] += 1
        if is_abstract_type(kind):
            self.used["__typename of an abstract type"] += 1
        if self._rng.random() < 0.2 and len(self._aliases) < MOST_ALIASES:
            self._aliases.setdefault("kind_of_it", ("String!", {}))
            return f"kind_of_it: __typename{self._directive()}"
        return f"__typename{self._directive()}"

    def _inline(self, kind: GraphQLNamedType, depth: int) -> str:
        if self._rng.random() < 0.25:
            self.used["inline fragment without a type"] += 1
            return f"...{self._directive()} {self._selections(kind, depth)}"
        on = self._rng.choice(self._facts.overlapping(kind))
        self.used[f"inline fragment of {sort(on)} in {sort(kind)}"] += 1
        return f"... on {on.name}{self._directive()} {self._selections(on, depth)}"

    def _spread(self, kind: GraphQLNamedType, depth: int) -> str | None:
        overlapping = self._facts.overlapping(kind)
        known = [f for f in self._fragments if f.on in overlapping]
        if known and (len(self._fragments) >= MOST_FRAGMENTS or self._rng.random() < 0.5):
            chosen = self._rng.choice(known)
            self.used["fragment spread again"] += 1
        elif len(self._fragments) < MOST_FRAGMENTS:
            chosen = self._fragment(self._rng.choice(overlapping), depth)
        else:
            return None
        self._now.spreads.add(chosen.name)
        self.used[f"fragment of {sort(chosen.on)} in {sort(kind)}"] += 1
        return f"...{chosen.name}{self._directive()}"

    def _directive(self) -> str:
        return self._inputs.directive(self._now.variables)

    def _fragment(self, on: GraphQLNamedType, depth: int) -> _Definition:
        """A new one. It is known only when it is written: no fragment contains itself."""
        around, self._now = self._now, _Definition("", on)
        self._now.text = self._selections(on, depth)
        made, self._now = self._now, around
        made.name = f"F{len(self._fragments)}"
        self._fragments.append(made)
        if made.spreads:
            self.used["fragment in a fragment"] += 1
        return made

    # -- fields

    def _field(self, kind: Any, depth: int) -> str:
        self._budget -= 1
        heads = self._heads.get(kind.name)
        if heads and self._rng.random() < 0.12:
            self.used["field again"] += 1
            head = self._rng.choice(heads)
        else:
            head = self._head(kind, self._chosen(kind, depth))
        self._now.variables |= head.variables
        target = get_named_type(head.declared.type)
        text = f"{head.text}{self._directive()}"
        if is_leaf_type(target):
            return text
        if is_abstract_type(target):
            self.used[f"field of {sort(target)}"] += 1
        return f"{text} {self._selections(target, depth + 1)}"

    def _chosen(self, kind: Any, depth: int) -> str:
        """A field's name; leaves alone where the document is long enough."""
        if kind is self._root:
            return str(self._rng.choice(self._facts.roots))
        names = list(kind.fields)
        leaves = [n for n, f in kind.fields.items() if is_leaf_type(get_named_type(f.type))]
        enough = self._budget <= 0 or depth >= MOST_DEPTH
        composite = [n for n in names if n not in leaves]
        if leaves and (enough or not composite or self._rng.random() < 0.45):
            return str(self._rng.choice(leaves))
        return str(self._rng.choice(composite or names))

    def _head(self, kind: Any, name: str) -> _Head:
        declared: GraphQLField = kind.fields[name]
        self.fields.add(f"{kind.name}.{name}")
        if self._rng.random() < 0.16:
            aliased = self._aliased(kind, name, declared)
            if aliased is not None:
                return aliased
        shown = shape(declared)
        key = f"{kind.name}.{name}" if kind is self._root else f"{name} {shown}"
        known = self._plain.get(key)
        if known is not None and known.declared is declared:
            return known
        if known is None:
            text, variables = self._inputs.arguments(name, declared)
        else:  # the same name in another type: the same arguments
            text, variables = known.call, known.variables
        alias = ""
        if name in self._facts.ambiguous and self._shapes.setdefault(name, shown) != shown:
            alias = f"{name}_of_{kind.name}"
        head = _Head(alias, text, declared, variables)
        self._plain.setdefault(key, head)
        self._heads.setdefault(kind.name, []).append(head)
        return head

    def _aliased(self, kind: Any, name: str, declared: GraphQLField) -> _Head | None:
        """Under another name: a new one, or one that other types have for something like it."""
        shown, leaf = str(declared.type), is_leaf_type(get_named_type(declared.type))
        own = isinstance(kind, GraphQLObjectType) and kind is not self._root
        if leaf and own and self._rng.random() < 0.5:
            for alias, (known, owners) in self._aliases.items():
                if known == shown and owners and kind.name not in owners:
                    self.used["one name in several types"] += 1
                    return self._named_head(kind, alias, name, declared)
        if len(self._aliases) >= MOST_ALIASES:
            return None
        alias = f"a{len(self._aliases)}"
        self._aliases[alias] = (shown, {})
        self.used["alias"] += 1
        return self._named_head(kind, alias, name, declared, shared=leaf and own)

    def _named_head(
        self, kind: Any, alias: str, name: str, declared: GraphQLField, *, shared: bool = True
    ) -> _Head:
        text, variables = self._inputs.arguments(name, declared)
        head = _Head(alias, text, declared, variables)
        if shared:
            self._aliases[alias][1][kind.name] = head
        self._heads.setdefault(kind.name, []).append(head)
        return head
