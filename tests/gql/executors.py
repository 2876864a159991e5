"""Both executors of one schema, and the reference without propagation of nulls, to ask in doubt."""

from collections.abc import Callable
from typing import Any

from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from app.core.access import Viewer
from app.core.config import GraphQLConfig
from app.core.metrics import Metrics
from app.gql.compiled.fragments import Fragments
from app.gql.documents import Documents, Refused
from app.gql.errors import cause, present
from app.gql.execution import Executor, OperationContext, Request, Schema


class WithoutPropagation(StrawberryGraphQLCoreExecutionContext):
    """Reports every error there is: none of them makes more null than its own position."""

    def __init__(self, *args: Any, **given: Any) -> None:
        super().__init__(*args, **given)
        self.error_propagation = False


class Telling(Executor):
    """Answers what was really raised beside what a client gets to read, so that it is compared."""

    def answer(self, result: Any, context: OperationContext) -> dict[str, Any]:
        """The answer, with an extension for each error."""
        shown = super().answer(result, context)
        for error, told in zip(result.errors or (), shown.get("errors", ()), strict=True):
            original = cause(error)
            told["extensions"]["raised"] = [type(original).__name__, error.message, str(original)]
        return shown


class Executors:
    """The same schema three times. Documents are parsed and validated once for both."""

    def __init__(
        self,
        make: Callable[[], Schema],
        config: GraphQLConfig,
        metrics: Metrics,
        fragments: Fragments | None = None,
    ) -> None:
        self._metrics = metrics
        schema = make()
        self.schema = schema._schema
        plain = config.model_copy(update={"compiled": False})
        compiled = config.model_copy(update={"compiled": True})
        shared = Documents(schema._schema, config, metrics)
        self.reference = Telling(schema, shared, plain, metrics)
        self.compiled = Telling(schema, shared, compiled, metrics, fragments)
        lenient = make()
        lenient.execution_context_class = WithoutPropagation
        documents = Documents(lenient._schema, config, metrics)
        self.lenient = Telling(lenient, documents, plain, metrics)

    async def answer(
        self, executor: Executor, request: Request, viewer: Viewer, context: Any
    ) -> dict[str, Any]:
        """The answer, also to what is refused."""
        try:
            context.operation = executor.prepare(request, viewer)
        except Refused as refused:
            return {"errors": [present(e, "test", self._metrics) for e in refused.errors]}
        return await executor.execute(request, context)

    def fallbacks(self) -> dict[str, float]:
        """How many operations were left to the reference, by reason."""
        families = list(self._metrics.gql_fallback.collect())
        samples = [sample for family in families for sample in family.samples]
        return {s.labels["reason"]: s.value for s in samples if s.name.endswith("_total")}
