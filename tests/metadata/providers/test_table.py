"""Where each provider is, how often it is asked, how long its answers are kept, what it can do."""

from typing import Final

import pytest

from app.metadata.domain import ProviderSpec
from app.metadata.providers import PROVIDERS
from app.metadata.providers.source import Provider
from app.metadata.service.chain import PROTOCOLS
from app.settings.domain import METADATA_PROVIDERS

MINUTE, HOUR, DAY = 60, 3600, 24 * 3600
# Priority, address, requests a second and at once, seconds of answers and of searches, its keys.
TABLE: Final[dict[str, tuple[object, ...]]] = {
    "tmdb": (100, "https://api.themoviedb.org/3", 4, 10, DAY, 15 * MINUTE, ["api_key"]),
    "tvdb": (80, "https://api4.thetvdb.com/v4", 5, 10, DAY, 15 * MINUTE, ["api_key"]),
    "fanarttv": (60, "https://webservice.fanart.tv/v3", 1, 5, 7 * DAY, 7 * DAY, ["api_key"]),
    "tvmaze": (50, "https://api.tvmaze.com", 2, 5, HOUR, HOUR, []),
    "anilist": (45, "https://graphql.anilist.co", 1.5, 5, HOUR, HOUR, []),
    "anidb": (44, "http://api.anidb.net:9001", 0.5, 1, 2 * HOUR, 2 * HOUR, ["client_name"]),
    "mal": (43, "https://api.myanimelist.net/v2", 1, 3, HOUR, HOUR, ["client_id"]),
    "kitsu": (42, "https://kitsu.io/api/edge", 2, 5, HOUR, HOUR, []),
    "omdb": (40, "https://www.omdbapi.com", 1, 3, DAY, DAY, ["api_key"]),
    "trakt": (38, "https://api.trakt.tv", 3, 10, HOUR, HOUR, ["client_id"]),
    "simkl": (36, "https://api.simkl.com", 2, 5, HOUR, HOUR, ["client_id"]),
    "letterboxd": (
        34, "https://api.letterboxd.com/api/v0", 1, 3, HOUR, HOUR, ["api_key", "api_secret"],
    ),
}  # fmt: skip
FILMS: Final = {"movie_search", "movie_details"}
SHOWS: Final = {"show_search", "show_details"}
SEASONS: Final = SHOWS | {"season_details"}
SHOWN: Final = {"artwork", "ratings"}
CAN: Final = {
    "tmdb": {one.value for one in PROTOCOLS},
    "tvdb": FILMS | SEASONS
    | {"episode_details", "person_search", "person_details", "artwork", "external_ids"},
    "fanarttv": {"artwork"},
    "tvmaze": SEASONS | SHOWN
    | {"episode_details", "person_search", "person_details", "external_ids"},
    "anilist": FILMS | SHOWS | SHOWN | {"external_ids", "recommendations"},
    "anidb": FILMS | SEASONS | SHOWN | {"recommendations"},
    "mal": FILMS | SHOWS | SHOWN | {"recommendations"},
    "kitsu": FILMS | SEASONS | SHOWN | {"external_ids"},
    "omdb": FILMS | SEASONS | {"episode_details", "ratings", "external_ids"},
    "trakt": FILMS | SEASONS | SHOWN | {"external_ids", "recommendations"},
    "simkl": FILMS | SEASONS | SHOWN | {"external_ids", "recommendations"},
    "letterboxd": FILMS | SHOWN
    | {"person_search", "person_details", "collection_details", "external_ids"},
}  # fmt: skip
SPECS: Final = {made.spec.name: made.spec for made in PROVIDERS}


def searched(spec: ProviderSpec) -> float:
    return spec.fresh if spec.fresh_search is None else spec.fresh_search


@pytest.mark.parametrize("name", TABLE)
def test_each_is_asked_as_it_wants_to_be(name: str) -> None:
    spec, needs = SPECS[name], list(METADATA_PROVIDERS[name].needs)
    asked = (spec.priority, spec.address, spec.rate, spec.burst, spec.fresh, searched(spec), needs)
    assert asked == TABLE[name]
    assert spec.attempts == (2 if name == "anidb" else 3)


def test_there_are_these_twelve_in_their_order() -> None:
    assert [made.spec.name for made in PROVIDERS] == list(TABLE)
    assert len(TABLE) == 12


@pytest.mark.parametrize("made", PROVIDERS)
def test_each_does_what_it_can(made: type[Provider]) -> None:
    can = {c.value for c, protocol in PROTOCOLS.items() if issubclass(made, protocol)}
    assert can == CAN[made.spec.name]
