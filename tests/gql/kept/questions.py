"""What is asked while things change: documents that are kept, in part, or not at all."""

from collections.abc import Callable
from random import Random
from typing import Any, Final

import orjson
from msgspec import Struct

from app.core.ids import encode_id
from tests.gql.kept.stage import Stage

LANGUAGES: Final = ("", "", "", "de", "en-GB,en;q=0.5")
GIVEN: Final = ("movie", "show", "season", "episode", "genre", "collection", "library", "person")
Values = Callable[[Stage, Random], dict[str, Any]]

MOVIE: Final = """fragment M on Movie { id title year rating certification available
  genres { name } cast(first: 2) { character person { name } } collection { name }
  versions { height parts { file { name } } } library { name } artwork { kind url } }"""
SHOW: Final = """fragment S on Show { id title year genres { name } networks { name } episodeCount
  seasons { id title episodeCount } cast(first: 1) { person { name } } }"""
PERSON: Final = """fragment P on Person { name credits(first: 5) { kind character episodeCount
  item { __typename id title year } } }"""
FEW: Final = "fragment F on Movie { id title year rating collection { name } similar { title } }"
NARROWED: Final = """query($cast: Boolean!, $first: Int!, $n: Int) { movies(first: $first) { nodes {
  id title year cast(first: $n) @include(if: $cast) { character person { name } } } } }"""
IN: Final = """query($language: String) { movies(first: 4) { nodes { id title
  title2: title(language: $language) overview(language: "de") genres { name } } } }"""
NODES: Final = """query($ids: [ID!]!) { nodes(ids: $ids) { __typename id ...M
  ... on Show { title seasons { title } } } } """
BARE: Final = (
    "{ movies(first: 5) { nodes { id title year rating overview } totalCount } }",
    "{ movies(first: 5) { edges { cursor node { ...M } } pageInfo { hasNextPage } } } " + MOVIE,
    "{ movies { nodes { title similar(first: 3) { id title year rating votes } } } }",
    '{ movies(sort: RANDOM, seed: "x") { nodes { ...M progress { position plays } } } } ' + MOVIE,
    "{ movies(filter: {watched: true}) { totalCount nodes { title } } }",
    "{ movies(filter: {watched: false}) { nodes { ...M } } } " + MOVIE,
    "{ shows(filter: {watched: false}) { totalCount nodes { title watchStats { watched } } } }",
    "{ shows { totalCount nodes { ...S } } } " + SHOW,
    "{ shows { nodes { title nextEpisode { title number } } } }",
    "{ recentlyAddedShows { nodes { ...S library { name lastScan { id } } } } } " + SHOW,
    "{ genres { totalCount nodes { id name } } }",
    "{ showGenres { nodes { name } } networks { totalCount nodes { name slug } } }",
    "{ collections { totalCount nodes { id name overview } } }",
    "{ a: movies(first: 2) { nodes { ...M } } b: movies(first: 2, sort: YEAR) { nodes { ...M } }"
    " shows { totalCount } genres { totalCount } } " + MOVIE,
    "{ movies { nodes { title library { name folders { path } } } } }",
    "{ movies { nodes { title versions { parts { file { name path } } } } } }",
    "{ libraries { totalCount nodes { id name kind lastScan { id } } } }",
    "{ recentlyAdded { totalCount nodes { id title library { name } progress { position } } } }",
    "{ viewer { user { username email roles { name } } permissions } }",
    "{ episodes { totalCount nodes { id title season { title } show { title } next { title } } } }",
    "{ recentlyAdded(first: 6) { nodes { ...M ...S progress { completed } } } } " + MOVIE + SHOW,
    "{ continueWatching { nodes { id title } } nextUp { nodes { title } } }",
    "{ people { totalCount nodes { id name biography externalIds { value } } } }",
    '{ people(search: "actor 1", sort: POPULARITY) { nodes { name } totalCount } }',
    "{ people(first: 4) { nodes { ...P } } } " + PERSON,
    "{ __typename movies(first: 1) { nodes { __typename ... on MediaItem { title } } } }",
)  # fmt: skip
# Roots that are not shared beside what may be kept in part.
IN_PART: Final = (
    "{ recentlyAdded(first: 6) { nodes { ...M ...S } } } " + MOVIE + SHOW,
    "{ viewer { user { username } } movies(first: 4) { nodes { ...M } } } " + MOVIE,
    "{ viewer { user { username } } shows { nodes { ...S } } } " + SHOW,
    "{ libraries { nodes { name } } movies(first: 4) { nodes { ...F } } } " + FEW,
)
OF: Final = {
    "query($movie: ID!) { movie(id: $movie) { ...M progress { position } } } " + MOVIE: "movie",
    "query($movie: ID!) { movie(id: $movie) { ...M } } " + MOVIE: "movie",
    "query($movie: ID!) { node(id: $movie) { ...M } } " + MOVIE: "movie",
    "query($show: ID!) { show(id: $show) { ...S episodes(first: 3) { title } } } " + SHOW: "show",
    "query($show: ID!) { episodes(showId: $show) { totalCount nodes { id title"
    " previous { title } show { title year } guestStars { person { name } } } } }": "show",
    "query($season: ID!) { season(id: $season) { title episodeCount"
    " episodes { id title airDate versions { parts { file { name } } } } } }": "season",
    "query($episode: ID!) { episode(id: $episode) { id title next { title }"
    " season { title } library { name } progress { position } } }": "episode",
    "query($genre: ID!) { movies(filter: {genreIds: [$genre]}) { totalCount nodes { ...M } } } "
    + MOVIE: "genre",
    "query($collection: ID!) { collection(id: $collection) { name }"
    " movies(filter: {collectionId: $collection}) { nodes { title } } }": "collection",
    "query($library: ID!) { movies(filter: {libraryIds: [$library]}) { totalCount }"
    " recentlyAddedShows(libraryIds: [$library]) { nodes { title } } }": "library",
    "query($person: ID!) { person(id: $person) { birthPlace ...P } } " + PERSON: "person",
    "query($library: ID!) { library(id: $library) { name folders { path } } }": "library",
}  # fmt: skip


class Question(Struct, frozen=True):
    """A request without who asks."""

    body: bytes
    language: str


def _nothing(_: Stage, __: Random) -> dict[str, Any]:
    return {}


def _of_kinds(kind: str) -> Values:
    return lambda stage, dice: {kind: stage.ref(kind, dice)}


def _nodes(stage: Stage, dice: Random) -> dict[str, Any]:
    return {"ids": [stage.ref(kind, dice) for kind in GIVEN]}


def _narrowed(stage: Stage, dice: Random) -> dict[str, Any]:
    given: list[dict[str, Any]] = [{}, {"n": 1}, {"n": 2}, {"n": None}]
    return {"cast": dice.random() < 0.5, "first": dice.choice((2, 4)), **dice.choice(given)}


def _language(_: Stage, dice: Random) -> dict[str, Any]:
    return {"language": dice.choice(("de", "en", "fr", None))}


def _person(stage: Stage, dice: Random) -> dict[str, Any]:
    return {"user": encode_id("user", dice.choice(stage.everybody).id)}


ASKED: Final[tuple[tuple[str, Values], ...]] = (
    *((document, _nothing) for document in (*BARE, *IN_PART)),
    *((document, _of_kinds(kind)) for document, kind in OF.items()),
    (NODES + MOVIE, _nodes),
    (NARROWED, _narrowed),
    (IN, _language),
    ("query($user: ID!) { user(id: $user) { id username email roles { name } maxAge } }", _person),
)  # fmt: skip


def question(stage: Stage, dice: Random) -> Question:
    """One of the documents, about something that is there, or was."""
    document, values = dice.choice(ASKED)
    if dice.random() < 0.25:
        document, values = dice.choice(IN_PART), _nothing
    body = orjson.dumps({"query": document, "variables": values(stage, dice)})
    return Question(body, dice.choice(LANGUAGES))
