"""One pass over a document before anything else looks at it: how deep, how many, how dear.

Every fragment is visited once and its totals are remembered, so that a document whose fragments
double at every level costs what it is long, not what it expands to.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    is_leaf_type,
)
from msgspec import Struct
from msgspec.structs import replace

from app.core.access import Viewer
from app.core.config import GraphQLConfig
from app.core.errors import Invalid, TooComplex, Unauthenticated
from app.gql.access import ACCESS, Root
from app.gql.edge import Edge
from app.gql.spoken import SPOKEN

MOST: Final = 10**9
MOST_OPERATIONS: Final = 10
MOST_NESTED_FRAGMENTS: Final = 100
UNBOUNDED_LIST: Final = 10
MOST_REPEATS: Final = 5000
MOST_ALIAS: Final = 100  # characters: it stands in the answer as often as its field does


class Totals(Struct, frozen=True):
    """What a selection adds up to; sums stop at a billion."""

    depth: int = 0
    fields: int = 0
    aliases: int = 0
    directives: int = 0
    cost: int = 0
    secrets: int = 0
    introspects: bool = False
    roots: int = 0  # of a mutation as a whole

    def beside(self, other: "Totals") -> "Totals":
        """Both in one selection set."""
        return Totals(
            max(self.depth, other.depth),
            min(MOST, self.fields + other.fields),
            min(MOST, self.aliases + other.aliases),
            min(MOST, self.directives + other.directives),
            min(MOST, self.cost + other.cost),
            min(MOST, self.secrets + other.secrets),
            self.introspects or other.introspects,
        )


NOTHING: Final = Totals()


class Analyser:
    """Totals of one document, under one set of variables."""

    def __init__(
        self, schema: GraphQLSchema, document: DocumentNode, variables: Mapping[str, Any]
    ) -> None:
        self._schema, self._document, self._variables = schema, document, variables
        self._defaults: dict[str, Any] = {}
        self._fragments: dict[str, FragmentDefinitionNode] = {}
        for node in document.definitions:
            if isinstance(node, FragmentDefinitionNode):
                if node.name.value in self._fragments:  # one of the two would not be judged
                    told = f"There can be only one fragment named {node.name.value}."
                    raise Invalid(told, field="query")
                self._fragments[node.name.value] = node
        self._spread: set[str] = set()
        self._known: dict[str, Totals] = {}
        self._open: list[str] = []

    def operation(self, node: OperationDefinitionNode) -> Totals:
        """Totals of an operation. Raises Invalid or TooComplex for fragments gone wrong."""
        self._defaults = {
            d.variable.name.value: d.default_value
            for d in node.variable_definitions or ()
            if d.default_value is not None
        }
        total = self._set(node.selection_set, self._schema.get_root_type(node.operation))
        if node.operation is not OperationType.MUTATION:
            return total
        return replace(total, roots=self.roots(node))

    def whole(self) -> list[Totals]:
        """Totals of every operation and every fragment of the document, used or not."""
        operations = [
            self.operation(node)
            for node in self._document.definitions
            if isinstance(node, OperationDefinitionNode)
        ]
        return operations + [self._fragment(name) for name in self._fragments]

    def roots(self, node: OperationDefinitionNode) -> int:
        """How many root fields an operation has, fragments spread out."""
        return self._count_roots(node.selection_set, set())

    def _count_roots(self, selections: SelectionSetNode, seen: set[str]) -> int:
        total = 0
        for node in selections.selections:
            if isinstance(node, FieldNode):
                total += 1
            elif isinstance(node, InlineFragmentNode):
                total += self._count_roots(node.selection_set, seen)
            elif isinstance(node, FragmentSpreadNode):
                fragment = self._fragments.get(node.name.value)
                if fragment is not None and node.name.value not in seen:
                    inner = seen | {node.name.value}
                    total += self._count_roots(fragment.selection_set, inner)
            if total > MOST_OPERATIONS * 100:
                break
        return total

    def repeats(self) -> int:
        """How many pairs of fields answer under the same name in the same place.

        Validation compares every such pair with its arguments, so a small document could keep the
        event loop busy. Call it for a document whose `whole` is small enough: this spreads all
        fragments out.
        """
        self._spread.clear()
        total = 0
        for node in self._document.definitions:
            if isinstance(node, OperationDefinitionNode):
                total += self._repeats([node.selection_set])
        for name, fragment in self._fragments.items():
            if name not in self._spread:
                total += self._repeats([fragment.selection_set])
        return total

    def _repeats(self, sets: Iterable[SelectionSetNode]) -> int:
        places: dict[str, list[FieldNode]] = {}
        seen: set[str] = set()
        for selections in sets:
            self._gather(selections, places, seen)
        self._spread |= seen
        total = 0
        for fields in places.values():
            total += len(fields) * (len(fields) - 1) // 2
            inner = [field.selection_set for field in fields if field.selection_set is not None]
            total += self._repeats(inner) if inner else 0
        return total

    def _gather(
        self, selections: SelectionSetNode, places: dict[str, list[FieldNode]], seen: set[str]
    ) -> None:
        for node in selections.selections:
            if isinstance(node, FieldNode):
                places.setdefault((node.alias or node.name).value, []).append(node)
            elif isinstance(node, InlineFragmentNode):
                self._gather(node.selection_set, places, seen)
            elif isinstance(node, FragmentSpreadNode) and node.name.value not in seen:
                seen.add(node.name.value)
                self._gather(self._fragments[node.name.value].selection_set, places, seen)

    def _set(self, selections: SelectionSetNode, parent: Any) -> Totals:
        total = NOTHING
        for node in selections.selections:
            total = total.beside(self._selection(node, parent))
        return total

    def _selection(self, node: SelectionNode, parent: Any) -> Totals:
        own = Totals(directives=len(node.directives or ()))
        if isinstance(node, FieldNode):
            return own.beside(self._field(node, parent))
        if isinstance(node, InlineFragmentNode):
            condition = node.type_condition
            kind = self._schema.get_type(condition.name.value) if condition else parent
            return own.beside(self._set(node.selection_set, kind))
        assert isinstance(node, FragmentSpreadNode)  # noqa: S101 - the grammar has no fourth
        return own.beside(self._fragment(node.name.value))

    def _fragment(self, name: str) -> Totals:
        known = self._known.get(name)
        if known is not None:
            return known
        if name in self._open:
            raise Invalid(f"The fragment {name} contains itself.", field="query")
        if len(self._open) >= MOST_NESTED_FRAGMENTS:
            raise TooComplex("Fragments are nested too deeply.", field="query")
        fragment = self._fragments.get(name)
        if fragment is None:
            raise Invalid(f"There is no fragment {name}.", field="query")
        self._open.append(name)
        kind = self._schema.get_type(fragment.type_condition.name.value)
        total = self._set(fragment.selection_set, kind)
        self._open.pop()
        self._known[name] = total
        return total

    def _field(self, node: FieldNode, parent: Any) -> Totals:
        name = node.name.value
        aliases = int(node.alias is not None)
        if node.alias is not None and len(node.alias.value) > MOST_ALIAS:
            raise TooComplex(f"An alias has at most {MOST_ALIAS} characters.", field="query")
        definition = getattr(parent, "fields", {}).get(name)
        introspects = name in ("__schema", "__type")
        if node.selection_set is None:
            # A text in another language is looked up, as an object is.
            cost = 2 if node.arguments and _declared(definition, SPOKEN) is not None else 1
            return Totals(1, 1, aliases, 0, cost, _secret(definition), introspects)
        kind = get_named_type(definition.type) if definition is not None else None
        if introspects:
            kind = self._schema.get_type("__Schema" if name == "__schema" else "__Type")
        if kind is not None and is_leaf_type(kind):
            kind = None
        inner = self._set(node.selection_set, kind)
        # The depth of introspection is judged by graphql-core's own rule.
        depth = 1 if introspects else inner.depth + 1
        times = self._times(node, definition)
        return Totals(
            depth,
            min(MOST, inner.fields + 1),
            min(MOST, inner.aliases + aliases),
            inner.directives,
            min(MOST, 2 + inner.cost * times),
            min(MOST, inner.secrets + _secret(definition)),
            introspects or inner.introspects,
        )

    def _times(self, node: FieldNode, definition: GraphQLField | None) -> int:
        if definition is None:
            return 1
        given = {a.name.value: a.value for a in node.arguments or ()}
        if "first" in definition.args:
            default = definition.args["first"].default_value
            value = self._number(given["first"]) if "first" in given else default
            return max(1, value) if isinstance(value, int) else UNBOUNDED_LIST
        if "ids" in given:
            return self._length(given["ids"])
        root = _declared(definition, ACCESS)
        if isinstance(root, Root) and root.max is not None:
            return min(root.max, UNBOUNDED_LIST)
        relation = _declared(definition, "edge")
        return relation.fan_out({}) if isinstance(relation, Edge) else 1

    def _value(self, node: Any) -> Any:
        if not isinstance(node, VariableNode):
            return node
        name = node.name.value
        return self._variables.get(name, self._defaults.get(name))

    def _number(self, node: Any) -> int | None:
        value = self._value(node)
        if isinstance(value, IntValueNode):
            return int(value.value) if len(value.value) < 12 else None
        if isinstance(value, float) and value.is_integer():  # GraphQL takes 100.0 for 100
            return int(value)
        return value if isinstance(value, int) else None

    def _length(self, node: Any) -> int:
        value = self._value(node)
        items = value.values if isinstance(value, ListValueNode) else value
        return max(1, len(items)) if isinstance(items, list | tuple) else 1


def _declared(definition: GraphQLField | None, name: str) -> Any:
    if definition is None:
        return None
    field = (definition.extensions or {}).get("strawberry-definition")
    return getattr(field, "metadata", {}).get(name)


def _secret(definition: GraphQLField | None) -> int:
    root = _declared(definition, ACCESS)
    return int(isinstance(root, Root) and root.secret)


def judge_size(totals: Totals, config: GraphQLConfig) -> None:
    """Raise TooComplex for a selection that is too large to be validated."""
    _at_most("fields", totals.fields, config.max_fields)
    _at_most("aliases", totals.aliases, config.max_aliases)
    _at_most("directives", totals.directives, config.max_directives)


def judge_repeats(repeats: int) -> None:
    """Raise TooComplex for a selection that asks for the same again and again."""
    _at_most("repetitions of fields", repeats, MOST_REPEATS)


def _at_most(what: str, value: int, most: int) -> None:
    if value > most:
        raise TooComplex(f"The operation is too large: {value} {what}, at most {most}.")


def judge(totals: Totals, config: GraphQLConfig, viewer: Viewer) -> None:
    """Raise TooComplex for an operation over a limit, Unauthenticated for closed introspection."""
    _at_most("levels", totals.depth, config.max_depth)
    judge_size(totals, config)
    most_cost = config.max_cost if viewer.signed_in else config.max_cost_anonymous
    _at_most("cost", totals.cost, most_cost)
    _at_most("fields that check a secret", totals.secrets, 1)
    if totals.introspects and not (viewer.signed_in or config.open_introspection):
        raise Unauthenticated("Sign in first: the schema is shown to signed-in callers.")


def pick(
    operations: Iterable[OperationDefinitionNode], name: str | None
) -> OperationDefinitionNode:
    """The operation to execute. Raises Invalid where that is not clear."""
    found = list(operations)
    if len(found) > MOST_OPERATIONS:
        raise TooComplex(f"A document holds at most {MOST_OPERATIONS} operations.")
    if name is None:
        if len(found) != 1:
            raise Invalid("Say which operation to run: operationName.", field="operationName")
        return found[0]
    for node in found:
        if node.name is not None and node.name.value == name:
            return node
    raise Invalid("There is no operation of that name.", field="operationName")
