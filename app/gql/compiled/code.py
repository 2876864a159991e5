"""Generated Python: what of a selection can be read off objects without waiting.

The code is for the usual case alone. Anything odd, such as a null where none may stand, a value
that is not of its type, or an exception, raises, and the whole level is done once more with care
(`careful`), field by field. Reading is pure, so that doing it twice changes nothing.

Names of fields and types come from the schema, keys of the answer from the document: they are
written as literals by `repr`, never as code.
"""

from collections.abc import Callable
from functools import lru_cache
from types import CodeType
from typing import Any, Final

from graphql import GraphQLEnumType, GraphQLNamedType, Undefined

from app.gql.compiled.places import Place
from app.gql.compiled.plan import Attach, Entry, Read, Selection
from app.gql.compiled.sources import Attribute, Constant, GlobalId, Pure, Relation

MOST_TEXTS, MOST_TEXT = 1000, 4000  # functions whose code is kept, and their characters
INDENT: Final = "    "
# What a value of a built-in type is already on the wire; {0} is the value.
AS_IT_IS: Final = {
    "String": "{0}.__class__ is str",
    "ID": "{0}.__class__ is str",
    "Boolean": "{0}.__class__ is bool",
    "Int": "{0}.__class__ is int and -2147483648 <= {0} <= 2147483647",
    "Float": "{0}.__class__ is float and {0} - {0} == 0.0",
    "BigInt": "{0}.__class__ is int",
}
LISTS: Final = frozenset({list, tuple, set, frozenset})
TEXTS: Final = {"String": str, "ID": str, "Boolean": bool}


class Odd(Exception):
    """The generated code does not know this; `careful` does."""


def writable(entry: Entry) -> bool:
    """Whether the values of an edge go into the answer by code of its own."""
    child = entry.child
    within = child is None or (isinstance(child, Selection) and not child.deep)
    return within and isinstance(entry.source, Relation)


class Writer:
    """Writes one function."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._names: dict[str, Any] = {"Odd": Odd, "lists": LISTS, "Undefined": Undefined}
        self._count = 0
        self._depth = 1

    def read(self, selection: Selection) -> Read:
        """The function that makes the parts of the answer for objects of a level."""
        self._line("out = []")
        self._line("add = out.append")
        self._line("for o in objects:")
        self._depth += 1
        self._line(f"add({self._object(selection, 'o')})")
        self._depth -= 1
        self._line("return out")
        made: Read = self._function("objects")
        return made

    def attach(self, entry: Entry) -> Attach:
        """The function that puts the values of an edge into the answer, where they go no deeper."""
        assert isinstance(entry.source, Relation)  # noqa: S101 - asked only for these
        key = entry.source.edge.key
        self._line("get = found.get")
        self._line("for o, d in zip(objects, parts):")
        self._depth += 1
        if entry.place.item is None:
            self._line(f"v = get(o.{_name(key)})")
        else:
            self._line(f"v = get(o.{_name(key)}) or ()")
            most = entry.source.edge.many
            if most is not None:
                self._line(f"if len(v) > {most}: v = v[:{most}]")
        self._line(f"d[{entry.key!r}] = {self._value(entry, entry.place, 'v')}")
        made: Attach = self._function("found, objects, parts")
        return made

    # -- statements come first, then the expression that stands for the value

    def _object(self, selection: Selection, variable: str) -> str:
        pairs = [f"{e.key!r}: {self._field(e, variable)}" for e in selection.entries]
        return "{" + ", ".join(pairs) + "}"

    def _field(self, entry: Entry, variable: str) -> str:
        source = entry.source
        if isinstance(source, Constant):
            return repr(source.value)
        if entry.deep:
            return "None"  # its place in the order of the answer
        if isinstance(source, GlobalId):
            return f"{source.kind + '_'!r} + {variable}.id.hex"
        if isinstance(source, Attribute) and _sure(source, entry.place):
            return f"{variable}.{_name(source.name)}"
        return self._value(entry, entry.place, self._stored(entry, variable))

    def _stored(self, entry: Entry, variable: str) -> str:
        """A local variable with the raw value of a field."""
        source = entry.source
        if isinstance(source, Attribute):
            read = f"{variable}.{_name(source.name)}"
        else:
            assert isinstance(source, Pure)  # noqa: S101 - the others are not read off objects
            read = f"{self._bind('of', source.of)}({variable})"
        return self._assign(read)

    def _value(self, entry: Entry, place: Place, variable: str) -> str:
        if place.item is None and place.leaf and place.named.name in AS_IT_IS:
            return self._plain(place, variable)
        made = self._fresh()
        nothing = "raise Odd" if place.required else f"{made} = None"
        self._line(f"if {variable} is None: {nothing}")
        self._line("else:")
        self._depth += 1
        if place.item is not None:
            self._list(entry, place.item, variable, made)
        elif place.leaf:
            self._line(f"{made} = {self._leaf(place.named, variable)}")
            if not isinstance(place.named, GraphQLEnumType):
                self._line(f"if {made} is None or {made} is Undefined: raise Odd")
        else:
            assert isinstance(entry.child, Selection)  # noqa: S101 - `writable` says so
            self._known(entry.child, variable)
            self._line(f"{made} = {self._object(entry.child, variable)}")
        self._depth -= 1
        return made

    def _plain(self, place: Place, variable: str) -> str:
        good = AS_IT_IS[place.named.name].format(variable)
        allowed = good if place.required else f"{variable} is None or {good}"
        self._line(f"if not ({allowed}): raise Odd")
        return variable

    def _leaf(self, named: GraphQLNamedType, variable: str) -> str:
        if isinstance(named, GraphQLEnumType):
            return f"{self._bind('names', _enum_names(named))}[{variable}]"
        coerce = named.coerce_output_value  # type: ignore[attr-defined]
        return f"{self._bind('coerce', coerce)}({variable})"

    def _list(self, entry: Entry, item: Place, variable: str, made: str) -> None:
        self._line(f"if {variable}.__class__ not in lists: raise Odd")
        self._line(f"{made} = []")
        one = self._fresh()
        self._line(f"for {one} in {variable}:")
        self._depth += 1
        self._line(f"{made}.append({self._value(entry, item, one)})")
        self._depth -= 1

    def _known(self, child: Selection, variable: str) -> None:
        known = self._bind("known", child.known)
        self._line(f"if {variable}.__class__ not in {known}: raise Odd")

    # -- the text of the function

    def _assign(self, expression: str) -> str:
        made = self._fresh()
        self._line(f"{made} = {expression}")
        return made

    def _fresh(self) -> str:
        self._count += 1
        return f"v{self._count}"

    def _bind(self, name: str, value: Any) -> str:
        self._count += 1
        bound = f"{name}_{self._count}"
        self._names[bound] = value
        return bound

    def _line(self, text: str) -> None:
        self._lines.append(INDENT * self._depth + text)

    def _function(self, parameters: str) -> Callable[..., Any]:
        bound = "".join(f", {name}={name}" for name in self._names)
        text = "\n".join([f"def made({parameters}{bound}):", *self._lines])
        space = dict(self._names)
        make = _compiled if len(text) <= MOST_TEXT else _compiled.__wrapped__
        exec(make(text), space)  # noqa: S102 - written above, from the schema
        function: Callable[..., Any] = space["made"]
        return function


@lru_cache(maxsize=MOST_TEXTS)
def _compiled(text: str) -> CodeType:
    """The code of a function: what differs between two of one text is bound by name."""
    return compile(text, "<plan>", "exec")


def _sure(source: Attribute, place: Place) -> bool:
    """Whether the declared type of an attribute is all there is to check."""
    if place.item is not None or source.sure is None or (source.optional and place.required):
        return False
    return TEXTS.get(place.named.name) is source.sure


def _name(python_name: str) -> str:
    if not python_name.isidentifier():
        raise ValueError(f"{python_name!r} is not a name.")
    return python_name


def _enum_names(named: GraphQLEnumType) -> dict[Any, str]:
    """Names by value, raw and as members of the class."""
    found: dict[Any, str] = {}
    members = getattr(named, "wrapped_cls", None)
    for name, value in named.values.items():
        found[value.value] = name
        if members is not None:
            found[members(value.value)] = name
    return found
