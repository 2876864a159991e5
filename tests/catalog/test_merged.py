"""What several files say of one film."""

from app.catalog.domain import Details, Person, merged


def test_the_first_that_says_something_is_believed() -> None:
    one = Details(title="One", genres=("Drama",), ids={"imdb": "tt0000001"})
    other = Details(
        title="Other", year=1990, genres=("War",), cast=(Person(name="Ann"),),
        ids={"imdb": "tt0000002", "tmdb": "2"},
    )  # fmt: skip
    assert merged([one]) is one
    assert merged([one, Details(), other]) == Details(
        title="One",
        year=1990,
        genres=("Drama",),
        cast=(Person(name="Ann"),),
        ids={"imdb": "tt0000001", "tmdb": "2"},
    )


def test_what_belongs_together_stays_together() -> None:
    rated = Details(rating=7.0, collection="Saga")
    other = Details(rating=5.0, votes=9, collection="Other", collection_overview="Of the other.")
    assert merged([rated, other]) == rated
    same = Details(collection="Saga", collection_overview="Of the saga.")
    assert merged([rated, same]).collection_overview == "Of the saga."
