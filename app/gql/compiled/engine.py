"""Operations by their plans: what `Executor` runs instead of the reference executor.

It stands beside Strawberry, not in it: a plan is made from the schema that Strawberry built, and
resolvers of root fields are called as Strawberry calls them.
"""

from collections.abc import AsyncIterator, Hashable, Mapping
from functools import partial
from typing import Any, Protocol
from uuid import UUID

from graphql import (
    DocumentNode,
    GraphQLError,
    OperationDefinitionNode,
    OperationType,
)
from graphql.execution.values import VariableValues
from strawberry import Schema
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError

from app.core.recording import RECORDING
from app.core.together import together
from app.gql.access import Steps
from app.gql.compiled.branch import MOST_AHEAD, Around, Branch
from app.gql.compiled.compiler import Compiler
from app.gql.compiled.failure import Unsupported
from app.gql.compiled.finishing import finished
from app.gql.compiled.fragments import Fragments
from app.gql.compiled.info import info_of
from app.gql.compiled.keeping import Keeping
from app.gql.compiled.meta import described
from app.gql.compiled.plan import Entry, Plan, Plans
from app.gql.compiled.sources import Constant, Meta, RootField
from app.gql.compiled.streaming import Result, events
from app.gql.compiled.variables import Variables
from app.gql.compiled.watched import Noted
from app.gql.info import Info


class Prepared(Protocol):
    """An operation that was parsed, judged and validated; `plans` are kept with its document."""

    @property
    def document(self) -> DocumentNode: ...
    @property
    def node(self) -> OperationDefinitionNode: ...
    @property
    def plans(self) -> Plans: ...


class Compiled:
    """Executes operations of one schema by plans."""

    def __init__(self, schema: Schema, fragments: Fragments | None = None) -> None:
        self._schema = schema._schema  # noqa: SLF001 - no public name
        self.fragments = fragments
        self.apart: set[Hashable] = set()  # edges that wait for more than rows and the cache
        conversion = (schema.schema_converter.scalar_registry, schema.config)
        self._compiler = Compiler(self._schema, conversion)

    async def execute(
        self, prepared: Prepared, variables: Mapping[str, Any], context: Around
    ) -> ExecutionResult:
        """Run a query or mutation. Raises Unsupported for the reference executor to run it."""
        coerced = self.variables(prepared, variables)
        if isinstance(coerced, list):
            return ExecutionResult(data=None, errors=coerced)
        plan = self.plan(prepared, coerced)
        if plan.refusal is not None:
            return ExecutionResult(data=None, errors=[plan.refusal])
        recording = RECORDING.get()
        if recording is not None:
            context.shared = plan.shared
            if plan.shared is None or self.fragments is None:  # nothing watches what is below
                recording.spoil()
        running = _Running(self, prepared, coerced, context, variables)
        running.ahead = MOST_AHEAD // max(1, len(plan.roots))
        if plan.kind is OperationType.MUTATION:
            await running.serially(plan.roots)
        else:
            await together([running.root(entry) for entry in plan.roots])
        return running.result(plan)

    def subscribe(
        self, prepared: Prepared, variables: Mapping[str, Any], context: Around
    ) -> AsyncIterator[Result]:
        """Run a subscription, a result for each event. Raises Unsupported."""
        coerced = self.variables(prepared, variables)
        if isinstance(coerced, list):
            return _refused(coerced)
        plan = self.plan(prepared, coerced)
        if plan.refusal is not None:
            return _refused([plan.refusal])
        [entry] = plan.roots  # as validation sees to it
        if not isinstance(entry.source, RootField):
            raise Unsupported("subscription")
        return events(entry, coerced, context)

    def variables(
        self, prepared: Prepared, given: Mapping[str, Any]
    ) -> VariableValues | list[GraphQLError]:
        """Variables as the operation declares them, or what is wrong with them."""
        node, known = prepared.node, prepared.plans.variables
        found = known.get(id(node))
        if found is None:
            found = known[id(node)] = Variables(self._schema, node)
        return found.read(given)

    def plan(self, prepared: Prepared, values: VariableValues) -> Plan:
        """The plan of an operation under these variables, made once. Raises Unsupported."""
        plans = prepared.plans
        # In another operation of the document the same name may be that of anything.
        given = map(values.coerced.get, plans.switches)
        key = (id(prepared.node), *(one if one.__class__ is bool else None for one in given))
        found = plans.made.get(key)
        if found is None:
            found = self._compiler.compile(prepared.document, prepared.node, values)
            plans.keep(key, found)
        return found

    def described(self, prepared: Prepared, entry: Entry, variables: Mapping[str, Any]) -> Any:
        """What `__schema` and `__type` show."""
        return described(self._schema, prepared, entry, variables)


async def _refused(errors: list[GraphQLError]) -> AsyncIterator[Result]:
    yield PreExecutionError(data=None, errors=errors)


class _Running:
    """One operation in execution."""

    def __init__(
        self,
        engine: Compiled,
        prepared: Prepared,
        values: VariableValues,
        context: Around,
        given: Mapping[str, Any],
    ) -> None:
        self._engine, self._prepared, self._values = engine, prepared, values
        self._context, self._given = context, given
        self._data: dict[str, Any] = {}
        self._failed = False
        self.ahead = 0  # how many edges of a root field may be loaded before its object
        self._asks = prepared.node.operation is OperationType.QUERY

    def result(self, plan: Plan) -> ExecutionResult:
        """The answer, with its root fields in order."""
        data = self._data
        if self._failed:
            made, errors = finished(plan.roots, data)
            return ExecutionResult(data=made, errors=errors)
        if len(data) > 1:
            data = {entry.key: data[entry.key] for entry in plan.roots}
        return ExecutionResult(data=data, errors=None)

    async def serially(self, roots: list[Entry]) -> None:
        """One root field after the other; none after one whose null goes up to the whole answer."""
        for entry in roots:
            await self.root(entry)
            if self._failed and finished([entry], self._data)[0] is None:
                return

    async def root(self, entry: Entry) -> None:
        """One root field, with everything below it."""
        source = entry.source
        if isinstance(source, Constant):
            self._keep(entry, source.value)
        elif isinstance(source, Meta):
            shown = self._engine.described(self._prepared, entry, self._given)
            self._keep(entry, shown)
        else:
            await self._branch(entry, source)

    async def _branch(self, entry: Entry, source: Any) -> None:
        assert isinstance(source, RootField)  # noqa: S101 - a root has no other
        keeping = self._keeping()
        branch = Branch(self._context, self._values, keeping, self._engine.apart)
        value: Any
        try:
            given = entry.arguments.read(self._values)
            info = info_of(source, self._shown())
            steps = source.steps if self._asks else None
            if steps is None:
                value = await source.resolve(None, info, **given)
            else:
                value = await self._by_id(branch, entry, steps, info, given)
        except Exception as error:  # noqa: BLE001 - the error of this field
            value = entry.fail(error)
        shown = branch.value(entry, value)
        await branch.finish()
        if keeping is not None and not branch.failed:
            keeping.keep()
        self._keep(entry, shown, failed=branch.failed)

    async def _by_id(
        self, branch: Branch, entry: Entry, steps: Steps, info: Info, given: dict[str, Any]
    ) -> Any:
        """What is mostly one object, asked for by its id."""
        value = await steps.ask(None, info, given)
        load = steps.view.load if steps.view is not None else None
        if load is None or not isinstance(value, UUID):
            return await steps.show(value, info)
        found = partial(load, info.app, info.viewer)
        return await branch.by_id(entry, found, value, self.ahead)

    def _shown(self) -> Any:
        """The context for a root field, noting what is looked at where the answer may be kept."""
        recording = RECORDING.get()
        if recording is None or recording.spoiled or self._context.shared is None:
            return self._context
        return Noted(self._context, recording, self._context.shared)

    def _keeping(self) -> Keeping | None:
        fragments = self._engine.fragments
        if fragments is None or not self._asks:
            return None
        return Keeping(fragments, self._context.viewer, self._values)

    def _keep(self, entry: Entry, value: Any, *, failed: bool = False) -> None:
        self._data[entry.key] = value
        self._failed = self._failed or failed
