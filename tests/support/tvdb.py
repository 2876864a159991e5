"""What TheTVDB has, in its form (github.com/thetvdb/v4-api, docs/swagger.yml), with titles of ours.

Its contract says less than real answers: that addresses of pictures may lack their host, and that
lists in another language hold the episodes themselves, is taken from clients' tests.
"""

from typing import Any

from tests.support.providers import Library

IMAGES = "https://artworks.thetvdb.com"
CAST: list[dict[str, Any]] = [
    {"id": 2, "name": "Keeper", "peopleId": 12, "personName": "Ida Berg", "peopleType": "Actor",
     "sort": 2, "personImgURL": "/banners/person/12.jpg"},
    {"id": 1, "name": "Pilot", "peopleId": 11, "personName": "Ada Lind", "peopleType": "Actor",
     "sort": 1, "personImgURL": f"{IMAGES}/banners/person/11.jpg"},
    {"id": 3, "name": None, "peopleId": 13, "personName": "Per Holm", "peopleType": "Director",
     "sort": 0, "personImgURL": None},
    {"id": 4, "name": "Stranger", "peopleId": 14, "personName": "Tor Vik",
     "peopleType": "Guest Star"},
    {"id": 5, "name": "Nobody", "personName": None, "peopleType": "Actor"},
]  # fmt: skip
TRANSLATIONS: dict[str, Any] = {
    "nameTranslations": [
        {"language": "swe", "name": "Tidtabeller", "isPrimary": True},
        {"language": "eng", "name": "Tide Tables", "isAlias": None},
        {"language": "eng", "name": "Tides, The", "isAlias": True},
        {"language": "pt", "name": "Tabelas", "overview": None},
        {"language": "por", "name": "Marés"},
        {"language": "zhtw", "name": "潮汐"},
        {"language": "fra", "name": "Marées"},
    ],
    "overviewTranslations": [
        {"language": "eng", "overview": "A pilot waits.\r\n\r\nNobody comes."},
        {"language": "deu", "overview": "Ein Lotse wartet."},
    ],
    "alias": None,
}
SERIES: dict[str, Any] = {
    "id": 300, "name": "Tidtabeller", "slug": "tide-tables", "year": "2011",
    "image": "/banners/v4/series/300/posters/main.jpg", "firstAired": "2011-05-01",
    "lastAired": "2013-06-02", "nextAired": "", "averageRuntime": 47, "score": 4711.0,
    "originalCountry": "swe", "originalLanguage": "swe", "defaultSeasonType": 1,
    "status": {"id": 2, "name": "Ended", "recordType": "series", "keepUpdated": False},
    "aliases": [{"language": "deu", "name": "Gezeiten"}, {"language": "eng", "name": ""}],
    "genres": [{"id": 1, "name": "Drama", "slug": "drama"}, {"id": 27, "name": "Anime"}],
    "tags": [{"id": 1, "tagName": "Setting", "name": "Sea"}],
    "contentRatings": [{"id": 1, "name": "TV-MA", "country": "usa"},
                       {"id": 2, "name": "15", "country": "GBR"},
                       {"id": 3, "name": "R", "country": "nowhere"}],
    "remoteIds": [{"id": "tt1111111", "type": 2, "sourceName": "IMDB"},
                  {"id": "1399-tides", "type": 12, "sourceName": "TheMovieDB.com"},
                  {"id": 169, "type": 19, "sourceName": "TV Maze"},
                  {"id": "Q4711", "type": 18, "sourceName": "Wikidata"},
                  {"id": "https://tides.example/", "type": 4, "sourceName": "Official Website"},
                  {"id": "EP01", "type": 3, "sourceName": "TMS (Zap2It)"}],
    "companies": [
        {"id": 9, "name": "Nordlicht", "country": "deu",
         "companyType": {"companyTypeId": 2, "companyTypeName": "Studio"}},
        {"id": 8, "name": "Channel North", "country": "swe",
         "companyType": {"companyTypeId": 1, "companyTypeName": "Network"}}],
    "originalNetwork": {"id": 8, "name": "Channel North", "country": "swe"},
    "latestNetwork": None,
    "seasons": [
        {"id": 402, "number": 2, "type": {"id": 1, "type": "official"}, "name": None,
         "image": "/banners/v4/season/402/banners/wide.jpg", "imageType": 6},
        {"id": 400, "number": 0, "type": {"id": 1, "type": "official"}},
        {"id": 401, "number": 1, "type": {"id": 1, "type": "official"}, "name": "Ebb"},
        {"id": 499, "number": 1, "type": {"id": 2, "type": "dvd"}}],
    "characters": CAST, "translations": TRANSLATIONS, "lists": None,
    "trailers": [{"id": 1, "name": "T", "language": "eng", "url": "https://www.youtube.com/watch?v=a"},
                 {"id": 2, "url": "javascript:alert(1)"}],
    "artworks": [
        {"id": 1, "image": f"{IMAGES}/banners/v4/series/300/posters/low.jpg", "type": 2,
         "language": "eng", "score": 5, "width": 680, "height": 1000},
        {"id": 2, "image": "/banners/v4/series/300/posters/high.jpg", "type": 2, "language": None,
         "score": 100017, "width": 680, "height": 0},
        {"id": 3, "image": f"{IMAGES}/banners/v4/series/300/clearlogo/l.png", "type": 23,
         "language": "zhtw", "score": 4},
        {"id": 4, "image": f"{IMAGES}/banners/v4/season/401/posters/s.jpg", "type": 7,
         "seasonId": 401, "score": 3},
        {"id": 5, "image": f"{IMAGES}/banners/v4/season/499/posters/d.jpg", "type": 7,
         "seasonId": 499, "score": 2},
        {"id": 6, "image": "https://evil.example/banners/x.jpg", "type": 3, "score": 1},
        {"id": 7, "image": f"{IMAGES}/banners/v4/series/300/icons/i.jpg", "type": 5, "score": 1}],
}  # fmt: skip
MOVIE: dict[str, Any] = {
    "id": 4711, "name": "Der lange Hafen", "year": "1978", "runtime": 101, "score": 12.5,
    "image": "https://artworks.thetvdb.com/banners/movies/4711/posters/1.jpg",
    "originalCountry": "deu", "originalLanguage": "deu", "status": {"id": 5, "name": "Released"},
    "budget": "900000", "boxOffice": "", "first_release": {"country": "deu", "date": "1978-03-02"},
    "companies": {"studio": None, "production": [{"id": 9, "name": "Nordlicht"}],
                  "distributor": [{"id": 10, "name": "Sellers"}]},
    "lists": [{"id": 5, "name": "Best of 1978", "isOfficial": False},
              {"id": 77, "name": "Harbour Collection", "isOfficial": True, "image": ""}],
    "tagOptions": [{"id": 1, "name": "fog"}], "genres": [{"id": 1, "name": "Drama"}],
    "remoteIds": [{"id": "tt0047110", "type": 2, "sourceName": "IMDB"}],
    "contentRatings": [{"name": "12", "country": "deu"}],
    "characters": CAST, "artworks": [{"image": "/banners/m.jpg", "type": 15, "score": 1}],
    "translations": {"nameTranslations": [
        {"language": "deu", "name": "Der lange Hafen", "tagline": "Nebel."},
        {"language": "eng", "name": "The Long Harbour", "tagline": "Fog."}],
        "overviewTranslations": None},
}  # fmt: skip


def episode(id_: int, number: int, name: str | None, **more: Any) -> dict[str, Any]:
    """As lists tell it."""
    return {
        "id": id_, "seriesId": 300, "name": name, "aired": f"2011-05-{number:02}", "runtime": 47,
        "nameTranslations": None, "overview": None, "image": f"/banners/episodes/300/{id_}.jpg",
        "imageType": 11, "isMovie": 0, "number": number, "seasonNumber": 1,
        "absoluteNumber": number, **more,
    }  # fmt: skip


OWN = [
    episode(501, 1, "Ebb", overview="Det börjar."),
    episode(502, 2, None),
    episode(599, 1, "Special", seasonNumber=0),
]
SEASON: dict[str, Any] = {
    "id": 401, "seriesId": 300, "number": 1, "name": "Ebb", "type": {"id": 1, "type": "official"},
    "image": "/banners/s.jpg", "imageType": 7, "episodes": OWN, "nameTranslations": ["swe", "deu"],
    "overviewTranslations": ["fra"],
    "artwork": [{"image": "/banners/v4/season/401/posters/1.jpg", "type": 7, "language": "eng",
                 "score": 2, "seasonId": 401}],
}  # fmt: skip
EPISODE: dict[str, Any] = {
    **episode(501, 1, "Ebb"), "characters": CAST,
    "remoteIds": [{"id": "tt2222222", "type": 2, "sourceName": "IMDB"}],
    "translations": {
        "nameTranslations": [{"language": "eng", "name": "Ebb Tide"}],
        "overviewTranslations": [{"language": "eng", "overview": "It begins."}]},
}  # fmt: skip
PERSON: dict[str, Any] = {
    "id": 11, "name": "Ada Lind", "image": "/banners/person/11.jpg", "birth": "1950-02-03",
    "death": "", "birthPlace": "Hamn", "score": 7,
    "aliases": [{"language": "eng", "name": "A. Lind"}],
    "biographies": [{"language": "eng", "biography": "She acts."},
                    {"language": "swe", "biography": "Hon spelar."}],
    "remoteIds": [{"id": "nm0000011", "type": 2, "sourceName": "IMDB"}],
    "characters": [
        {"id": 1, "peopleId": 11, "seriesId": 300, "movieId": None, "name": "Pilot",
         "series": {"name": "Tidtabeller", "image": "/banners/1.jpg", "year": "2011"}},
        {"id": 2, "peopleId": 11, "seriesId": 300, "series": {"name": "Tidtabeller"}},
        {"id": 3, "peopleId": 11, "movieId": 4711, "movie": {"name": "Hafen", "year": "1978"}},
        {"id": 4, "peopleId": 11, "movieId": 4712, "movie": None}],
}  # fmt: skip
LANGUAGES = [{"id": code} for code in ("deu", "eng", "por", "pt", "swe", "zho", "zhtw", None)]


def wrapped(data: object, **more: Any) -> dict[str, Any]:
    return {"status": "success", "data": data, **more}


def tvdb_library() -> Library:
    """A library with all of it, which signs anybody in."""
    documents: dict[str, Any] = {
        "/series/300/extended": wrapped(SERIES),
        "/series/300/artworks": wrapped({**SERIES, "characters": None}),
        "/series/300/episodes/official": wrapped({"series": {"id": 300}, "episodes": OWN}),
        "/movies/4711/extended": wrapped(MOVIE),
        "/seasons/401/extended": wrapped(SEASON),
        "/episodes/501/extended": wrapped(EPISODE),
        "/people/11/extended": wrapped(PERSON),
        "/languages": wrapped(LANGUAGES),
    }
    return Library(
        {**documents, "/login": lambda request: wrapped({"token": signed(request.document)})}
    )


def signed(credentials: dict[str, str]) -> str:
    """A token that says whose it is."""
    return "-".join(("token", *credentials.values()))
