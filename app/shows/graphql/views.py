"""The types of shows, seasons and episodes."""

from datetime import date, datetime

from app.catalog.domain.said import RelatedKind
from app.catalog.graphql import (
    CreditView,
    ExternalIdView,
    GenreView,
    MediaItemView,
    NetworkView,
    RelatedTitleView,
    cast_by_item,
    crew_by_item,
    external_ids_by_item,
    genres_by_item,
    guests_by_item,
    networks_by_item,
    related_by_item,
)
from app.core.access import Permission
from app.gql.edge import arg, edge
from app.gql.enums import expose
from app.gql.spoken import spoken
from app.gql.view import field, view
from app.items.graphql import VersionView, versions_by_item
from app.shows.domain import Episode, GuideEntry, Ordering, Season, Show, ShowStatus, WatchStats
from app.shows.graphql.edges import (
    MOST_OF_SEASON,
    episode_by_id,
    episode_count_by_season,
    episode_count_by_show,
    episodes_by_season,
    episodes_by_show,
    guide_by_show,
    next_by_episode,
    next_by_show,
    previous_by_episode,
    season_by_id,
    seasons_by_show,
    show_by_id,
    similar_by_show,
    watch_stats_by_season,
    watch_stats_by_show,
)

expose(
    ShowStatus,
    "Whether more episodes of a show are to come.",
    {
        ShowStatus.CONTINUING: "More are to come.",
        ShowStatus.ENDED: "It has come to its end.",
        ShowStatus.UPCOMING: "It has not begun.",
        ShowStatus.CANCELLED: "It was ended before its end.",
    },
)
expose(
    Ordering,
    "By what the episodes of a show are told apart.",
    {
        Ordering.STANDARD: "By their numbers within seasons.",
        Ordering.DAILY: "By the days they were aired; each year is a season.",
        Ordering.ABSOLUTE: "By one count through the whole show.",
    },
    name="EpisodeOrdering",
)


@view(WatchStats)
class WatchStatsView:
    """How far you are with the available episodes of a show or season."""

    episodes: int = field("Number of available episodes.")
    watched: int = field("Number of those that you have watched.")
    started: int = field("Number of those that you are in the middle of.")
    last_watched_at: datetime | None = field("When you last watched one of them.")


@view(GuideEntry)
class GuideEntryView:
    """An episode that is not here."""

    season: int = field("Season; 0 holds the specials.")
    number: int = field("Number in the season.")
    title: str | None = field("Title.")
    air_date: date | None = field("Date of the first airing.", of=lambda e: e.release_date)


@view(Show, node="show", load=show_by_id, access=Permission.SHOWS_GET)
class ShowView(MediaItemView):
    """A series in a library."""

    original_title: str | None = field("Title in the original language.")
    sort_title: str = field("Title used for sorting.")
    first_air_date: date | None = field(
        "Date of the first episode.", of=lambda show: show.release_date
    )
    last_air_date: date | None = field("Date of the last episode.")
    next_air_date: date | None = field("Date of the next episode, if it is known.")
    overview: str | None = spoken("Plot summary.")
    tagline: str | None = spoken("Tagline.")
    status: ShowStatus | None = field("Whether more episodes are to come; null if unknown.")
    ordering: Ordering = field("By what its episodes are told apart.")
    runtime: int | None = field("Usual runtime of an episode, in seconds.")
    rating: float | None = field("Average rating, from 0 to 10.")
    votes: int | None = field("Number of votes behind the rating.")
    popularity: float | None = field(
        "Popularity: the rating weighted by the number of votes; comparable within one server only."
    )
    certification: str | None = field("Age certification, such as TV-14.")
    trailer_url: str | None = field("Address of a trailer.")
    available: bool = field(
        "Whether a file of any of its episodes is there.",
        of=lambda show: show.state == "available",
    )
    genres: list[GenreView] = edge(genres_by_item, "Genres.", max=20, usual=3)
    networks: list[NetworkView] = edge(
        networks_by_item, "Networks and streaming services that show it.", max=20, usual=1
    )
    cast: list[CreditView] = edge(
        cast_by_item, "Cast, in billing order.", first=arg(int, 20, le=100)
    )
    crew: list[CreditView] = edge(
        crew_by_item, "Crew: creators, directors and others.", first=arg(int, 20, le=100)
    )
    external_ids: list[ExternalIdView] = edge(
        external_ids_by_item, "Ids in external databases.", max=20, usual=3
    )
    seasons: list["SeasonView"] = edge(
        seasons_by_show, "Seasons by number, the specials last.", max=200, usual=3
    )
    episodes: list["EpisodeView"] = edge(
        episodes_by_show,
        "The first episodes, the specials last; `episodes(showId:)` lists them all.",
        first=arg(int, 20, le=100),
    )
    episode_count: int = edge(
        episode_count_by_show,
        "Number of episodes without the specials, also of those whose files are missing.",
    )
    next_episode: "EpisodeView | None" = edge(
        next_by_show,
        "What you watch next: the first episode after the one you watched last that has been aired,"
        " is available and that you have not watched, specials apart. Of a show that you have"
        " watched nothing of, its first.",
    )
    watch_stats: WatchStatsView | None = edge(
        watch_stats_by_show,
        "How far you are with it, specials apart; null if you are not signed in.",
    )
    similar: list["ShowView"] = edge(
        similar_by_show, "Similar shows: same people or genres.", first=arg(int, 10, le=50)
    )
    similar_titles: list[RelatedTitleView] = edge(
        related_by_item(RelatedKind.SIMILAR),
        "What a provider says is like it, also what is in no library.",
        first=arg(int, 10, le=20),
    )
    recommendations: list[RelatedTitleView] = edge(
        related_by_item(RelatedKind.RECOMMENDED),
        "What a provider recommends to those who liked it, also what is in no library.",
        first=arg(int, 10, le=20),
    )
    guide: list[GuideEntryView] = edge(
        guide_by_show,
        "Episodes that providers know of and that are not here: those to come, and the missing.",
        max=2000,
        usual=10,
    )


@view(Season, node="season", load=season_by_id, access=Permission.SHOWS_GET)
class SeasonView(MediaItemView):
    """A season of a show; number 0 holds the specials."""

    title: str = spoken(
        'Title; "Season 1" or "Specials" if it has none of its own.',
        of=lambda season: season.name,
    )
    number: int = field("Number; 0 for the specials. Of daily shows, the year.")
    overview: str | None = spoken("Plot summary.")
    air_date: date | None = field(
        "Date of its first episode.", of=lambda season: season.release_date
    )
    available: bool = field(
        "Whether a file of any of its episodes is there.",
        of=lambda season: season.state == "available",
    )
    show: ShowView | None = edge(show_by_id, "Its show.", key="show_id")
    episodes: list["EpisodeView"] = edge(
        episodes_by_season,
        "Its episodes in order, also those whose files are missing.",
        max=MOST_OF_SEASON,
        usual=10,
    )
    episode_count: int = edge(
        episode_count_by_season,
        "Number of its episodes, also of those whose files are missing.",
    )
    watch_stats: WatchStatsView | None = edge(
        watch_stats_by_season, "How far you are with it; null if you are not signed in."
    )
    external_ids: list[ExternalIdView] = edge(
        external_ids_by_item, "Ids in external databases.", max=20, usual=3
    )


@view(Episode, node="episode", load=episode_by_id, access=Permission.SHOWS_GET)
class EpisodeView(MediaItemView):
    """An episode of a show."""

    number: int | None = field("Number within its season; null if only its day is known.")
    season_number: int = field(
        "Number of its season; 0 for specials.", of=lambda episode: episode.season
    )
    absolute_number: int | None = field(
        "Number counted through the whole show; null if unknown.",
        of=lambda episode: episode.absolute,
    )
    air_date: date | None = field("Date it was first aired.", of=lambda e: e.release_date)
    overview: str | None = spoken("Plot summary.")
    runtime: int | None = field("Runtime in seconds.")
    rating: float | None = field("Average rating, from 0 to 10.")
    votes: int | None = field("Number of votes behind the rating.")
    certification: str | None = field("Age certification, such as TV-14.")
    available: bool = field(
        "Whether its files are there, so that it can be played.",
        of=lambda episode: episode.state == "available",
    )
    show: ShowView | None = edge(show_by_id, "Its show.", key="show_id")
    season: SeasonView | None = edge(season_by_id, "Its season.", key="season_id")
    versions: list[VersionView] = edge(
        versions_by_item,
        "Playable versions, the default first. Episodes in one file share it.",
        max=50,
        usual=1,
    )
    guest_stars: list[CreditView] = edge(
        guests_by_item, "Guest stars, in billing order.", first=arg(int, 20, le=100)
    )
    cast: list[CreditView] = edge(
        cast_by_item, "Cast, in billing order.", first=arg(int, 20, le=100)
    )
    crew: list[CreditView] = edge(
        crew_by_item, "Crew: directors, writers and others.", first=arg(int, 20, le=100)
    )
    external_ids: list[ExternalIdView] = edge(
        external_ids_by_item, "Ids in external databases.", max=20, usual=3
    )
    previous: "EpisodeView | None" = edge(
        previous_by_episode,
        "The episode before it in the show, whether or not its files are there; of a special, the"
        " special before it.",
    )
    next: "EpisodeView | None" = edge(
        next_by_episode,
        "The episode after it in the show, whether or not its files are there; of a special, the"
        " special after it.",
    )
