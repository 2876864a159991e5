"""Plans: what an operation selects, once per document and value of its directives' variables."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from graphql import FieldNode, GraphQLAbstractType, GraphQLError, GraphQLObjectType, OperationType
from msgspec import Struct, field

from app.core.access import PUBLIC, Access
from app.gql.compiled.arguments import Arguments
from app.gql.compiled.failure import Failure
from app.gql.compiled.places import Place
from app.gql.compiled.sources import Attribute, Constant, GlobalId, Pure, Relation, Source
from app.gql.compiled.variables import Variables

MOST_PLANS: Final = 16  # of one document: one for each set of its directives' variables
LEAST: Final = 4  # fields of a fragment: making fewer costs no more than finding what was made
Part = dict[str, Any]
Read = Callable[[list[Any]], list[Part]]
Attach = Callable[[Mapping[Any, Any], list[Any], list[Any]], None]


class Entry(Struct, eq=False):
    """A field of a selection set, with all the places in the document that select it."""

    key: str
    nodes: list[FieldNode]
    owner: str
    place: Place
    source: Source
    arguments: Arguments
    child: "Selection | Choice | None" = None
    write: "Callable[[Entry], Attach] | None" = None
    made: Attach | None = None

    def attach(self, found: Mapping[Any, Any], objects: list[Any], parts: list[Part]) -> bool:
        """Put an edge's values into the parts, where its code can. Raises anything for what is odd.

        `write` makes the code when the first values come.
        """
        if self.write is None:
            return False
        if self.made is None:
            self.made = self.write(self)
        self.made(found, objects, parts)
        return True

    @property
    def at_once(self) -> bool:
        """Whether its own value can be read off the object."""
        return isinstance(self.source, Attribute | Constant | GlobalId | Pure)

    @property
    def deep(self) -> bool:
        """Whether it goes beyond its object's own code: something has to be waited for, types are
        told apart, or it is a level of entities of its own, which may be there as fragments.
        """
        child = self.child
        if not self.at_once or isinstance(child, Choice):
            return True
        return child is not None and (bool(child.deep) or child.apart)

    def fail(self, error: Exception) -> Failure:
        """A failure of this field."""
        return Failure(error, self.nodes)

    def null(self) -> Failure:
        """The failure of a null where none may stand."""
        where = f"{self.owner}.{self.nodes[0].name.value}"
        return self.fail(TypeError(f"Cannot return null for non-nullable field {where}."))


class Selection(Struct, eq=False):
    """A selection set on one type of object.

    `known` are the classes whose objects are of this type. `write` makes the code that reads them,
    when the first come: most types of a selection on an interface are never met. `apart` is one
    on entities, of more than a few fields. `variables` are
    those that anything below reads; `personal` is one that was seen to depend on who asks. A
    `refusal` is why it cannot be collected: the error of every object that comes. `token` stands
    for it where something may outlive the plan, and must not hold its document.
    """

    type_: GraphQLObjectType
    entries: list[Entry]
    deep: list[Entry]
    write: Callable[["Selection"], Read]
    variables: frozenset[str] = frozenset()
    known: set[type[Any]] = field(default_factory=set)
    made: Read | None = None
    edges: list[Entry] | None = None  # `by_id`
    personal: bool = False
    apart: bool = False
    refusal: GraphQLError | None = None
    token: object = field(default_factory=object)

    @property
    def by_id(self) -> list[Entry]:
        """The edges by an object's id that all may see: known before the object is."""
        if self.edges is None:
            self.edges = [entry for entry in self.deep if _is_by_id(entry.source)]
        return self.edges

    def reading(self) -> Read:
        """The code that makes parts of the answer; it raises anything for what is odd."""
        if self.made is None:
            self.made = self.write(self)
        return self.made

    def admits(self, value: Any) -> bool:
        """Whether a value is of this type; its class is known from then on."""
        if type(value) in self.known:
            return True
        is_type_of = self.type_.is_type_of
        if is_type_of is not None and not is_type_of(value, None):  # type: ignore[arg-type]
            return False
        self.known.add(type(value))
        return True


def _is_by_id(source: Source) -> bool:
    return isinstance(source, Relation) and source.edge.key == "id" and source.edge.access is PUBLIC


class Choice(Struct, eq=False):
    """A selection set on an interface or union: one Selection for each type that it can be.

    `asks` is whether the reference executor may still be asked about what is of none of them: of a
    query alone, everything else has been done by then.
    """

    type_: GraphQLAbstractType
    selections: dict[str, Selection]
    asks: bool
    chosen: dict[type[Any], Selection] = field(default_factory=dict)


class Plan(Struct, eq=False):
    """An operation: its root fields in order, and how many fields there are in all.

    `shared` is what its root fields require, where all of them are declared shared. A `refusal` is
    why it cannot be collected.
    """

    kind: OperationType
    roots: list[Entry]
    size: int
    shared: frozenset[Access] | None = None
    refusal: GraphQLError | None = None


class Plans(Struct, eq=False):
    """The plans of one document, kept and dropped with it, and what its operations declare.

    `switches` are the variables that its directives read: for each set of their values there is a
    plan of its own.
    """

    switches: tuple[str, ...]
    made: dict[Any, Plan] = field(default_factory=dict)
    variables: dict[int, Variables] = field(default_factory=dict)  # by the address of their node
    size: int = 0
    grown: Callable[[], None] | None = None  # whoever keeps the document weighs it anew

    def keep(self, key: Any, plan: Plan) -> None:
        """Keep a plan; `size` is how many fields all of them have."""
        if len(self.made) >= MOST_PLANS:
            self.made.clear()
            self.size = 0
        self.made[key] = plan
        self.size += plan.size
        if self.grown is not None:
            self.grown()
