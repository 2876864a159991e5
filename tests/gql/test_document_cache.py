"""Which documents are kept, how many, and for whom."""

from typing import Any

import pytest
from graphql import OperationType, parse

from app.core.access import ANONYMOUS
from app.core.config import GraphQLConfig
from app.core.metrics import Metrics
from app.gql import documents as documents_module
from app.gql.compiled.plan import Plan
from app.gql.documents import Documents
from tests.gql.both import SCHEMA
from tests.gql.limited import SIGNED_IN, bomb, refusal


def test_only_valid_documents_are_kept(documents: Documents) -> None:
    for source in ("{ nope }", "{", "{ movies(first: true) { nodes { id } } }", bomb(60)):
        refusal(documents, source)
    assert len(documents) == 0
    for _ in range(3):
        documents.prepare("{ __typename }", None, {}, ANONYMOUS)
    assert len(documents) == 1


def test_the_cache_is_bounded() -> None:
    documents = Documents(SCHEMA, GraphQLConfig(documents=10), Metrics())
    for n in range(50):
        documents.prepare(f"query Q{n} {{ __typename }}", None, {}, ANONYMOUS)
    assert len(documents) == 10


def test_the_cache_is_bounded_in_size() -> None:
    documents = Documents(SCHEMA, GraphQLConfig(), Metrics())
    for n in range(30):
        documents.prepare(f"query Q{n} {{ __typename }}" + " " * 100_000, None, {}, ANONYMOUS)
    assert len(documents) == documents_module.MOST_TEXT // 100_000


def test_a_flood_of_documents_leaves_those_that_are_asked_for_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    documents = Documents(SCHEMA, GraphQLConfig(documents=100), Metrics())
    hot = [f"query Hot{n} {{ __typename }}" for n in range(20)]
    for source in hot * 2:
        documents.prepare(source, None, {}, ANONYMOUS)
    for n in range(1000):
        documents.prepare(f"query Once{n} {{ __typename }}", None, {}, ANONYMOUS)

    def again(*_: Any, **__: Any) -> Any:
        pytest.fail("A document that is asked for again and again was parsed anew.")

    monkeypatch.setattr(documents_module, "parse", again)
    for source in hot:
        documents.prepare(source, None, {}, ANONYMOUS)


def test_documents_are_weighed_with_their_plans_asked_for_again_or_not() -> None:
    documents = Documents(SCHEMA, GraphQLConfig(), Metrics())
    heavy = documents_module.MOST_TEXT // documents_module.TEXT_OF_FIELD // 10
    plan = Plan(OperationType.QUERY, [], heavy)
    for n in range(50):
        operation = documents.prepare(f"query Q{n} {{ __typename }}", None, {}, ANONYMOUS)
        operation.plans.keep(n, plan)
    assert len(documents) <= 10
    documents.prepare("{ __typename }", None, {}, ANONYMOUS).plans.keep(1, plan)
    operation.plans.keep("late", plan)  # one that may be gone already
    assert len(documents) <= 10


def test_a_kept_document_is_not_parsed_again(
    documents: Documents, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed: list[str] = []

    def counted(source: str, **given: Any) -> Any:
        parsed.append(source)
        return parse(source, **given)

    monkeypatch.setattr(documents_module, "parse", counted)
    for _ in range(3):
        documents.prepare("{ viewer { permissions } }", None, {}, ANONYMOUS)
    assert len(parsed) == 1


def test_variables_that_nobody_declared_are_not_kept(documents: Documents) -> None:
    """What an operation costs is kept by its variables, with the document, for a long time."""
    source = "query($n: Int) { viewer { permissions } movies(first: $n) { totalCount } }"
    for n in range(70):
        others = {f"v{i}": i + n for i in range(1000)}
        documents.prepare(source, None, {"n": n % 3 + 1, **others}, SIGNED_IN)
    (kept,) = documents._kept.values()
    assert set(kept.ready) == {(None, (("n", n),)) for n in (1, 2, 3)}
