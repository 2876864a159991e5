"""How large an operation may be, and how soon one that is larger is refused."""

import contextlib
import math
import time

import pytest
import strawberry
from strawberry.extensions import MaxAliasesLimiter, QueryDepthLimiter

from app.core.access import ANONYMOUS
from app.core.config import GraphQLConfig
from app.core.errors import AppError
from app.core.metrics import Metrics
from app.gql.documents import Documents, Refused
from tests.gql.both import SCHEMA
from tests.gql.limited import SIGNED_IN, bomb, code, refusal


def test_an_alias_is_no_longer_than_a_name(documents: Documents) -> None:
    """It stands in the answer as often as there are values: a long one makes gigabytes of it."""
    document = "{ __schema { types { fields { %s: name } } } }"
    documents.prepare(document % ("a" * 100), None, {}, SIGNED_IN)
    assert code(refusal(documents, document % ("a" * 101))) == "TOO_COMPLEX"
    inner = "{ __schema { types { ...F } } } fragment F on __Type { %s: name }"
    assert code(refusal(documents, inner % ("a" * 101))) == "TOO_COMPLEX"


@pytest.mark.uncounted
def test_a_fragment_bomb_is_refused_at_once(documents: Documents) -> None:
    spent = []
    for _ in range(5):
        started = time.perf_counter()
        assert code(refusal(documents, bomb(60))) == "TOO_COMPLEX"
        spent.append(time.perf_counter() - started)
    assert min(spent) < 0.05


def test_control_the_usual_limiters_take_exponential_time() -> None:
    """Strawberry's own limiters walk a fragment once per spread: this is what we do not use."""

    @strawberry.type
    class Movie:
        title: str

    @strawberry.type
    class Query:
        @strawberry.field
        def movie(self) -> Movie | None:
            return None

    schema = strawberry.Schema(
        query=Query,
        extensions=[
            lambda: QueryDepthLimiter(max_depth=12),
            lambda: MaxAliasesLimiter(max_alias_count=30),
        ],
    )
    spent = {12: math.inf, 15: math.inf}
    for levels in [*spent] * 3:  # of three times the best, on this thread's own clock
        started = time.thread_time()
        schema.execute_sync(bomb(levels, "movie {", "}"))
        spent[levels] = min(spent[levels], time.thread_time() - started)
    assert spent[15] > 4 * spent[12]  # three levels more: eight times the work
    assert spent[15] * 2 ** (60 - 15) > 10**9  # seconds, for the bomb that we refuse in 0.05


@pytest.mark.parametrize(
    ("what", "source"),
    [
        ("levels", "{ node(id: 1) { ... on Movie " + "{ similar " * 12 + "{ id }" + " }" * 14),
        ("fields", "{ viewer { " + "permissions " * 501 + "} }"),
        ("aliases", "{ viewer { " + " ".join(f"a{n}: permissions" for n in range(31)) + " } }"),
        ("directives", "{ viewer " + "@include(if: true) " * 31 + "{ permissions } }"),
        ("directives", "{ viewer { " + "permissions @skip(if: false) " * 31 + "} }"),
        ("cost", "{ movies(first: 100) { nodes { similar(first: 50) { id title } } } }"),
        ("mutations", "mutation { " + " ".join(f"a{n}: logout" for n in range(6)) + " }"),
        ("deeply", "{ a " * 300 + "}" * 300),
        ("deeply", bomb(120)),
        ("operations", " ".join(f"query Q{n} {{ __typename }}" for n in range(11))),
    ],
)
def test_too_large(what: str, source: str, documents: Documents) -> None:
    found = refusal(documents, source, name="Q0" if "Q0" in source else None)
    sentence = found.message if isinstance(found, AppError) else found
    assert what in sentence
    assert isinstance(found, AppError) is not sentence.startswith("Syntax Error")
    assert len(documents) == 0


@pytest.mark.parametrize(
    "source",
    [
        "{ viewer { " + "permissions " * 100 + "} }",
        "{ viewer { " + " ".join(f"a{n}: permissions" for n in range(30)) + " } }",
        "{ viewer " + "@include(if: true) @skip(if: false) " * 1 + "{ permissions } }",
        "{ movies(first: 100) { nodes { similar(first: 10) { id title } } } }",
        "{ viewer { user { ...F0 } } } "
        + " ".join(
            f"fragment F{n} on User {{ id username displayName ...F{n + 1} }}" for n in range(40)
        )
        + "fragment F40 on User { id }",
        "mutation { " + " ".join(f"a{n}: logout" for n in range(5)) + " }",
        " ".join(f"query Q{n} {{ __typename }}" for n in range(10)),
        bomb(7),
    ],
)
def test_just_small_enough(source: str, documents: Documents) -> None:
    documents.prepare(source, "Q9" if "Q9" in source else None, {}, SIGNED_IN)
    assert len(documents) == 1


@pytest.mark.parametrize(
    "source",
    [
        "{ " + 'node(id: "a") { id } ' * 150 + "}",
        "{ " + " ".join(f'node(id: "{n}") {{ id }}' for n in range(150)) + " }",
        "{ viewer { ...A ...B } } fragment A on Viewer { "
        + "permissions " * 60
        + "} fragment B on Viewer { ... { "
        + "permissions " * 60
        + "} }",
        "query A { __typename } query B { viewer { user { " + "id " * 110 + "} } }",
        "{ " + ("viewer { user { " + "id " * 11 + "} } ") * 11 + "}",
    ],
)
def test_the_same_is_not_asked_for_again_and_again(source: str, documents: Documents) -> None:
    """Validation compares every two fields of one name in one place: seconds for a short text."""
    found = refusal(documents, source, name="A" if "query A" in source else None)
    assert isinstance(found, AppError)
    assert "repetitions" in found.message


def test_two_fragments_of_one_name_cannot_hide_one_another(documents: Documents) -> None:
    large = "fragment F on Query { " + 'node(id: "a") { id } ' * 200 + "}"
    found = refusal(documents, f"{{ ...F }} {large} fragment F on Query {{ __typename }}")
    assert isinstance(found, AppError)
    assert "only one fragment" in found.message


def test_tokens(documents: Documents) -> None:
    assert "2000 tokens" in str(refusal(documents, "{ " + "viewer " * 2000 + "}"))
    assert "2000 tokens" in str(refusal(documents, "{ __typename } " + "#\n" * 100_000))


LOGIN = 'login(username: "a", password: "b") { __typename }'
CHANGE = 'changePassword(currentPassword: "a", newPassword: "b")'
TWICE = [
    f"mutation {{ {LOGIN} second: {LOGIN} }}",
    f"""mutation {{ ...A ...B }}
    fragment A on Mutation {{ {LOGIN} }} fragment B on Mutation {{ b: {LOGIN} }}""",
    f"""mutation {{ ...A }} fragment A on Mutation {{ ...B ...C }}
    fragment B on Mutation {{ {LOGIN} }} fragment C on Mutation {{ c: {CHANGE} }}""",
    f"""mutation($no: Boolean!) {{ a: {LOGIN.replace("{", "@skip(if: $no) {")}
    ... on Mutation {{ x: {LOGIN} }} }}""",
    f"mutation {{ ... {{ ... {{ {LOGIN} }} }} {CHANGE} }}",
]


@pytest.mark.parametrize("source", TWICE)
def test_one_secret_is_checked_per_operation(source: str, documents: Documents) -> None:
    found = refusal(documents, source, no=True)
    assert isinstance(found, AppError)
    assert "secret" in found.message


def test_a_fragment_spread_twice_counts_twice(documents: Documents) -> None:
    source = (
        "mutation { ...A ... on Mutation { ...A } } "
        'fragment A on Mutation { login(username: "a", password: "b") { __typename } }'
    )
    assert code(refusal(documents, source)) == "TOO_COMPLEX"


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("{ ...Nope }", "There is no fragment Nope."),
        ("{ viewer { ...A } } fragment A on Viewer { ...A }", "The fragment A contains itself."),
        (
            "{ ...A } fragment A on Query { ...B } fragment B on Query { __typename ...A }",
            "The fragment A contains itself.",
        ),
        (
            "{ viewer { permissions } } fragment A on Query { ...B } fragment B on Query { ...A }",
            "The fragment A contains itself.",
        ),
        ("fragment A on Query { viewer { permissions } }", "The document holds no operation."),
        ("query A { __typename } query B { __typename }", "Say which operation to run"),
        ("{ __typename } query B { __typename }", "Say which operation to run"),
        ('{ movies(seed: "a\x00b") { nodes { id } } }', "NUL"),
        ('{ movies(seed: "a\\u0000b") { nodes { id } } }', "NUL"),
        ('{ movies(seed: "a\\u{0}b") { nodes { id } } }', "NUL"),
        ('{ movies(seed: """a\x00b""") { nodes { id } } }', "NUL"),
        ('{ movies(seed: "\\ud800") { nodes { id } } }', "Invalid Unicode escape"),
        ("{ movies(first: " + "9" * 5000 + ") { nodes { id } } }", "Int"),
        ("{ movies(filter: {yearTo: 99999999999}) { nodes { id } } }", "32-bit"),
        ("", "Unexpected <EOF>"),
        ("type Query { a: Int }", "The document holds no operation."),
    ],
)
def test_documents_gone_wrong(source: str, told: str, documents: Documents) -> None:
    found = refusal(documents, source)
    assert code(found) == "INVALID"
    assert told in (found.message if isinstance(found, AppError) else found)
    assert len(documents) == 0


def test_an_unknown_operation(documents: Documents) -> None:
    assert code(refusal(documents, "query A { __typename }", name="B")) == "INVALID"


DEAR = (
    """query($n: Int! = 100) { movies(first: $n) { nodes { similar(first: $n) { id title } } } }"""
)


def test_cost_knows_variables_and_their_defaults(documents: Documents) -> None:
    for variables in ({}, {"n": 100}, {"n": 10**12}, {"n": 90.0}):
        assert code(refusal(documents, DEAR, **variables)) == "TOO_COMPLEX", variables
    documents.prepare(DEAR, None, {"n": 2}, SIGNED_IN)
    for variables in ({}, {"n": 100}, {"n": 100.0}):
        assert code(refusal(documents, DEAR, **variables)) == "TOO_COMPLEX", variables
    nullable = DEAR.replace("Int!", "Int")
    documents.prepare(nullable, None, {"n": None}, SIGNED_IN)
    assert code(refusal(documents, nullable)) == "TOO_COMPLEX"  # null is not the default


def test_cost_of_lists_of_ids(documents: Documents) -> None:
    query = "query($i: [ID!]!) { nodes(ids: $i) { ... on Movie { similar(first: 50) { title } } } }"
    documents.prepare(query, None, {"i": ["movie_1"]}, SIGNED_IN)
    assert code(refusal(documents, query, i=["movie_1"] * 100 * 10)) == "TOO_COMPLEX"
    literal = (
        query.replace("query($i: [ID!]!)", "").replace("$i", str(["a"] * 200)).replace("'", '"')
    )
    assert code(refusal(documents, literal)) == "TOO_COMPLEX"


def test_the_signed_out_have_less(documents: Documents) -> None:
    source = "{ movies(first: 100) { nodes { id genres { id name slug } } } }"
    documents.prepare(source, None, {}, SIGNED_IN)
    assert code(refusal(documents, source, ANONYMOUS)) == "TOO_COMPLEX"


@pytest.mark.alone
@pytest.mark.parametrize(
    "source",
    [
        "query A { __typename } query B { " + "movies { nodes { id } } " * 240 + "}",
        "{ __typename } fragment Z on Query { " + "movies { nodes { id } } " * 240 + "}",
        "query A { __typename } query B { "
        + " ".join(f"a{n}: viewer {{ permissions }}" for n in range(300))
        + "}",
    ],
)
def test_what_is_not_run_is_judged_as_well(source: str, documents: Documents) -> None:
    """Validation looks at the whole document, and is quadratic in its fields."""
    started = time.perf_counter()
    found = refusal(documents, source, name="A" if "query A" in source else None)
    assert code(found) == "TOO_COMPLEX"
    assert time.perf_counter() - started < 0.25


def test_a_large_document_of_several_operations_is_fine(documents: Documents) -> None:
    source = " ".join(
        f"query Q{n}($n: Int!) {{ movies(first: $n) {{ nodes {{ cast(first: $n) {{ job }} }} }} }}"
        for n in range(5)
    )
    documents.prepare(source, "Q3", {"n": 1}, SIGNED_IN)


INTROSPECTION = [
    "{ __schema { types { name } } }",
    '{ __type(name: "Movie") { name } }',
    "{ ...S } fragment S on Query { __schema { queryType { name } } }",
]


@pytest.mark.parametrize("source", INTROSPECTION)
def test_introspection_is_for_those_who_are_signed_in(source: str) -> None:
    closed = Documents(SCHEMA, GraphQLConfig(), Metrics())
    assert code(refusal(closed, source, ANONYMOUS)) == "UNAUTHENTICATED"
    closed.prepare(source, None, {}, SIGNED_IN)
    assert code(refusal(closed, source, ANONYMOUS)) == "UNAUTHENTICATED"  # though it is kept now
    opened = Documents(SCHEMA, GraphQLConfig(open_introspection=True), Metrics())
    opened.prepare(source, None, {}, ANONYMOUS)


def test_typename_needs_nobody(documents: Documents) -> None:
    documents.prepare("{ __typename }", None, {}, ANONYMOUS)


def test_the_usual_introspection_query_is_small_enough() -> None:
    from graphql import get_introspection_query

    for many in ({}, {"input_value_deprecation": True, "specified_by_url": True}):
        source = get_introspection_query(**many)
        Documents(SCHEMA, GraphQLConfig(), Metrics()).prepare(
            source, "IntrospectionQuery", {}, SIGNED_IN
        )


def test_introspection_cannot_go_round_in_circles(documents: Documents) -> None:
    inner = "fields { type { " * 5 + "name" + " } }" * 5
    found = refusal(documents, f"{{ __schema {{ types {{ {inner} }} }} }}")
    assert "ntrospection depth" in str(found)


@pytest.mark.alone
def test_the_adversarial_corpus_never_holds_the_loop() -> None:
    """Each is refused, or let through, within a quarter of a second."""
    text = "x" * 250_000
    corpus: dict[str, str] = {
        "bomb": bomb(90),
        "wide bomb": bomb(60).replace("...F1 ...F1", "...F1 " * 30),
        "comments": "{ __typename }" + "#x\n" * 80_000,
        "spaces": " " * 250_000 + "{ __typename }",
        "commas": "," * 250_000 + "{ __typename }",
        "name": "{ " + text + " }",
        "string": f'{{ movies(seed: "{text}") {{ nodes {{ id }} }} }}',
        "block": '{ movies(seed: """' + "\n a" * 80_000 + '""") { nodes { id } } }',
        "escapes": '{ movies(seed: "' + "\\u0041" * 40_000 + '") { nodes { id } } }',
        "digits": "{ movies(first: " + "9" * 250_000 + ") { nodes { id } } }",
        "nested": "{ a " * 900 + "}" * 900,
        "nested list": "{ movies(filter: " + "[" * 900 + "]" * 900 + ") { nodes { id } } }",
        "same field": "{ " + "__typename " * 1900 + "}",
        "same tree": "{ " + "movies { nodes { id } } " * 240 + "}",
        "aliases": "{ " + " ".join(f"a{n}: __typename" for n in range(600)) + " }",
        "directives": "{ viewer " + "@skip(if: false) " * 300 + "{ permissions } }",
        "variables": "query(" + " ".join(f"$v{n}: Int" for n in range(600)) + ") { __typename }",
        "fragments": "{ __typename } "
        + " ".join(f"fragment F{n} on Query {{ __typename }}" for n in range(240)),
        "object": "{ movies(filter: {" + "yearFrom: 1 " * 600 + "}) { nodes { id } } }",
        "invalid": "{ " + " ".join(f"nope{n}" for n in range(450)) + " }",
    }
    documents = Documents(SCHEMA, GraphQLConfig(), Metrics())
    slow = {}
    for name, source in corpus.items():
        spent = []
        for _ in range(3):  # the machine is shared: the best of three is the work itself
            started = time.perf_counter()
            with contextlib.suppress(Refused):
                documents.prepare(source, None, {}, ANONYMOUS)
            spent.append(time.perf_counter() - started)
        if min(spent) > 0.25:
            slow[name] = min(spent)
    assert slow == {}
