"""Documents: parsed, judged and validated once, then kept by their text."""

import re
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    OperationType,
    parse,
    validate,
)
from msgspec import Struct

from app.core.access import Viewer
from app.core.config import GraphQLConfig
from app.core.errors import AppError, Invalid, TooComplex
from app.core.lru import SegmentedLru
from app.core.metrics import Metrics
from app.gql.compiled.compiler import switches
from app.gql.compiled.plan import Plans
from app.gql.limits import Analyser, Totals, judge, judge_repeats, judge_size, pick

NUL: Final = re.compile(r"\x00|\\u(?:0000|\{0+\})")
MOST_COSTS: Final = 64
MOST_TEXT: Final = 1 << 20  # characters of all kept documents: their trees are 300 times as big
TEXT_OF_FIELD: Final = 8  # characters whose tree is as big as a field of a plan with its code


class Refused(Exception):
    """A document that is not executed, with the errors to answer."""

    def __init__(self, errors: list[GraphQLError]) -> None:
        super().__init__(errors[0].message)
        self.errors = errors


class Operation(Struct, frozen=True):
    """What is ready to execute."""

    document: DocumentNode
    node: OperationDefinitionNode
    totals: Totals
    plans: Plans

    @property
    def kind(self) -> OperationType:
        return self.node.operation


class _Document(Struct):
    """A valid document, with what is ready by operation and the variables that count."""

    node: DocumentNode
    operations: list[OperationDefinitionNode]
    plans: Plans
    length: int
    ready: dict[Any, Operation] = {}
    declared: dict[str | None, tuple[str, ...]] = {}


class Documents:
    """The bounded cache of valid documents of one schema."""

    def __init__(self, schema: GraphQLSchema, config: GraphQLConfig, metrics: Metrics) -> None:
        self._schema, self._config = schema, config
        self._hits, self._misses = map(metrics.gql_documents.labels, ("hit", "miss"))
        self._kept: SegmentedLru[str, _Document] = SegmentedLru(config.documents, MOST_TEXT)

    def __len__(self) -> int:
        return len(self._kept)

    def prepare(
        self, source: str, name: str | None, variables: Mapping[str, Any], viewer: Viewer
    ) -> Operation:
        """An operation within its limits. Raises Refused."""
        kept = self._kept.get(source)
        try:
            if kept is not None:
                self._hits.inc()
                return self._ready(kept, name, variables, viewer)
            self._misses.inc()
            fresh = self._parse(source)
            operation = self._ready(fresh, name, variables, viewer)
            self._judge_rest(fresh)
            if errors := validate(self._schema, fresh.node, max_errors=20):
                # Without what Python raised underneath: a bad literal is no failure of ours.
                raise Refused([GraphQLError(error.message, error.nodes) for error in errors])
        except AppError as error:
            raise Refused([GraphQLError(error.message, original_error=error)]) from None
        except RecursionError:
            deep = TooComplex("The document is nested too deeply.")
            raise Refused([GraphQLError(deep.message, original_error=deep)]) from None
        self._kept.put(source, fresh, fresh.length)
        fresh.plans.grown = partial(self._weigh, source, fresh)
        return operation

    def _weigh(self, key: str, document: _Document) -> None:
        """A document weighs more with every plan, asked for again or not."""
        if self._kept.holds(key):
            weight = document.length + document.plans.size * TEXT_OF_FIELD
            self._kept.put(key, document, weight)

    def _judge_rest(self, document: _Document) -> None:
        """Also what is not run has to be small: validating is quadratic in the fields."""
        analyser = Analyser(self._schema, document.node, {})
        for totals in analyser.whole():
            judge_size(totals, self._config)
        judge_repeats(analyser.repeats())

    def _parse(self, source: str) -> _Document:
        if NUL.search(source):
            raise Invalid("Texts may not contain NUL characters.", field="query")
        try:
            node = parse(source, max_tokens=self._config.max_tokens, no_location=False)
        except GraphQLSyntaxError as error:
            raise Refused([error]) from None
        operations = [d for d in node.definitions if isinstance(d, OperationDefinitionNode)]
        if not operations:
            raise Invalid("The document holds no operation.", field="query")
        return _Document(node, operations, Plans(switches(node)), len(source))

    def _ready(
        self, document: _Document, name: str | None, variables: Mapping[str, Any], viewer: Viewer
    ) -> Operation:
        names = document.declared.get(name)
        if names is None:
            names = _declared(pick(document.operations, name))
            document.declared[name] = names
        key = (name, _sizes(names, variables))
        operation = document.ready.get(key)
        if operation is None:
            operation = self._analysed(document, name, variables)
            if len(document.ready) >= MOST_COSTS:
                document.ready.clear()
            document.ready[key] = operation
        judge(operation.totals, self._config, viewer)
        return operation

    def _analysed(
        self, document: _Document, name: str | None, variables: Mapping[str, Any]
    ) -> Operation:
        node = pick(document.operations, name)
        totals = Analyser(self._schema, document.node, variables).operation(node)
        most = self._config.max_mutations
        if totals.roots > most:
            raise TooComplex(f"At most {most} mutations in one operation.")
        return Operation(document.node, node, totals, document.plans)


def _declared(node: OperationDefinitionNode) -> tuple[str, ...]:
    """The variables that an operation declares."""
    return tuple(sorted(d.variable.name.value for d in node.variable_definitions or ()))


def _sizes(declared: tuple[str, ...], variables: Mapping[str, Any]) -> tuple[Any, ...]:
    """What of the variables can change the cost: numbers, lengths of lists, and null, which is
    not the same as leaving a variable to its default.

    Only of those that the operation declares: the answer is kept with the document, and a caller
    may send any number of others.
    """
    if not declared:
        return ()
    given = [(name, variables[name]) for name in declared if name in variables]
    return tuple(
        (name, len(value) if isinstance(value, list) else value)
        for name, value in given
        if value is None or isinstance(value, int | float | list)
    )
