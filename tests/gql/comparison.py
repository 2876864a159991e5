"""When two answers to one request are the same, and the smallest request for which they are not."""

import copy
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any

import orjson
from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    Node,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    parse,
    print_ast,
)
from graphql.error import GraphQLSyntaxError

from app.gql.execution import Request

Answer = Mapping[str, Any]
Path = tuple[Any, ...]
LISTS = ("definitions", "variable_definitions", "selections", "arguments", "directives")


async def difference(
    expected: Answer, found: Answer, happened: Callable[[], Awaitable[Answer]]
) -> str | None:
    """What keeps two answers from being the same; None where they are.

    `data` is the same as JSON byte by byte, so its keys have the same order. An answer has
    `errors` or `data` only where the other one has them, and nothing else that the other one
    has not.

    Errors are the same by message, path, locations and extensions, as often as they occur; in which
    order they come is left to each. There is one exception, which the specification makes: where
    several errors lie below one position that they have made null, it is enough to report one of
    them, and which one depends on what was over first. There each answer reports at least one, and
    none that has not happened: `happened` answers the same request with all errors there are,
    without that any of them makes more null than its own position.
    """
    if set(expected) != set(found):
        return f"one has {sorted(expected)}, the other one {sorted(found)}"
    for part in set(expected) - {"errors"}:
        if canonical(expected[part]) != canonical(found[part]):
            return f"the {part} differ"
    if "data" not in expected:  # refused: nothing was executed
        return None if _errors(expected) == _errors(found) else "the errors differ"
    both = [_by_region(answer) for answer in (expected, found)]
    differing = [at for at in {**both[0], **both[1]} if both[0].get(at) != both[1].get(at)]
    all_of_them = _errors(await happened()) if differing else Counter()
    for at in differing:
        told = [regions.get(at, Counter()) for regions in both]
        if not all(any(len(_path(e)) > len(at) for e in errors) for errors in told):
            return f"the errors at {list(at)} differ"
        invented = [told[0] - all_of_them, told[1] - all_of_them]
        if any(invented):
            return f"errors below {list(at)} that have not happened: {invented}"
    return None


def canonical(value: Any) -> bytes:
    """A value as JSON that is equal for equal values in equal order."""
    return orjson.dumps(orjson.loads(orjson.dumps(value, default=repr)))


def _errors(answer: Answer) -> Counter[bytes]:
    errors = orjson.loads(orjson.dumps(answer.get("errors", []), default=repr))
    return Counter(orjson.dumps(error, option=orjson.OPT_SORT_KEYS) for error in errors)


def _path(error: bytes) -> Path:
    return tuple(orjson.loads(error).get("path", ()))


def _by_region(answer: Answer) -> dict[Path, Counter[bytes]]:
    """Errors by the position above them, or their own, that is null in the data."""
    data = orjson.loads(orjson.dumps(answer.get("data"), default=repr))
    found: dict[Path, Counter[bytes]] = {}
    for error, count in _errors(answer).items():
        at = _nulled(data, _path(error))
        found.setdefault(at, Counter())[error] += count
    return found


def _nulled(data: Any, path: Path) -> Path:
    for depth, key in enumerate(path):
        if data is None:
            return path[:depth]
        try:
            data = data[key]
        except (KeyError, IndexError, TypeError):
            return path
    return path


# -- the smallest request


async def reduced(
    request: Request, differs: Callable[[Request], Awaitable[bool]], most: int = 2000
) -> Request:
    """A request with nothing in it that is not needed for the difference."""
    try:
        document = parse(request.query, no_location=True)
    except GraphQLSyntaxError:
        return request
    smallest = Request(print_ast(document), request.variables, request.operation_name)
    if not await differs(smallest):
        return request
    tried, shrunk = 0, True
    while shrunk and tried < most:
        shrunk = False
        for smaller in _smaller(parse(smallest.query, no_location=True), smallest):
            tried += 1
            if await differs(smaller):
                smallest, shrunk = smaller, True
                break
    return smallest


def _smaller(document: DocumentNode, request: Request) -> Iterator[Request]:
    for number in range(len(list(_places(document)))):
        for unwrap in (False, True):
            copied = copy.deepcopy(document)
            node, name, at = list(_places(copied))[number]
            listed = list(getattr(node, name))
            inner = []
            if unwrap:
                if not isinstance(listed[at], InlineFragmentNode):
                    continue
                inner = list(listed[at].selection_set.selections)
            listed[at : at + 1] = inner
            if not listed and name in ("definitions", "selections"):
                continue
            _set(node, name, tuple(listed))
            text = print_ast(_tidied(copied))
            yield Request(text, request.variables, request.operation_name)
    for name in request.variables:
        rest = {n: v for n, v in request.variables.items() if n != name}
        yield Request(request.query, rest, request.operation_name)


def _set(node: Node, name: str, value: Any) -> None:
    """Nodes are frozen; this one is a copy that nobody else has."""
    object.__setattr__(node, name, value)


def _nodes(node: Node) -> Iterator[Node]:
    yield node
    for key in node.keys:
        value = getattr(node, key, None)
        for inner in value if isinstance(value, list | tuple) else (value,):
            if isinstance(inner, Node):
                yield from _nodes(inner)


def _places(document: DocumentNode) -> Iterator[tuple[Any, str, int]]:
    """Everything that can be left out, the biggest first."""
    for node in _nodes(document):
        for name in LISTS:
            if isinstance(node, SelectionSetNode) or name != "selections":
                yield from ((node, name, at) for at in range(len(getattr(node, name, None) or ())))


def _tidied(document: DocumentNode) -> DocumentNode:
    """Without the fragments and variables that nothing uses any more."""
    while True:
        spread = {n.name.value for n in _nodes(document) if isinstance(n, FragmentSpreadNode)}
        kept = tuple(
            d
            for d in document.definitions
            if not isinstance(d, FragmentDefinitionNode) or d.name.value in spread
        )
        if len(kept) == len(document.definitions):
            break
        _set(document, "definitions", kept)
    fragments = [d for d in document.definitions if isinstance(d, FragmentDefinitionNode)]
    used = {
        n.name.value
        for d in document.definitions
        for part in ([d.selection_set] if isinstance(d, OperationDefinitionNode) else fragments)
        for n in _nodes(part)
        if isinstance(n, VariableNode)
    }
    for d in document.definitions:
        if isinstance(d, OperationDefinitionNode):
            declared = d.variable_definitions or ()
            kept_too = tuple(v for v in declared if v.variable.name.value in used)
            _set(d, "variable_definitions", kept_too)
    return document
