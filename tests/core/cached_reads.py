"""What is read often, and how each is cached or why it is not: the table that tests compare."""

from typing import Final

from msgspec import Struct

from app.libraries.repository import HIDDEN

# Everything that the predecessor cached, and what was missing there.
NAMED: Final = frozenset(
    {
        "session by token", "sessions of a user", "rights", "roles", "server setting",
        "preferences", "user", "user by name", "API key by token", "API keys of a user", "library",
        "libraries", "count of libraries", "movie", "cast and crew", "genres of an item",
        "collection of a movie", "files of a movie", "movies", "recently added", "top rated",
        "distinct genres", "continue watching", "show", "seasons of a show", "episodes of a show",
        "networks of a show", "shows", "recently added shows", "search", "facets", "rate limit",
        "passkey ceremony", "picture", "HLS playlist", "probe result", "OpenID discovery",
        "provider answers", "arr answers",
        # its gaps
        "movie by TMDb or IMDb id", "files", "genre browse", "recent episodes",
        "upcoming episodes", "guest stars", "user by e-mail", "accessible libraries",
        "settings by category", "history", "watch statistics", "server statistics",
        "next episode", "counts",
    }
)  # fmt: skip


class Read(Struct, frozen=True):
    """A cached read: what it is of, `module:Class.function` below `app`, name, minutes and tags."""

    of: tuple[str, ...]
    function: str
    name: str
    minutes: float
    tags: tuple[str, ...]


class Uncached(Struct, frozen=True):
    """What is not in the cache, where it is read (None: not built yet), and why."""

    of: tuple[str, ...]
    function: str | None
    why: str


HALF: Final = 0.5
ITEM: Final = ("item:{}", HIDDEN)
LISTS: Final = ("items",)
WATCHER: Final = ("items", "watch:{query.watcher}")
OWN: Final = ("watch:{user_id}", "items")
_LIBRARIES: Final = "libraries.repository.libraries:LibraryRepository"
_FILES: Final = "libraries.repository.files:FileRepository"
_ITEMS: Final = "items.repository.reading:ItemRepository"
_CATALOG: Final = "catalog.repository.reading:CatalogRepository"
_SAID: Final = "catalog.repository.telling:SaidReading"
_PEOPLE: Final = "people.repository.reading:PersonRepository"
_LABELS: Final = "catalog.repository.labels:LabelRepository"
_MOVIES: Final = "movies.repository:MovieRepository"
_SHOWS: Final = "shows.repository.shows:ShowRepository"
_SEASONS: Final = "shows.repository.seasons:SeasonRepository"
_OF_EPISODES: Final = "shows.repository.episodes:EpisodeRepository"
_EPISODES: Final = "shows.repository.listing:EpisodeListing"
_NEXT: Final = "shows.repository.next_up:NextUpRepository"
_ARTWORK: Final = "images.repository.reading:ArtworkRepository"
_SEARCHING: Final = "search.service.searching:Searching"
_WATCH: Final = "watch.repository:WatchRepository"
_LIST: Final = ("libraries",)
_GENRES: Final = ("genres of an item", "networks of a show")
_SPOKEN: Final = ("movie", "show", "texts in languages")
_CAST: Final = ("cast and crew", "guest stars")
_BROWSE: Final = ("distinct genres", "genre browse")

CACHED: Final = (
    Read(("user",), "users.repository:UserRepository._by_ids", "user", 5, ("user:{}",)),
    Read(
        ("preferences",),
        "settings.repository:UserSettingRepository.by_users",
        "user_settings",
        5,
        ("user_settings:{}",),
    ),
    Read(("library",), f"{_LIBRARIES}._by_ids", "library", 10, ("library:{}",)),
    Read(("libraries", "accessible libraries"), f"{_LIBRARIES}.page", "libraries", 10, _LIST),
    Read(("search",), f"{_SEARCHING}._search", "search", HALF,
         ("search", "libraries.hidden")),
    Read(("facets",), f"{_SEARCHING}._facets", "search.facets", HALF,
         ("search", "libraries.hidden")),
    Read(("search",), f"{_SEARCHING}._complete", "search.complete", HALF,
         ("search", "libraries.hidden")),
    Read(("search",), "search.repository.words:VocabularyRepository._last", "search.version",
         HALF, ("search",)),
    Read(("count of libraries", "counts"), f"{_LIBRARIES}.count", "libraries.count", 10, _LIST),
    Read(("files", "files of a movie"), f"{_FILES}._by_ids", "file", 10, ("file:{}", HIDDEN)),
    Read(("subtitle files",), f"{_FILES}._subtitles_of", "file.subtitles", 5,
         ("file:{}", "subtitles")),
    Read(("any item",), f"{_ITEMS}._by_ids", "item", 5, ITEM),
    Read(("files of a movie",), f"{_ITEMS}._versions", "item.versions", 5, ITEM),
    Read(("recently added",), f"{_ITEMS}.recent", "items.recent", 2, LISTS),
    Read(("counts",), f"{_ITEMS}.count", "items.recent.count", 2, LISTS),
    Read(("picture",), f"{_ARTWORK}._by_items", "artwork", 10, ITEM),
    Read(("picture",), f"{_ARTWORK}._by_people", "artwork.people", 10, ("person:{}",)),
    Read(("picture",), f"{_ARTWORK}._by_collections", "artwork.collections", 10,
         ("collection:{}",)),
    Read(("picture",), f"{_ARTWORK}._by_studios", "artwork.studios", 10, ("studio:{}",)),
    Read(("picture",), f"{_ARTWORK}._by_networks", "artwork.networks", 10, ("network:{}",)),
    Read(("person",), f"{_PEOPLE}._by_ids", "person", 10, ("person:{}",)),
    Read(("person",), f"{_PEOPLE}._biographies", "person.biography", 10, ("person:{}",)),
    Read(("person",), f"{_PEOPLE}._external_ids", "person.external_ids", 10, ("person:{}",)),
    Read(("people",), f"{_PEOPLE}.page", "people", 1, ("items", "people")),
    Read(("counts",), f"{_PEOPLE}.count", "people.count", 1, ("items", "people")),
    Read(("person",), f"{_CATALOG}._credited", "people.credited", 1, LISTS),
    Read(("what a person did",), "catalog.repository.filmography:CreditRepository._of_persons",
         "people.filmography", 5, LISTS),
    Read(_CAST, f"{_CATALOG}._credits_of", "item.credits", 10, ITEM),
    Read(("external ids",), f"{_CATALOG}._external_ids_of", "item.external_ids", 10, ITEM),
    Read(("texts in languages",), f"{_CATALOG}._texts_of", "item.texts", 10, ITEM),
    Read(("texts in languages",), f"{_CATALOG}._tellings_of", "item.telling", 10, ITEM),
    Read(("collection of a movie",), f"{_CATALOG}._collection_of", "item.collection", 10,
         (*ITEM, "collections.told")),
    Read(("collection of a movie", "texts in languages"), f"{_CATALOG}._spoken_collection_of",
         "item.collection.spoken", 10, (*ITEM, "collections.told")),
    Read(("collection of a movie",), f"{_CATALOG}._collections_by_ids", "collection", 10,
         ("collection:{}",)),
    Read(("collection of a movie", "texts in languages"), f"{_CATALOG}._spoken_collections_by_ids",
         "collection.spoken", 10, ("collection:{}",)),
    Read(("collections",), f"{_CATALOG}._collections_seen", "collections.seen", 10, LISTS),
    Read(("collections",), f"{_CATALOG}.collection_page", "collections", 10, LISTS),
    Read(("counts",), f"{_CATALOG}.collection_count", "collections.count", 10, LISTS),
    Read(("similar items",), f"{_CATALOG}._similar", "items.similar", 10, LISTS),
    Read(("metadata of an item",), f"{_SAID}._metadata_of", "item.metadata", 10, ITEM),
    Read(("keywords of an item", "studios of an item"), f"{_SAID}._tags_of", "item.tags", 10,
         (*ITEM, "organisations")),
    Read(("similar titles", "recommendations"), f"{_SAID}._related_of", "items.related", 10, LISTS),
    Read(("parts of a collection",), f"{_SAID}._parts_of", "collections.parts", 10, LISTS),
    Read(("guide of a show",), f"{_SHOWS}._guides", "show.guide", 10, ITEM),
    Read(_GENRES, f"{_LABELS}._labels_of", "item.labels", 10, ITEM),
    Read((*_GENRES, "texts in languages"), f"{_LABELS}._spoken_labels_of", "item.labels.spoken",
         10, ITEM),
    Read(_BROWSE, f"{_LABELS}.label_page", "labels", 10, LISTS),
    Read(_BROWSE, f"{_LABELS}._genres_by_ids", "genres.seen", 10, LISTS),
    Read(("networks",), f"{_LABELS}._networks_by_ids", "networks.seen", 10, LISTS),
    Read(("studios",), f"{_LABELS}._studios_by_ids", "studios.seen", 10,
         (*LISTS, "organisations")),
    Read(("counts",), f"{_LABELS}.label_count", "labels.count", 10, LISTS),
    Read(("movie",), f"{_MOVIES}._by_ids", "movie", 5, ITEM),
    Read(_SPOKEN, f"{_MOVIES}._spoken_by_ids", "movie.spoken", 5, ITEM),
    Read(("movies", "top rated", "genre browse"), f"{_MOVIES}.page", "movies", 1, WATCHER),
    Read(("counts",), f"{_MOVIES}.count", "movies.count", 1, WATCHER),
    Read(("show",), f"{_SHOWS}._by_ids", "show", 5, ITEM),
    Read(_SPOKEN, f"{_SHOWS}._spoken_by_ids", "show.spoken", 5, ITEM),
    Read(("shows", "recently added shows", "genre browse"), f"{_SHOWS}.page", "shows", 1, WATCHER),
    Read(("counts",), f"{_SHOWS}.count", "shows.count", 1, WATCHER),
    Read(("season",), f"{_SEASONS}._by_ids", "season", 5, ITEM),
    Read(_SPOKEN, f"{_SEASONS}._spoken_by_ids", "season.spoken", 5, ITEM),
    Read(("seasons of a show",), f"{_SEASONS}._of_shows", "shows.seasons", 2, LISTS),
    Read(("episode",), f"{_OF_EPISODES}._by_ids", "episode", 5, ITEM),
    Read(_SPOKEN, f"{_OF_EPISODES}._spoken_by_ids", "episode.spoken", 5, ITEM),
    Read(("episodes of a show",), f"{_EPISODES}.page", "episodes", 1, LISTS),
    Read(("counts",), f"{_EPISODES}.count", "episodes.count", 1, LISTS),
    Read(("recent episodes", "upcoming episodes"), f"{_EPISODES}.airing", "episodes.airing", 1,
         LISTS),
    Read(("counts",), f"{_EPISODES}.airing_count", "episodes.airing.count", 1, LISTS),
    Read(("episodes of a show",), f"{_EPISODES}._within", "episodes.within", 2, LISTS),
    Read(("counts",), f"{_EPISODES}._counts", "episodes.counts", 2, LISTS),
    Read(("next episode",), f"{_EPISODES}._beside", "episodes.beside", 2, LISTS),
    Read(("next episode",), f"{_NEXT}._of_shows", "shows.next", 1, OWN),
    Read(("next episode",), f"{_NEXT}.page", "next_up", 1, OWN),
    Read(("counts",), f"{_NEXT}.count", "next_up.count", 1, OWN),
    Read(("watch statistics",), f"{_NEXT}._stats", "shows.stats", 1, OWN),
    Read(("continue watching",), f"{_WATCH}.continuing", "watch.continue", 1, OWN),
    Read(("history",), f"{_WATCH}.history", "watch.history", 1, OWN),
    Read(("counts",), f"{_WATCH}.count", "watch.count", 1, OWN),
)  # fmt: skip

_PRINCIPAL: Final = (
    "decides what one may do: `Principals` keeps viewers in memory for 30 s at most, and only"
    " while it hears the NOTIFY that a revocation sends in its own commit"
)
_CURRENT: Final = "few ask, and they want to see what they have just changed"
UNCACHED: Final = (
    Uncached(
        ("session by token", "rights", "accessible libraries"),
        "auth.service.principals:Principals.viewer",
        _PRINCIPAL,
    ),
    Uncached(("API key by token",), "apikeys.repository:ApiKeyRepository.by_token", _PRINCIPAL),
    Uncached(("sessions of a user",), "auth.repository.sessions:SessionRepository.page", _CURRENT),
    Uncached(("API keys of a user",), "apikeys.repository:ApiKeyRepository.page", _CURRENT),
    Uncached(("roles",), "rbac.repository.roles:RoleRepository.by_ids", _CURRENT),
    Uncached(
        ("user by name",),
        "auth.repository.passwords:AuthRepository.secret_by_name",
        "once per sign-in, with the hash of the password, which is in no cache",
    ),
    Uncached(
        ("user by e-mail",),
        "users.repository:UserRepository.by_email",
        "once per letter, by its job; whose address it is has to be true at that moment",
    ),
    Uncached(
        ("server setting",),
        "settings.service.settings:Settings.get",
        "no read at all: every process has all settings in memory",
    ),
    Uncached(("settings by category",), "settings.service.settings:Settings.all", _CURRENT),
    Uncached(("server statistics",), "activity.repository:ActivityRepository.tallies", _CURRENT),
    Uncached(
        ("progress with an item",),
        "watch.repository:WatchRepository.by_items",
        "one look-up by its key for a single viewer, and it changes every few seconds of a film",
    ),
    Uncached(
        ("rate limit",),
        "core.ratelimit:RateLimiter",
        "a counter in Redis itself, not a copy of one",
    ),
    Uncached(
        ("passkey ceremony",),
        "mfa.repository.passkeys:PasskeyRepository",
        "a challenge is taken once, by the statement that deletes its row",
    ),
    Uncached(
        ("probe result",),
        "media.service.prober:Prober.probe",
        "kept with the file's row, for the size and time that were looked at",
    ),
    Uncached(
        ("OpenID discovery",),
        "core.http.keeping:Kept.get",
        "public documents of others, kept by the client for as long as they say",
    ),
    Uncached(
        ("movie by TMDb or IMDb id",),
        "catalog.repository.writing:CatalogWriting.find_by_external_ids",
        "only imports ask, inside of their transaction, where they see what they have written",
    ),
    Uncached(("HLS playlist",), None, "comes with the slice `playback`"),
    Uncached(
        ("provider answers",),
        "metadata.providers.asking:Asking.raw",
        "they are kept by core/http as they came, for as long as each provider's are good",
    ),
    Uncached(("arr answers",), None, "comes with the slice `arr`"),
)
