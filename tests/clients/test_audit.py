"""The GraphQL-over-HTTP specification, as its own audit sees this server."""

import json
from collections import Counter

import pytest

from tests.clients.conftest import Deployment, Node

GRAPHQL = "application/graphql-response+json"
pytestmark = pytest.mark.node


async def test_the_audit_finds_nothing_against_a_must_or_a_should(
    deployment: Deployment, node: Node
) -> None:
    somebody = await deployment.people.make()
    url = f"{deployment.addresses[0]}/graphql"
    script = await node.run("audit.mjs", url, somebody.authorization)
    (found,) = await script.until_end(60)
    results, kinds = found["results"], found["kinds"]
    levels = Counter(result["name"].split()[0] for result in results)
    assert levels == {"MUST": 13, "SHOULD": 23, "MAY": 25}  # of graphql-http 1.23.1
    failed = [r for r in results if r["status"] != "ok" and not r["name"].startswith("MAY")]
    assert failed == [], json.dumps(failed, indent=1)
    assert f"{GRAPHQL} -> {GRAPHQL}; charset=utf-8" in kinds
    noticed = [r["name"] for r in results if r["status"] != "ok"]
    assert len(noticed) == 3
    assert all(name.startswith("MAY") and " GET" in name for name in noticed), noticed
