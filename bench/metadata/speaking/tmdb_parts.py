"""The parts of TMDb's documents."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from bench.metadata import pictures, words
from bench.metadata.catalogue import Catalogue
from bench.metadata.ids import id_of
from bench.metadata.records import Collection, Film, Job, Role, Show, Text, Title
from bench.metadata.speaking.speaker import Asked, Said, kind, of_ten

CONFIGURATION: Final = {
    "images": {
        "base_url": "http://image.tmdb.org/t/p/",
        "secure_base_url": "https://image.tmdb.org/t/p/",
        "backdrop_sizes": ["w300", "w780", "w1280", "original"],
        "logo_sizes": ["w45", "w500", "original"],
        "poster_sizes": ["w92", "w154", "w185", "w342", "w500", "w780", "original"],
        "profile_sizes": ["w45", "w185", "h632", "original"],
        "still_sizes": ["w92", "w185", "w300", "original"],
    },
    "change_keys": [],
}
# Of each kind, in which languages there are pictures.
PICTURES: Final[Mapping[str, tuple[str | None, ...]]] = {
    "posters": ("en", "en", "de", None),
    "backdrops": (None, None, "en"),
    "logos": ("en", "de"),
}


def language(asked: Asked) -> str:
    """The one that is asked for, without its country."""
    return asked.params.get("language", "en").partition("-")[0] or "en"


def told(texts: Mapping[str, Text], tag: str) -> Text:
    """In a language, or nothing of what nobody has translated."""
    return texts.get(tag, Text("", ""))


def text(its: Title, tag: str) -> Text:
    """In a language; the title in its own where nobody has translated it."""
    return its.texts.get(tag, Text(its.original_title, ""))


def file(what: str, of: str, number: int, variant: str = "0") -> str:
    """The path of a picture."""
    return "/" + pictures.name(what, of, number, variant)


def image(what: str, of: str, number: int, tag: str | None, place: int) -> Said:
    """A picture as lists of them tell it."""
    width, height = pictures.SIZES[what]
    return {
        "aspect_ratio": round(width / height, 3),
        "file_path": file(what, of, number, f"{tag or 'xx'}{place}"),
        "height": height,
        "iso_639_1": tag,
        "vote_average": round(5.9 - place / 2, 3),
        "vote_count": 20 - place,
        "width": width,
    }


def images(of: str, number: int, asked: Asked) -> Said:
    """All pictures in the languages that are asked for."""
    wanted = asked.params.get("include_image_language")
    tags = set(wanted.split(",")) if wanted else None
    return {
        name: [
            image(name[:-1], of, number, tag, place)
            for place, tag in enumerate(spoken)
            if tags is None or (tag or "null") in tags
        ]
        for name, spoken in PICTURES.items()
    }


def translation(tag: str, data: Mapping[str, str]) -> Said:
    """What is said in one language."""
    _, country, name = words.LANGUAGES[tag]
    return {"data": data, "english_name": name, "iso_3166_1": country, "iso_639_1": tag,
            "name": name}  # fmt: skip


def translations(texts: Mapping[str, Text], name: str) -> Said:
    """What is said in all languages; `name` is how titles are called."""
    data = {
        tag: {name: one.title, "overview": one.overview, "tagline": one.tagline, "homepage": ""}
        for tag, one in texts.items()
    }
    return {"translations": [translation(tag, one) for tag, one in data.items()]}


def title(its: Title, tag: str) -> Said:
    """What films and shows share."""
    said, score, of = text(its, tag), its.ratings["tmdb"], kind(its)
    return {
        "backdrop_path": file("backdrop", of, its.number, "xx0"),
        "genres": [{"id": 10 + one, "name": _genre(one, tag)} for one in its.genres],
        "homepage": f"https://{of}{its.number}.example/",
        "id": int(its.ids["tmdb"]),
        "original_language": its.original_language,
        "overview": said.overview,
        "popularity": 100 - its.number % 97,
        "poster_path": file("poster", of, its.number, "en0"),
        "production_companies": [studio(one) for one in its.studios],
        "production_countries": [
            {"iso_3166_1": its.country, "name": words.COUNTRIES[its.country][1]}
        ],
        "spoken_languages": [{"iso_639_1": its.original_language}],
        "status": ("Ended" if its.ended else "Returning Series")
        if isinstance(its, Show)
        else "Released",
        "tagline": said.tagline,
        "vote_average": of_ten(score.value),
        "vote_count": score.votes,
    }


def _genre(number: int, tag: str) -> str:
    said = words.GENRES[number]
    return str(getattr(said, tag, said.en))


def shared(its: Title, part: str, asked: Asked) -> Said | None:
    """The parts that films and shows have alike."""
    if part == "images":
        return images(kind(its), its.number, asked)
    if part == "translations":
        return translations(its.texts, "title" if isinstance(its, Film) else "name")
    if part == "external_ids":
        tvdb = {"tvdb_id": int(its.ids["tvdb"])} if isinstance(its, Show) else {}
        return {"imdb_id": its.ids["imdb"], "wikidata_id": its.ids["wikidata"],
                "facebook_id": None, **tvdb}  # fmt: skip
    if part == "videos":
        return {"results": [{
            "id": f"v{its.number}", "iso_639_1": "en", "iso_3166_1": "US", "key": its.trailer,
            "name": "Official Trailer", "official": True, "site": "YouTube", "size": 1080,
            "type": "Trailer"}]}  # fmt: skip
    return None


def studio(number: int) -> Said:
    """A company."""
    name, country = words.STUDIOS[number]
    return {"id": int(id_of("studio", "tmdb", number)), "name": name, "origin_country": country,
            "logo_path": file("logo", "studio", number)}  # fmt: skip


def network(number: int) -> Said:
    """A channel."""
    name, country = words.NETWORKS[number]
    return {"id": int(id_of("network", "tmdb", number)), "name": name, "origin_country": country,
            "logo_path": file("logo", "network", number)}  # fmt: skip


def keywords(its: Title) -> list[Said]:
    """By the place that they have among all."""
    return [{"id": 1 + words.KEYWORDS.index(word), "name": word} for word in its.keywords]


def other_titles(its: Title) -> list[Said]:
    """What else it is called."""
    others = [("AT", f"{its.texts['de'].title} (AT)")]
    if its.romaji is not None:
        others.append(("JP", its.romaji))
    return [{"iso_3166_1": country, "title": name, "type": ""} for country, name in others]


def release_dates(its: Film) -> Said:
    """When it was first shown where, and its marks of age."""
    day = f"{its.released.isoformat()}T00:00:00.000Z"
    return {"results": [
        {"iso_3166_1": country, "release_dates": [
            {"certification": "", "descriptors": [], "note": "Festival", "release_date": day,
             "type": 1},
            {"certification": mark, "descriptors": [], "note": "", "release_date": day, "type": 3},
        ]} for country, mark in its.certifications.items()]}  # fmt: skip


def content_ratings(its: Show) -> Said:
    """Its marks of age."""
    return {"results": [{"descriptors": [], "iso_3166_1": country, "rating": mark}
                        for country, mark in its.certifications.items()]}  # fmt: skip


def member(made: Catalogue, number: int) -> Said:
    """Somebody who took part."""
    its = made.person(number)
    return {
        "adult": False,
        "gender": number % 3,
        "id": int(its.ids["tmdb"]),
        "known_for_department": its.department,
        "name": its.name,
        "original_name": its.name,
        "popularity": 1.5 + number % 40,
        "profile_path": file("profile", "person", number),
    }


def acting(made: Catalogue, roles: Sequence[Role]) -> list[Said]:
    """Cast or guests."""
    return [
        member(made, role.person)
        | {"character": role.character, "credit_id": f"c{place}", "order": place}
        for place, role in enumerate(roles)
    ]


def making(made: Catalogue, jobs: Sequence[Job]) -> list[Said]:
    """Crew."""
    return [
        member(made, one.person)
        | {"credit_id": f"j{place}", "department": one.department, "job": one.job}
        for place, one in enumerate(jobs)
    ]


def credited(made: Catalogue, roles: Sequence[Role], jobs: Sequence[Job]) -> Said:
    """Cast and crew of a film."""
    return {"cast": acting(made, roles), "crew": making(made, jobs)}


def aggregated(made: Catalogue, roles: Sequence[Role], jobs: Sequence[Job], episodes: int) -> Said:
    """Cast and crew of many episodes."""
    return {
        "cast": [
            member(made, one.person)
            | {"roles": [{"character": one.character, "credit_id": f"c{place}",
                          "episode_count": episodes}],
               "total_episode_count": episodes, "order": place}
            for place, one in enumerate(roles)
        ],
        "crew": [
            member(made, one.person)
            | {"jobs": [{"credit_id": f"j{place}", "episode_count": episodes, "job": one.job}],
               "department": one.department, "total_episode_count": episodes}
            for place, one in enumerate(jobs)
        ],
    }  # fmt: skip


def filmography(
    person: int, titles: Sequence[Any], tag: str, tell: Callable[[Any, str], Said]
) -> Said:
    """What somebody acted in, and what they made."""
    cast, crew = [], []
    for its in titles:
        said = tell(its, tag)
        cast += [said | {"character": r.character} for r in its.cast if r.person == person]
        crew += [
            said | {"job": j.job, "department": j.department}
            for j in its.crew
            if j.person == person
        ]
    return {"cast": cast, "crew": crew}


def collection(its: Collection, tag: str) -> Said:
    """As a film names it."""
    return {
        "backdrop_path": file("backdrop", "collection", its.number, "xx0"),
        "id": int(its.ids["tmdb"]),
        "name": told(its.texts, tag).title or its.texts["en"].title,
        "poster_path": file("poster", "collection", its.number, "en0"),
    }


def paged(results: Sequence[Said], page: int, total: int, size: int) -> Said:
    """A page of a list."""
    return {"page": page, "results": results, "total_pages": -(-total // size),
            "total_results": total}  # fmt: skip
