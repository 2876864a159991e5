"""The GraphQL-over-HTTP specification, as its own audit sees this server."""

import json
from collections import Counter

import pytest

from tests.clients.conftest import Deployment, Node

pytestmark = [pytest.mark.node, pytest.mark.xdist_group("clients")]


async def test_the_audit_finds_nothing_against_a_must_or_a_should(
    deployment: Deployment, node: Node
) -> None:
    somebody = await deployment.people.make()
    url = f"{deployment.addresses[0]}/graphql"
    script = await node.run("audit.mjs", url, somebody.authorization)
    (results,) = await script.until_end(60)
    levels = Counter(result["name"].split()[0] for result in results)
    assert levels["MUST"] >= 20
    assert levels["SHOULD"] >= 15
    judged = [r for r in results if r["name"].startswith(("MUST", "SHOULD"))]
    failed = [r for r in judged if r["status"] != "ok"]
    assert failed == [], json.dumps(failed, indent=1)
    print(levels, Counter((r["name"].split()[0], r["status"]) for r in results), [r for r in results if r["status"]!="ok"])
    kinds = {r["answer"].split(" ", 1)[1] for r in judged if "graphql-response" in r["name"] and r["answer"]}
    print(kinds)
