"""Subscriptions by plans: the source is that of the root field, each event an execution."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any

from graphql import GraphQLError, located_error
from graphql.execution.values import VariableValues
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError

from app.gql.compiled.branch import Around, Branch
from app.gql.compiled.failure import Failure
from app.gql.compiled.finishing import finished
from app.gql.compiled.info import info_of
from app.gql.compiled.plan import Entry
from app.gql.compiled.sources import RootField

Result = ExecutionResult | PreExecutionError


async def events(entry: Entry, values: VariableValues, context: Around) -> AsyncIterator[Result]:
    """A result for each event; the only one is what was wrong where the source does not start.

    A source that fails is told by the last result.
    """
    source = entry.source
    assert isinstance(source, RootField)  # noqa: S101 - a root has no other
    try:
        given = entry.arguments.read(values)
        stream: Any = await source.resolve(None, info_of(source, context), **given)
    except Exception as error:  # noqa: BLE001 - the subscriber is told
        yield PreExecutionError(data=None, errors=[located_error(error, entry.nodes, [entry.key])])
        return
    async with contextlib.aclosing(stream):
        try:
            async for value in stream:
                yield await _event(entry, values, context, value)
        except Exception as error:  # noqa: BLE001 - the subscriber is told
            told = error if isinstance(error, GraphQLError) else _wrapped(error)
            yield ExecutionResult(data=None, errors=[told])


async def _event(
    entry: Entry, values: VariableValues, context: Around, value: Any
) -> ExecutionResult:
    branch = Branch(context, values)
    shown = branch.value(entry, entry.fail(value) if isinstance(value, Exception) else value)
    await branch.finish()
    if not branch.failed and not isinstance(shown, Failure):
        return ExecutionResult(data={entry.key: shown}, errors=None)
    data, errors = finished([entry], {entry.key: shown})
    return ExecutionResult(data=data, errors=errors)


def _wrapped(error: Exception) -> GraphQLError:
    return GraphQLError(str(error), original_error=error)
