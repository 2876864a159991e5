"""The data of an answer without errors."""

from typing import Any

from tests.gql.compiled.harbour import Harbour


async def data(harbour: Harbour, document: str, **variables: Any) -> Any:
    answer = await harbour.ask(document, variables)
    assert set(answer) == {"data"}, answer
    return answer["data"]
