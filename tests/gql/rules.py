"""What a schema of this server has to be: each rule answers a list of complaints."""

from collections.abc import Iterator
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    specified_directives,
)

from app.gql.access import ACCESS, Root
from app.gql.edge import Edge

# What anybody may call; a root field that is not here asks for a permission.
PUBLIC_ROOTS = frozenset(
    {
        "forgotPassword",
        "login",
        "node",
        "nodes",
        "passkeyOptions",
        "publicSettings",
        "rateLimit",
        "refreshSession",
        "register",
        "resetPassword",
        "signInWithPasskey",
        "verifyBackupCode",
        "verifyEmail",
        "verifyTotp",
        "viewer",
        "oidcProviders",
        "startOidcSignIn",
        "finishOidcSignIn",
        "webauthnAuthenticate",
        "webauthnChallenge",
    }
)
Fields = Iterator[tuple[str, GraphQLNamedType, GraphQLField]]


def own_types(schema: GraphQLSchema) -> list[GraphQLNamedType]:
    """Every type but those of introspection and the built-in scalars."""
    builtin = {"String", "Int", "Float", "Boolean", "ID"}
    return [
        kind
        for name, kind in schema.type_map.items()
        if not name.startswith(("__", "_")) and name not in builtin
    ]


def root_types(schema: GraphQLSchema) -> list[GraphQLObjectType]:
    """Query, Mutation and Subscription, those there are."""
    roots = (schema.query_type, schema.mutation_type, schema.subscription_type)
    return [root for root in roots if root is not None]


def declared(field: GraphQLField, name: str) -> Any:
    """What a field was declared as: the Root or the Edge in its metadata."""
    definition = (field.extensions or {}).get("strawberry-definition")
    return (getattr(definition, "metadata", None) or {}).get(name)


def fields_of(schema: GraphQLSchema) -> Fields:
    """Every field of every object and interface."""
    for kind in own_types(schema):
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            for name, field in kind.fields.items():
                yield f"{kind.name}.{name}", kind, field


def is_list(field: GraphQLField) -> bool:
    """Whether a field answers a list."""
    kind = field.type
    while isinstance(kind, GraphQLNonNull):
        kind = kind.of_type
    return isinstance(kind, GraphQLList)


def is_connection(kind: GraphQLNamedType) -> bool:
    """Whether a type is a page of a list."""
    return isinstance(kind, GraphQLObjectType) and {"edges", "nodes", "pageInfo"} <= set(
        kind.fields
    )


def roots_without_access(schema: GraphQLSchema) -> list[str]:
    """Root fields that nobody said who may use."""
    return [
        f"{root.name}.{name} states no access"
        for root in root_types(schema)
        for name, field in root.fields.items()
        if not isinstance(declared(field, ACCESS), Root)
    ]


def _is_node(kind: GraphQLNamedType) -> bool:
    if isinstance(kind, GraphQLUnionType):
        return any(_is_node(member) for member in kind.types)
    if kind.name == "Node":
        return True
    interfaces = getattr(kind, "interfaces", ())
    return any(interface.name == "Node" for interface in interfaces)


def unbounded_lists(schema: GraphQLSchema) -> list[str]:
    """Lists that are neither a connection, nor an edge with a bound, nor a value of an entity."""
    found = []
    roots = {root.name for root in root_types(schema)}
    for path, owner, field in fields_of(schema):
        if not is_list(field) or is_connection(owner):
            continue
        edge = declared(field, "edge")
        if isinstance(edge, Edge):
            if edge.many is None:
                found.append(f"{path} is an edge to a list without a bound")
        elif owner.name in roots:
            root = declared(field, ACCESS)
            bounded = isinstance(root, Root) and root.max is not None
            if "ids" not in field.args and not bounded:  # as long as what was asked for by name
                found.append(f"{path} answers a list that is not a connection")
        elif _is_node(get_named_type(field.type)):
            found.append(f"{path} lists objects with ids without being an edge")
    return found


def unpaged_connections(schema: GraphQLSchema) -> list[str]:
    """Connections whose length the caller cannot choose or continue."""
    return [
        f"{path} is a connection without first and after"
        for path, _, field in fields_of(schema)
        if is_connection(get_named_type(field.type)) and not {"first", "after"} <= set(field.args)
    ]


def resolvers_with_io(schema: GraphQLSchema) -> list[str]:
    """Fields below the roots with an async resolver of their own: each would run per node."""
    roots = {root.name for root in root_types(schema)}
    found = []
    for path, owner, field in fields_of(schema):
        if owner.name in roots or isinstance(declared(field, "edge"), Edge):
            continue
        if is_connection(owner) and path.endswith(".totalCount"):
            continue
        definition = (field.extensions or {}).get("strawberry-definition")
        resolver = getattr(definition, "base_resolver", None)
        if resolver is not None and resolver.is_async:
            found.append(f"{path} has an async resolver and is no edge")
    return found


def undescribed(schema: GraphQLSchema) -> list[str]:
    """Types, fields, arguments, enum values and input fields without a description."""
    found = []
    for kind in own_types(schema):
        if not kind.description:
            found.append(kind.name)
        if isinstance(kind, GraphQLEnumType):
            found += [f"{kind.name}.{n}" for n, v in kind.values.items() if not v.description]
        elif isinstance(kind, GraphQLInputObjectType):
            found += [f"{kind.name}.{n}" for n, f in kind.fields.items() if not f.description]
    for path, _, field in fields_of(schema):
        if not field.description:
            found.append(path)
        found += [f"{path}({n}:)" for n, a in field.args.items() if not a.description]
    for directive in schema.directives:
        if directive not in specified_directives and not directive.description:
            found.append(f"@{directive.name}")
    return [f"{name} has no description" for name in found]


def leaked_names(schema: GraphQLSchema) -> list[str]:
    """Names that show how the code is made rather than what they mean."""
    found = [kind.name for kind in own_types(schema) if "View" in kind.name.replace("Viewer", "")]
    found += [path for path, _, _ in fields_of(schema) if "_" in path]
    return [f"{name} leaks a name of the code" for name in found]


def node_kinds_twice(views: tuple[type[Any], ...]) -> list[str]:
    """Kinds that two views claim, or that none does."""
    from app.gql.view import spec_of

    found: list[str] = []
    seen: dict[str, type[Any]] = {}
    for view in views:
        spec = spec_of(view)
        if spec is None or spec.node is None or spec.load is None:
            found.append(f"{view.__name__} stands among the nodes and cannot be loaded")
        elif seen.setdefault(spec.node, view) is not view:
            found.append(f"{view.__name__} and {seen[spec.node].__name__} are both {spec.node}")
    return found


def nodes_not_registered(schema: GraphQLSchema, views: tuple[type[Any], ...]) -> list[str]:
    """Objects with an id that `node(id:)` does not know."""
    names = {view.__name__.removesuffix("View") for view in views}
    return [
        f"{kind.name} implements Node and is not registered"
        for kind in own_types(schema)
        if isinstance(kind, GraphQLObjectType) and _is_node(kind) and kind.name not in names
    ]
