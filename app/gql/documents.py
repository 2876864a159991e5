"""Documents: parsed, judged and validated once, then kept by hash."""

import hashlib
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
    """A valid document, with totals by operation and the variables that count."""

    node: DocumentNode
    operations: list[OperationDefinitionNode]
    totals: dict[Any, Totals]
    plans: Plans
    length: int
    declared: dict[str | None, tuple[str, ...]] = {}


class Documents:
    """The bounded cache of valid documents of one schema."""

    def __init__(self, schema: GraphQLSchema, config: GraphQLConfig, metrics: Metrics) -> None:
        self._schema, self._config, self._metrics = schema, config, metrics
        self._kept: SegmentedLru[bytes, _Document] = SegmentedLru(config.documents, MOST_TEXT)

    def __len__(self) -> int:
        return len(self._kept)

    def prepare(
        self, source: str, name: str | None, variables: Mapping[str, Any], viewer: Viewer
    ) -> Operation:
        """An operation within its limits. Raises Refused."""
        key = hashlib.sha256(source.encode()).digest()
        kept = self._kept.get(key)
        try:
            if kept is not None:
                self._metrics.gql_documents.labels("hit").inc()
                return self._ready(kept, name, variables, viewer)
            self._metrics.gql_documents.labels("miss").inc()
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
        self._kept.put(key, fresh, fresh.length)
        fresh.plans.grown = partial(self._weigh, key, fresh)
        return operation

    def _weigh(self, key: bytes, document: _Document) -> None:
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
        return _Document(node, operations, {}, Plans(switches(node)), len(source))

    def _ready(
        self, document: _Document, name: str | None, variables: Mapping[str, Any], viewer: Viewer
    ) -> Operation:
        node = pick(document.operations, name)
        names = document.declared.get(name)
        if names is None:
            names = document.declared[name] = _declared(node)
        key = (name, _sizes(names, variables))
        totals = document.totals.get(key)
        if totals is None:
            analyser = Analyser(self._schema, document.node, variables)
            totals = analyser.operation(node)
            if totals.roots > self._config.max_mutations:
                most = self._config.max_mutations
                raise TooComplex(f"At most {most} mutations in one operation.")
            if len(document.totals) >= MOST_COSTS:
                document.totals.clear()
            document.totals[key] = totals
        judge(totals, self._config, viewer)
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
    given = [(name, variables[name]) for name in declared if name in variables]
    return tuple(
        (name, len(value) if isinstance(value, list) else value)
        for name, value in given
        if value is None or isinstance(value, int | float | list)
    )
