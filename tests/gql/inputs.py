"""What documents give to fields: arguments, variables and directives."""

import random
from collections import Counter
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLInputType,
    GraphQLNonNull,
    GraphQLSchema,
    Undefined,
    is_required_argument,
    is_type_sub_type_of,
)

from tests.gql.facts import Facts
from tests.gql.values import Place, Reference, Values, literal

MOST_DIRECTIVES = 24


@dataclass
class Variable:
    name: str
    kind: GraphQLInputType
    default: str | None
    place: Place

    @property
    def declared(self) -> str:
        head = f"${self.name}: {self.kind}"
        return head if self.default is None else f"{head} = {self.default}"


class Inputs:
    """The arguments, variables and directives of one request."""

    def __init__(
        self, facts: Facts, values: Values, rng: random.Random, used: Counter[str]
    ) -> None:
        self._facts, self._values, self._rng, self.used = facts, values, rng, used
        self.variables: dict[str, Variable] = {}
        self._directives = 0

    def arguments(self, name: str, declared: GraphQLField) -> tuple[str, frozenset[str]]:
        """A field with arguments, and the variables that they read."""
        rng, parts = self._rng, []
        refers: set[str] = set()

        def refer(kind: GraphQLInputType, optional: bool, place: Place) -> Reference:
            made = self._variable(kind, optional, place)
            refers.add(made)
            return Reference(made)

        names = list(declared.args)
        if rng.random() < 0.3:
            rng.shuffle(names)
        for argument in names:
            given = declared.args[argument]
            required = is_required_argument(given)
            if not required and rng.random() < (0.25 if argument == "first" else 0.7):
                self.used["argument left out"] += 1
                continue
            place = Place(name, argument)
            if rng.random() < 0.35:
                optional = given.default_value is not Undefined
                value: Any = refer(given.type, optional, place)
            else:
                value = self._values.of(given.type, place, refer=refer)
                self.used["literal argument"] += 1
            parts.append(f"{argument}: {literal(value)}")
        joined = rng.choice((", ", " ")).join(parts)
        return (f"{name}({joined})" if parts else name), frozenset(refers)

    def _variable(self, kind: GraphQLInputType, optional: bool, place: Place) -> str:
        """A variable that may stand where this type is expected; `optional`: it has a default."""
        rng = self._rng
        fits = [
            v.name
            for v in self.variables.values()
            if _fits(self._facts.schema, v, kind, optional) and v.place.name == place.name
        ]
        if fits and rng.random() < 0.4:
            self.used["variable used again"] += 1
            return rng.choice(fits)
        bare: Any = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
        own: Any = kind
        default = None
        if rng.random() < 0.35:
            own = rng.choice((bare, GraphQLNonNull(bare)))
            default = literal(self._values.of(GraphQLNonNull(bare), place))
            self.used["variable with a default"] += 1
        elif isinstance(kind, GraphQLNonNull):
            own = bare if optional and rng.random() < 0.4 else kind
        elif rng.random() < 0.3:
            own = GraphQLNonNull(bare)
        if own is bare and isinstance(kind, GraphQLNonNull):
            self.used["nullable variable for a non-null argument"] += 1
        name = f"v{len(self.variables)}"
        self.variables[name] = Variable(name, own, default, place)
        self.used["variable"] += 1
        return name

    def directive(self, variables: set[str]) -> str:
        """Sometimes one or two; `variables` gets those that they read."""
        rng, text = self._rng, ""
        for name, usual in (("include", True), ("skip", False)):
            if rng.random() < 0.05 and self._directives < MOST_DIRECTIVES:
                self._directives += 1
                if rng.random() < 0.5:
                    kind = GraphQLNonNull(self._facts.boolean)
                    variable = self._variable(kind, False, Place(name, "if"))
                    variables.add(variable)
                    condition = f"${variable}"
                    self.used[f"@{name} by a variable"] += 1
                else:
                    condition = str(usual is (rng.random() < 0.7)).lower()
                    self.used[f"@{name} by a constant"] += 1
                text += f" @{name}(if: {condition})"
        return text


def _fits(
    schema: GraphQLSchema, variable: Variable, kind: GraphQLInputType, optional: bool
) -> bool:
    """Whether a variable may stand there, as the specification has it."""
    own = variable.kind
    if isinstance(kind, GraphQLNonNull) and not isinstance(own, GraphQLNonNull):
        has_default = variable.default is not None and variable.default != "null"
        if not has_default and not optional:
            return False
        return is_type_sub_type_of(schema, own, kind.of_type)
    return is_type_sub_type_of(schema, own, kind)
