"""Who asks too much, and why an operation is refused."""

from typing import Any

import pytest

from app.core.access import SYSTEM, Viewer
from app.core.errors import AppError
from app.core.ids import new_id
from app.gql.documents import Documents, Refused
from app.gql.errors import cause

SIGNED_IN = Viewer(user_id=new_id(), permissions=SYSTEM.permissions, scope=SYSTEM.scope)


def refusal(
    documents: Documents,
    source: str,
    viewer: Viewer = SIGNED_IN,
    name: str | None = None,
    **variables: Any,
) -> AppError | str:
    """Why a document is refused: our error, or the sentence of GraphQL itself."""
    with pytest.raises(Refused) as caught:
        documents.prepare(source, name, variables, viewer)
    error = cause(caught.value.errors[0])
    return error if isinstance(error, AppError) else str(error)


def code(found: AppError | str) -> str:
    return found.code.value if isinstance(found, AppError) else "INVALID"


def bomb(levels: int, root: str = "movies { nodes {", end: str = "} }") -> str:
    """Fragments of which each spreads the next twice."""
    fragments = [f"fragment F{n} on Movie {{ ...F{n + 1} ...F{n + 1} }}" for n in range(levels)]
    fragments.append(f"fragment F{levels} on Movie {{ title }}")
    return f"{{ {root} ...F0 {end} }} " + " ".join(fragments)
