"""What tests of libraries send."""

from typing import Any

CREATE = """mutation($input: CreateLibraryInput!) { createLibrary(input: $input) {
  id name kind enabled scanOnStart schedule language folders { path } } }"""
UPDATE = """mutation($id: ID!, $input: UpdateLibraryInput!) {
  updateLibrary(id: $id, input: $input) {
    id name enabled scanOnStart schedule language folders { path } } }"""
DELETE = "mutation($id: ID!) { deleteLibrary(id: $id) }"
LIST = "{ libraries { totalCount nodes { id name } } }"


def given(*folders: object, name: str = "Films", **more: Any) -> dict[str, Any]:
    """The input of `createLibrary`."""
    return {"name": name, "kind": "MOVIES", "folders": [str(f) for f in folders], **more}
