"""The parts of TheTVDB's documents."""

from collections.abc import Mapping, Sequence
from typing import Final

from bench.metadata import pictures, words
from bench.metadata.catalogue import Catalogue
from bench.metadata.ids import id_of
from bench.metadata.records import Collection, Episode, Film, Person, Season, Show, Text
from bench.metadata.speaking.speaker import YOUTUBE, Said, kind

IMAGES: Final = "https://artworks.thetvdb.com"
# Its types of pictures: of shows, and of films.
ARTWORK: Final = {
    "poster": (2, 14, "eng"), "backdrop": (3, 15, None), "banner": (1, 16, "eng"),
    "logo": (23, 25, "eng"), "art": (22, 24, "eng"),
}  # fmt: skip
OF_SEASON: Final = 7
SOURCES: Final = {
    "imdb": (2, "IMDB"), "tmdb": (12, "TheMovieDB.com"), "tvmaze": (19, "TV Maze"),
    "wikidata": (18, "Wikidata"), "anidb": (20, "AniDB"), "anilist": (21, "AniList"),
    "mal": (22, "MyAnimeList"), "kitsu": (23, "Kitsu"),
}  # fmt: skip


def title(made: Catalogue, its: Film | Show) -> Said:
    """What films and shows share."""
    genres = [words.GENRES[one].en for one in its.genres] + (["Anime"] if its.anime else [])
    mine = [remote(SOURCES[s][1], id_) for s, id_ in its.ids.items() if s in SOURCES]
    trailer = {"id": 1, "language": "eng", "name": "Trailer", "url": f"{YOUTUBE}{its.trailer}"}
    status = "Ended" if isinstance(its, Show) and its.ended else "Continuing"
    return named(its) | {
        "score": 100_000 - its.number,
        "status": {"id": 1, "name": status if isinstance(its, Show) else "Released"},
        "originalCountry": words.COUNTRIES[its.country][0],
        "originalLanguage": words.LANGUAGES[its.original_language][0],
        "aliases": [{"language": "jpn", "name": its.romaji}] if its.romaji else [],
        "genres": [{"id": p, "name": name, "slug": name.lower()} for p, name in enumerate(genres)],
        "contentRatings": [
            {"id": place, "name": mark, "country": words.COUNTRIES[country][0]}
            for place, (country, mark) in enumerate(its.certifications.items())
        ],
        "remoteIds": [*mine, remote("Official Website", f"https://{kind(its)}{its.number}.example/")],
        "characters": _cast(made, its),
        "artworks": _artworks(its),
        "trailers": [trailer],
        "translations": translations(its.texts),
    }  # fmt: skip


def named(its: Film | Show) -> Said:
    """A record with little in it."""
    return {
        "id": int(its.ids["tvdb"]),
        "name": its.original_title,
        "slug": f"{kind(its)}-{its.number}",
        "year": str(its.year),
        "firstAired": its.released.isoformat(),
        "image": _path("poster", kind(its), its.number),
        "originalLanguage": words.LANGUAGES[its.original_language][0],
    }


def found(its: Film | Show) -> Said:
    """What a search finds; `name` is in its own language."""
    id_ = int(its.ids["tvdb"])
    what = "movie" if isinstance(its, Film) else "series"
    codes = {words.LANGUAGES[tag][0]: text for tag, text in its.texts.items()}
    sources = ("imdb", "tmdb", "wikidata")
    return {
        "objectID": f"{what}-{id_}",
        "id": f"{what}-{id_}",
        "tvdb_id": str(id_),
        "type": what,
        "name": its.original_title,
        "aliases": [its.romaji] if its.romaji else None,
        "year": str(its.year),
        "first_air_time": its.released.isoformat(),
        "image_url": f"{IMAGES}{_path('poster', kind(its), its.number)}",
        "primary_language": words.LANGUAGES[its.original_language][0],
        "overview": its.texts[its.original_language].overview,
        "translations": {code: text.title for code, text in codes.items()},
        "overviews": {code: text.overview for code, text in codes.items()},
        "remote_ids": [remote(SOURCES[source][1], its.ids[source]) for source in sources],
    }


def person_found(its: Person) -> Said:
    """What a search finds of somebody."""
    return {"objectID": f"people-{its.ids['tvdb']}", "tvdb_id": its.ids["tvdb"], "type": "person",
            "name": its.name, "image_url": f"{IMAGES}{_path('profile', 'person', its.number)}",
            "remote_ids": [remote("IMDB", its.ids["imdb"])]}  # fmt: skip


def someone(its: Person) -> Said:
    """A person's record with little in it."""
    return {"id": int(its.ids["tvdb"]), "name": its.name,
            "image": _path("profile", "person", its.number), "score": 10}  # fmt: skip


def person(its: Person, roles: Sequence[Film | Show]) -> Said:
    """Somebody, with what they took part in."""
    parts = []
    for place, one in enumerate(roles):
        id_, what = int(one.ids["tvdb"]), "movie" if isinstance(one, Film) else "series"
        said = {"name": one.title, "year": str(one.year), "image": None}
        both = {"movieId": None, "seriesId": None, "movie": None, "series": None}
        its_part = {f"{what}Id": id_, what: said, "peopleId": int(its.ids["tvdb"])}
        parts.append({"id": place, "name": "Somebody", **both, **its_part})
    return someone(its) | {
        "birth": its.born.isoformat(),
        "death": its.died.isoformat() if its.died is not None else "",
        "birthPlace": its.birthplace,
        "aliases": [{"language": "eng", "name": its.name.upper()}],
        "biographies": [
            {"biography": text, "language": words.LANGUAGES[tag][0]}
            for tag, text in its.biographies.items()
        ],
        "remoteIds": [remote("IMDB", its.ids["imdb"])],
        "characters": parts,
    }


def translations(texts: Mapping[str, Text]) -> Said:
    """What is said in all languages."""
    codes = [(words.LANGUAGES[tag][0], text) for tag, text in texts.items()]
    return {
        "nameTranslations": [
            {"language": code, "name": text.title, "isAlias": False,
             "tagline": text.tagline or None}
            for code, text in codes
        ],
        "overviewTranslations": [
            {"language": code, "overview": text.overview} for code, text in codes
        ],
        "alias": None,
    }  # fmt: skip


def season(its: Season, show: str) -> Said:
    """As a show names it."""
    return {
        "id": int(its.ids["tvdb"]),
        "seriesId": int(show),
        "number": its.number,
        "name": its.texts["en"].title,
        "type": {"id": 1, "name": "Aired Order", "type": "official"},
        "image": f"{IMAGES}{_path('poster', 'season', its.key)}",
        "imageType": OF_SEASON,
    }


def season_artwork(its: Season) -> Said:
    """Its poster."""
    width, height = pictures.SIZES["poster"]
    url = f"{IMAGES}{_path('poster', 'season', its.key)}"
    return {"id": its.key, "image": url, "type": OF_SEASON, "language": "eng", "score": 10,
            "width": width, "height": height, "seasonId": int(its.ids["tvdb"])}  # fmt: skip


def episode(its: Episode, show: str, tag: str | None) -> Said:
    """As lists tell it, in a language."""
    text = its.texts.get(tag or "", Text("", ""))
    return {
        "id": int(its.ids["tvdb"]),
        "seriesId": int(show),
        "name": text.title or None,
        "aired": its.aired.isoformat(),
        "runtime": its.runtime,
        "overview": text.overview or None,
        "image": _path("still", "episode", its.key),
        "imageType": 11,
        "isMovie": 0,
        "number": its.number,
        "absoluteNumber": its.number if its.season else 0,
        "seasonNumber": its.season,
    }


def of_episode(made: Catalogue, its: Episode) -> list[Said]:
    """Guests and crew."""
    guests = [_character(made, r.person, "Guest Star", r.character) for r in its.guests]
    crew = [(its.director, "Director"), (its.writer, "Writer")]
    return guests + [_character(made, number, what, None) for number, what in crew]


def studio(number: int) -> Said:
    """A company."""
    name, country = words.STUDIOS[number]
    return {"id": int(id_of("studio", "tvdb", number)), "name": name,
            "country": words.COUNTRIES[country][0],
            "companyType": {"companyTypeId": 2, "companyTypeName": "Studio"}}  # fmt: skip


def network(number: int) -> Said:
    """A channel."""
    name, country = words.NETWORKS[number]
    return {"id": int(id_of("network", "tvdb", number)), "name": name,
            "country": words.COUNTRIES[country][0],
            "companyType": {"companyTypeId": 1, "companyTypeName": "Network"}}  # fmt: skip


def listed(its: Collection) -> Said:
    """Films that belong together."""
    return {"id": int(its.ids["tvdb"]), "name": its.texts["en"].title, "isOfficial": True,
            "image": _path("poster", "collection", its.number)}  # fmt: skip


def remote(source: str, id_: str) -> Said:
    """An id elsewhere."""
    return {"id": id_, "type": 1, "sourceName": source}


def _cast(made: Catalogue, its: Film | Show) -> list[Said]:
    jobs = {"Screenplay": "Writer", "Original Music Composer": "Composer"}
    cast = [_character(made, r.person, "Actor", r.character) for r in its.cast]
    crew = [_character(made, j.person, jobs.get(j.job, j.job), None) for j in its.crew]
    return [one | {"sort": place} for place, one in enumerate(cast + crew)]


def _character(made: Catalogue, number: int, what: str, name: str | None) -> Said:
    its = made.person(number)
    return {
        "id": number,
        "name": name,
        "peopleId": int(its.ids["tvdb"]),
        "personName": its.name,
        "peopleType": what,
        "personImgURL": f"{IMAGES}{_path('profile', 'person', number)}",
    }


def _artworks(its: Film | Show) -> list[Said]:
    found = []
    for place, (what, (of_show, of_film, code)) in enumerate(ARTWORK.items()):
        width, height = pictures.SIZES[what]
        url = f"{IMAGES}{_path(what, kind(its), its.number)}"
        type_ = of_film if isinstance(its, Film) else of_show
        found.append({"id": place, "image": url, "type": type_, "language": code,
                      "score": 100 - place, "width": width, "height": height})  # fmt: skip
    return found


def _path(what: str, of: str, number: int) -> str:
    return f"/banners/v4/{pictures.name(what, of, number, 'tvdb')}"
