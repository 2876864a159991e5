"""The same as the generated code, one field at a time: for levels where something is odd.

Every step is that of the specification ("Value Completion") as graphql-core takes it, with its
messages; what fails becomes a Failure in the place of the value.
"""

from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter
from typing import Any

from graphql import GraphQLError, Undefined
from graphql.pyutils import inspect

from app.gql.compiled.failure import Failure, Unsupported
from app.gql.compiled.places import Place
from app.gql.compiled.plan import Choice, Entry, Part, Selection
from app.gql.compiled.sources import Attribute, Constant, GlobalId, Pure, Relation

Fail = Callable[[Failure], Failure]


def read_with_care(selection: Selection, one: Any, fail: Fail) -> Part:
    """An object's part of the answer; what is deep stays open."""
    part: Part = {}
    for entry in selection.entries:
        if entry.deep:
            part[entry.key] = None
        else:
            part[entry.key] = complete(entry, entry.place, value_with_care(entry, one), fail)
    return part


def value_with_care(entry: Entry, one: Any) -> Any:
    """The raw value of a field that stands on its object, or the exception that reading raised."""
    source = entry.source
    try:
        if isinstance(source, Constant):
            return source.value
        if isinstance(source, Attribute):
            return getattr(one, source.name)
        if isinstance(source, GlobalId):
            return f"{source.kind}_{one.id.hex}"
        assert isinstance(source, Pure)  # noqa: S101 - the others are not read off objects
        return source.of(one)
    except Exception as error:  # noqa: BLE001 - the error of this field
        return error


def edge_value(entry: Entry, one: Any, found: Mapping[Any, Any]) -> Any:
    """The raw value of an edge for one object, or the exception that its batch raised."""
    assert isinstance(entry.source, Relation)  # noqa: S101 - asked only for these
    edge = entry.source.edge
    try:
        key = getattr(one, edge.key)
        value = None if key is None else found.get(key)
        if entry.place.item is None or isinstance(value, Exception):
            return value
        return list(value)[: edge.many] if value else []
    except Exception as error:  # noqa: BLE001 - the error of this field
        return error


def edge_values(entry: Entry, objects: list[Any], found: Mapping[Any, Any]) -> list[Any]:
    """The raw values of an edge for all objects of a level. Raises anything for what is odd."""
    assert isinstance(entry.source, Relation)  # noqa: S101 - asked only for these
    edge, get = entry.source.edge, found.get
    values = [get(key) for key in map(attrgetter(edge.key), objects)]
    if entry.place.item is None:
        return values
    most = edge.many
    if most is None:
        return [value or () for value in values]
    return [value[:most] if value else () for value in values]


def complete(entry: Entry, place: Place, value: Any, fail: Fail) -> Any:
    """What stands in the answer for a raw value with nothing below it that has to be waited for."""
    if isinstance(value, Failure | Exception):
        return fail(value if isinstance(value, Failure) else entry.fail(value))
    if value is None or value is Undefined:
        return fail(entry.null()) if place.required else None
    if place.item is not None:
        return _list(entry, place.item, value, fail)
    if place.leaf:
        return _leaf(entry, place, value, fail)
    found = typed(entry, place, value)
    if isinstance(found, Selection):
        return read_with_care(found, value, fail)
    return found if found is None else fail(found)


def items(entry: Entry, value: Any) -> list[Any] | Failure:
    """What is in a list of whatever class; the failure of one that is none, or breaks off."""
    if not isinstance(value, Iterable) or isinstance(value, str | bytes | Mapping):
        where = f"{entry.owner}.{entry.nodes[0].name.value}"
        told = f"Expected Iterable, but did not find one for field '{where}'."
        return entry.fail(GraphQLError(told))
    try:
        return list(value)
    except Exception as error:  # noqa: BLE001 - the error of this field
        return entry.fail(error)


def _list(entry: Entry, item: Place, value: Any, fail: Fail) -> Any:
    taken = items(entry, value)
    if isinstance(taken, Failure):
        return fail(taken)
    return [complete(entry, item, one, fail) for one in taken]


def _leaf(entry: Entry, place: Place, value: Any, fail: Fail) -> Any:
    named: Any = place.named
    try:
        coerced = named.coerce_output_value(value)
    except Exception as error:  # noqa: BLE001 - the error of this field
        return fail(entry.fail(error))
    if coerced is None or coerced is Undefined:
        call = f"{inspect(named)}.coerce_output_value({inspect(value)})"
        told = f"Expected `{call}` to return non-nullable value, returned: {inspect(coerced)}"
        return fail(entry.fail(TypeError(told)))
    return coerced


def typed(entry: Entry, place: Place, value: Any) -> Selection | Failure | None:
    """The selection that an object is read by; None for a null that may stand here.

    Raises Unsupported where nobody knows its type and the reference executor can tell why.
    """
    if value is None or value is Undefined:
        return entry.null() if place.required else None
    if isinstance(value, Failure | Exception):
        return value if isinstance(value, Failure) else entry.fail(value)
    child = entry.child
    selection = _chosen(child, value) if isinstance(child, Choice) else child
    if selection is None:
        return entry.fail(TypeError(f"Nobody knows the type of what {entry.key} returned."))
    if selection.refusal is not None:
        return entry.fail(selection.refusal)
    if selection.admits(value):
        return selection
    told = f"Expected value of type '{selection.type_}' but got: {inspect(value)}."
    return entry.fail(GraphQLError(told, entry.nodes))


def _chosen(choice: Choice, value: Any) -> Selection | None:
    known = choice.chosen.get(type(value))
    if known is not None:
        return known
    own = getattr(type(value), "__strawberry_definition__", None)
    for name, selection in choice.selections.items():
        is_type_of = selection.type_.is_type_of
        mine = is_type_of is not None and is_type_of(value, None)  # type: ignore[arg-type]
        if mine or (own is not None and own.name == name):
            choice.chosen[type(value)] = selection
            return selection
    if choice.asks:
        raise Unsupported("type")
    return None
