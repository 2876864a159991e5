"""The query about shows that the README prints is run as it stands there, after a real scan."""

import json
import re
from pathlib import Path
from typing import Any

from app.libraries.domain import LibraryKind, ScanKind
from tests.scanning.stage import Stage, completed
from tests.support.api import Api
from tests.support.people import People

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
DOUBLE = "Night Ferry (2015)/Season 01/Night Ferry S01E01-E02.mkv"
SPECIAL = "Night Ferry (2015)/Specials/Night Ferry S00E01.mkv"


def blocks(language: str) -> list[str]:
    """The code of a language in the README."""
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def within(shown: Any, found: Any) -> bool:
    """Whether an answer holds what is shown of it."""
    if isinstance(shown, dict):
        return all(name in found and within(value, found[name]) for name, value in shown.items())
    if isinstance(shown, list):
        pairs = zip(shown, found, strict=False)
        return len(shown) == len(found) and all(within(a, b) for a, b in pairs)
    return bool(shown == found)


async def test_the_query_of_the_readme(stage: Stage, api: Api, people: People) -> None:
    (document,) = [block for block in blocks("graphql") if "shows(" in block]
    (printed,) = [block for block in blocks("json") if DOUBLE.rpartition("/")[2] in block]
    assert f"`{DOUBLE}`" in README
    assert f"`{SPECIAL}`" in README
    for path in (DOUBLE, SPECIAL):
        stage.put(path)
    await stage.make(kind=LibraryKind.SHOWS)
    completed(await stage.scan(ScanKind.INCREMENTAL))
    answer = (await api.run(document, await people.admin()))["shows"]
    assert answer["totalCount"] == 1
    (show,) = answer["nodes"]
    assert (show["title"], show["year"], show["episodeCount"]) == ("Night Ferry", 2015, 2)
    assert within(json.loads(f"{{{printed}}}"), show), show
