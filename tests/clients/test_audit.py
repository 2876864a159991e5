"""The GraphQL-over-HTTP specification, as its own audit sees this server."""

import json
from collections import Counter

import pytest

from tests.clients.conftest import Deployment, Node

pytestmark = [pytest.mark.node, pytest.mark.xdist_group("clients")]


async def test_the_audit_finds_nothing_against_a_must_or_a_should(
    deployment: Deployment, node: Node
) -> None:
    script = await node.run("audit.mjs", f"{deployment.addresses[0]}/graphql")
    (results,) = await script.until_end(60)
    failed = [r for r in results if r["name"].split()[0] in ("MUST", "SHOULD") and r["status"] != "ok"]
    assert failed == [], json.dumps(failed, indent=1)
    print(Counter((r["name"].split()[0], r["status"]) for r in results), json.dumps([r for r in results if r["status"]!="ok"], indent=1))
