"""Answers in which something failed: the rest of them is there as if nothing had."""

from app.core.ids import encode_id
from tests.gql.world import World
from tests.support.api import Api

TWO_TYPES = """query ($movie: ID!, $episode: ID!) {
  bad: movie(id: "show_1") { id }
  one: node(id: $movie) { ...Below }
  other: node(id: $episode) { ...Below }
}
fragment Below on Node {
  ... on Movie { below: library { name } }
  ... on Episode { below: season { number } }
}"""


async def test_one_name_may_have_other_fields_below_it_in_every_type(
    api: Api, world: World
) -> None:
    given = {
        "movie": encode_id("movie", world.open.movies[0]),
        "episode": encode_id("episode", world.shows[0].episodes[1, 1]),
    }
    answer = await api.send(TWO_TYPES, given, world.alice)
    assert answer["data"] == {
        "bad": None,
        "one": {"below": {"name": "Open"}},
        "other": {"below": {"number": 1}},
    }
    assert [error["path"] for error in answer["errors"]] == [["bad"]]
