"""From a document to its plan."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLSchema,
    Node,
    OperationDefinitionNode,
    OperationType,
    VariableNode,
    is_abstract_type,
    is_object_type,
)
from graphql.execution.collect_fields import (
    CollectedFields,
    FieldDetails,
    FragmentDetails,
    collect_fields,
    collect_subfields,
)
from graphql.execution.values import VariableValues
from strawberry.schema.config import StrawberryConfig
from strawberry.types.field import StrawberryField

from app.core.access import Access
from app.gql.compiled.arguments import Arguments
from app.gql.compiled.code import Writer, writable
from app.gql.compiled.failure import Unsupported
from app.gql.compiled.places import place_of
from app.gql.compiled.plan import LEAST, Attach, Choice, Entry, Plan, Read, Selection
from app.gql.compiled.sources import Constant, Meta, RootField, Source, source_of
from app.gql.view import spec_of

META: Final = ("__schema", "__type")
Fields = Mapping[str, list[FieldDetails]]


class Compiler:
    """Makes plans of one schema."""

    def __init__(self, schema: GraphQLSchema, conversion: tuple[Any, StrawberryConfig]) -> None:
        self.schema, self.conversion = schema, conversion

    def compile(
        self, document: DocumentNode, operation: OperationDefinitionNode, values: VariableValues
    ) -> Plan:
        """The plan of an operation. Raises Unsupported."""
        fragments = {
            node.name.value: FragmentDetails(node, None)
            for node in document.definitions
            if isinstance(node, FragmentDefinitionNode)
        }
        return _Compilation(self, fragments, operation, values).plan()


class _Compilation:
    """One plan in the making."""

    def __init__(
        self,
        compiler: Compiler,
        fragments: dict[str, FragmentDetails],
        operation: OperationDefinitionNode,
        values: VariableValues,
    ) -> None:
        self._schema, self._conversion = compiler.schema, compiler.conversion
        self._fragments, self._operation, self._values = fragments, operation, values
        self._size = 0

    def plan(self) -> Plan:
        kind = self._operation.operation
        root = self._schema.get_root_type(kind)
        if root is None:
            raise Unsupported("operation")
        try:
            collected = collect_fields(
                self._schema, self._fragments, self._values, root, self._operation
            )
        except GraphQLError as error:  # a directive's variable is null
            return Plan(kind, [], 0, refusal=error)
        fields = _fields(collected)
        roots = [self._entry(key, nodes, root) for key, nodes in fields.items()]
        return Plan(kind, roots, self._size, _shared(roots))

    def _entry(self, key: str, details: Sequence[FieldDetails], parent: GraphQLObjectType) -> Entry:
        self._size += 1
        nodes = [detail.node for detail in details]
        name = nodes[0].name.value
        field = self._schema.get_field(parent, name)
        if field is None:
            raise Unsupported("field")
        declared = (field.extensions or {}).get("strawberry-definition")
        known = declared.arguments if isinstance(declared, StrawberryField) else []
        arguments = Arguments(field, nodes[0], list(known), self._conversion)
        place = place_of(field.type)
        source = self._source(nodes[0], parent)
        child = None
        if not place.leaf and not isinstance(source, Meta):
            child = self._child(place.named, list(details))
        if child is not None and place.item is not None and place.item.item is not None:
            raise Unsupported("nested lists of objects")
        entry = Entry(key, nodes, parent.name, place, source, arguments, child)
        if writable(entry):
            entry.write = _attaching
        return entry

    def _source(self, node: FieldNode, parent: GraphQLObjectType) -> Source:
        name = node.name.value
        if name == "__typename":
            return Constant(parent.name)
        if name in META and parent is self._schema.query_type:
            return Meta()
        return source_of(parent.fields[name], node, _origin(parent))

    def _child(self, type_: Any, details: list[FieldDetails]) -> Selection | Choice:
        if is_object_type(type_):
            return self._selection(type_, details)
        if not is_abstract_type(type_):
            raise Unsupported("type")
        possible = self._schema.get_possible_types(type_)
        made = {one.name: self._selection(one, details) for one in possible}
        return Choice(type_, made, asks=self._operation.operation is OperationType.QUERY)

    def _selection(self, type_: GraphQLObjectType, details: list[FieldDetails]) -> Selection:
        try:
            collected = collect_subfields(
                self._schema, self._fragments, self._values, self._operation, type_, details
            )
        except GraphQLError as error:
            return Selection(type_, [], [], _reading, refusal=error)
        fields = _fields(collected)
        entries = [self._entry(key, nodes, type_) for key, nodes in fields.items()]
        deep = [entry for entry in entries if entry.deep]
        variables = frozenset[str]().union(*(_variables(entry) for entry in entries))
        spec = spec_of(_origin(type_))
        apart = spec is not None and spec.node is not None and len(entries) >= LEAST
        return Selection(type_, entries, deep, _reading, variables, apart=apart)


def _fields(collected: CollectedFields) -> Fields:
    """What graphql-core collects: merged, under the directives' values of this plan."""
    if collected.new_defer_usages:
        raise Unsupported("defer")
    return collected.grouped_field_set


def _shared(roots: Sequence[Entry]) -> frozenset[Access] | None:
    """What root fields require that are all declared shared; None for others."""
    found: set[Access] = set()
    for entry in roots:
        if isinstance(entry.source, Constant):
            continue
        declared = entry.source.root if isinstance(entry.source, RootField) else None
        if declared is None or not declared.shared:
            return None
        found.add(declared.access)
    return frozenset(found)


def _variables(entry: Entry) -> frozenset[str]:
    """The variables that a field and all below it read."""
    child = entry.child
    inner = [child] if isinstance(child, Selection) else []
    if isinstance(child, Choice):
        inner = list(child.selections.values())
    return entry.arguments.variables.union(*(one.variables for one in inner))


def switches(document: DocumentNode) -> tuple[str, ...]:
    """Names of the variables that directives of a document read."""
    seen: dict[str, None] = {}
    todo: list[Any] = [document]
    while todo:
        one = todo.pop()
        if isinstance(one, DirectiveNode):
            for argument in one.arguments or ():
                if isinstance(argument.value, VariableNode):
                    seen[argument.value.name.value] = None
        for key in one.keys if isinstance(one, Node) else ():
            inner = getattr(one, key, None)
            todo += inner if isinstance(inner, list | tuple) else [inner]
    return tuple(sorted(seen))


def _reading(selection: Selection) -> Read:
    return Writer().read(selection)


def _attaching(entry: Entry) -> Attach:
    return Writer().attach(entry)


def _origin(type_: GraphQLObjectType) -> Any:
    definition = (type_.extensions or {}).get("strawberry-definition")
    return getattr(definition, "origin", None)
