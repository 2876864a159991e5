"""From a request's parameters to a result, the same for HTTP and websockets."""

from collections.abc import AsyncIterator, Iterator
from typing import Any, Final, Protocol

import strawberry
from graphql import GraphQLError, GraphQLInputObjectType, OperationType
from msgspec import Struct
from strawberry.extensions import SchemaExtension
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError

from app.core.access import Viewer
from app.core.config import GraphQLConfig
from app.core.deadline import Limit
from app.core.errors import Forbidden, Invalid, TimedOut
from app.core.logging import get_logger
from app.core.metrics import Metrics
from app.core.recording import spoil
from app.gql.compiled.branch import Around
from app.gql.compiled.engine import Compiled
from app.gql.compiled.failure import Unsupported
from app.gql.compiled.fragments import Fragments
from app.gql.documents import Documents, Operation, Refused
from app.gql.errors import presented

MOST_NESTING: Final = 64
SURPRISE: Final = "surprise"  # a fault of ours: the reason of a fallback
log = get_logger(__name__)


class Schema(strawberry.Schema):
    """Strawberry's schema, which leaves reporting errors to `present`.

    Inputs of which one field is given are told to graphql-core, which refuses documents with others
    before anything is done; Strawberry's rule for that is not run with ours.
    """

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        for type_ in self._schema.type_map.values():
            if isinstance(type_, GraphQLInputObjectType):
                type_.is_one_of = type_.extensions["strawberry-definition"].is_one_of

    def process_errors(self, errors: list[GraphQLError], execution_context: Any = None) -> None:
        """Do nothing here: every error is presented, and logged if unexpected, exactly once."""


class Prepared(SchemaExtension):
    """Hands Strawberry the document that was parsed and validated before."""

    def on_parse(self) -> Iterator[None]:
        context = self.execution_context
        context.graphql_document = context.context.operation.document
        yield

    def on_validate(self) -> Iterator[None]:
        self.execution_context.pre_execution_errors = []
        yield


class OperationContext(Around, Protocol):
    """What the execution needs of a context."""

    operation: Operation
    request_id: str
    told: dict[str, Any]


class Request(Struct, frozen=True):
    """The parameters of GraphQL over HTTP and websockets alike."""

    query: str
    variables: dict[str, Any]
    operation_name: str | None

    @classmethod
    def of(cls, payload: Any) -> "Request":
        """Check the shape of a decoded body. Raises Invalid, naming the parameter."""
        if not isinstance(payload, dict):
            raise Invalid("The request is one JSON object; batches are not taken.")
        query = payload.get("query")
        if not isinstance(query, str) or not query:
            raise Invalid("`query` is the text of a GraphQL document.", field="query")
        variables = payload.get("variables")
        if variables is not None and not isinstance(variables, dict):
            raise Invalid("`variables` is an object.", field="variables")
        name = payload.get("operationName")
        if name is not None and not isinstance(name, str):
            raise Invalid("`operationName` is a text.", field="operationName")
        if not isinstance(payload.get("extensions"), dict | None):
            raise Invalid("`extensions` is an object.", field="extensions")
        _check_values(variables)
        return cls(query, variables or {}, name or None)


class Executor:
    """Runs operations of one schema within their limits."""

    def __init__(
        self,
        schema: Schema,
        documents: Documents,
        config: GraphQLConfig,
        metrics: Metrics,
        fragments: Fragments | None = None,
    ) -> None:
        self.schema, self.documents = schema, documents
        self._limit, self._metrics = Limit(config.timeout), metrics
        self._compiled = Compiled(schema, fragments) if config.compiled else None

    def prepare(self, request: Request, viewer: Viewer) -> Operation:
        """Parse, judge and validate. Raises Refused."""
        try:
            return self.documents.prepare(
                request.query, request.operation_name, request.variables, viewer
            )
        except Refused:
            self._metrics.gql_operations.labels("unknown", "refused").inc()
            raise

    async def execute(self, request: Request, context: OperationContext) -> dict[str, Any]:
        """Run a query or mutation; the answer has `data`, and `errors` where there are any."""
        kind = context.operation.kind
        if kind is OperationType.SUBSCRIPTION:
            error = Invalid("Subscriptions run over a websocket, see graphql-transport-ws.")
            raise Refused([GraphQLError(error.message, original_error=error)])
        try:
            result = await self._limit.within(self._result(request, context))
        except TimeoutError:
            late = TimedOut(f"The operation took longer than {self._limit.seconds:g} seconds.")
            result = ExecutionResult(
                data=None, errors=[GraphQLError(late.message, original_error=late)]
            )
        outcome = "error" if result.errors else "ok"
        self._metrics.gql_operations.labels(kind.value, outcome).inc()
        return self.answer(result, context)

    async def _result(self, request: Request, context: OperationContext) -> ExecutionResult:
        if self._compiled is not None:
            try:
                return await self._compiled.execute(context.operation, request.variables, context)
            except Unsupported as unsupported:
                self._metrics.gql_fallback.labels(unsupported.reason).inc()
            except Exception as error:
                if context.operation.kind is not OperationType.QUERY:  # it may have been done
                    told = GraphQLError(str(error), original_error=error)
                    return ExecutionResult(data=None, errors=[told])
                log.exception("graphql.plan_failed")
                self._metrics.gql_fallback.labels(SURPRISE).inc()
        spoil()  # the reference executor notes nothing
        return await self.schema.execute(
            request.query,
            variable_values=request.variables,
            context_value=context,
            operation_name=request.operation_name,
        )

    async def subscribe(
        self, request: Request, context: OperationContext
    ) -> AsyncIterator[ExecutionResult]:
        """The results of a subscription, one per event; a failure to start is the only one."""
        stream = await self._stream(request, context)
        outcome = "error" if isinstance(stream, PreExecutionError) else "ok"
        self._metrics.gql_operations.labels(context.operation.kind.value, outcome).inc()
        return stream

    async def _stream(
        self, request: Request, context: OperationContext
    ) -> AsyncIterator[ExecutionResult]:
        if self._compiled is not None:
            try:
                return self._compiled.subscribe(context.operation, request.variables, context)
            except Unsupported as unsupported:
                self._metrics.gql_fallback.labels(unsupported.reason).inc()
        return await self.schema.subscribe(
            request.query,
            variable_values=request.variables,
            context_value=context,
            operation_name=request.operation_name,
        )

    def answer(self, result: Any, context: OperationContext) -> dict[str, Any]:
        """A result in the shape of the response, with what was told beside the data."""
        shown: dict[str, Any] = {}
        if result.errors:
            shown["errors"] = presented(result.errors, context.request_id, self._metrics)
        shown["data"] = result.data
        if context.told and result.data is not None:  # else it may not have been told to its end
            shown["extensions"] = dict(context.told)
        return shown


def refuse_mutation(operation: Operation) -> None:
    """Raise Refused for a mutation over a websocket: those go over HTTP alone."""
    if operation.kind is OperationType.MUTATION:
        error = Forbidden("Mutations are sent over HTTP, not over a websocket.")
        raise Refused([GraphQLError(error.message, original_error=error)])


def _check_values(value: Any, depth: int = 0) -> None:
    if depth > MOST_NESTING:
        raise Invalid(f"Variables are nested at most {MOST_NESTING} levels.", field="variables")
    if isinstance(value, str):
        if "\x00" in value:
            raise Invalid("Texts may not contain NUL characters.", field="variables")
    elif isinstance(value, dict):
        for key, inner in value.items():
            _check_values(key, depth + 1)
            _check_values(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            _check_values(inner, depth + 1)
