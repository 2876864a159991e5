"""Some eighty documents that are searched by hand: three libraries, all kinds, all ages."""

from typing import Any, Final
from uuid import UUID, uuid5

from app.core.access import EVERYTHING, Scope
from app.search.domain import Document, SearchKind, Sight

ROOT: Final = UUID("01920000-0000-7000-8000-00000000beef")
FILMS, SERIES, SECRET = (uuid5(ROOT, name) for name in ("films", "series", "secret"))
DAY: Final = 86_400.0
USUAL: Final = Sight(FILMS, 12)


def id_of(slug: str) -> UUID:
    """The id of what has this name here."""
    return uuid5(ROOT, slug)


def _document(
    slug: str,
    kind: SearchKind,
    sights: tuple[Sight, ...],
    texts: dict[str, Any],
    facets: dict[str, Any],
    **numbers: float | None,
) -> tuple[str, Document]:
    """A document under its name; texts and facets are one or several."""
    return slug, Document(
        id=id_of(slug),
        kind=kind,
        sights=sights,
        texts={name: _several(said) for name, said in texts.items() if said},
        facets={name: _several(said) for name, said in facets.items() if said},
        numbers={name: float(n) for name, n in numbers.items() if n is not None},
    )


def _several(said: Any) -> tuple[str, ...]:
    return said if isinstance(said, tuple) else (str(said),)


def _film(
    slug: str,
    title: str,
    year: int | None,
    popularity: float = 10,
    *,
    sight: Sight = USUAL,
    kind: SearchKind = SearchKind.MOVIE,
    genres: tuple[str, ...] = ("Drama",),
    rating: float | None = None,
    hdr: bool = False,
    **texts: Any,
) -> tuple[str, Document]:
    told = {"title": title, "genres": genres, **texts}
    facets = {
        "genre": genres,
        "year": year,
        "director": texts.get("directors"),
        "library": sight.library_id,
        "available": "true",
    }
    if kind is SearchKind.MOVIE:
        facets["hdr"] = "true" if hdr else "false"
    released = None if year is None else (year - 1970) * 365.25 * DAY
    return _document(
        slug, kind, (sight,), told, facets,
        year=year, popularity=popularity, rating=rating, released=released,
    )  # fmt: skip


def _show(slug: str, title: str, year: int, popularity: float = 10, **more: Any) -> Any:
    sight = more.pop("sight", Sight(SERIES, 12))
    return _film(slug, title, year, popularity, kind=SearchKind.SHOW, sight=sight, **more)


def _part(slug: str, kind: SearchKind, title: str, show: str, year: int, season: int) -> Any:
    facets = {"year": year, "library": SERIES, "available": "true", "season": season}
    texts = {"title": title, "show_titles": show}
    return _document(slug, kind, (Sight(SERIES, 12),), texts, facets, year=year)


def _person(
    slug: str, name: str, popularity: float, *sights: Sight, known: tuple[str, ...] = ()
) -> tuple[str, Document]:
    return _document(
        slug,
        SearchKind.PERSON,
        sights or (USUAL,),
        {"name": name, "also_known_as": known},
        {"department": "Acting"},
        popularity=popularity,
    )


def _user(slug: str, name: str, shown: str, *, active: bool = True) -> tuple[str, Document]:
    texts = {"username": name, "display_name": shown, "email": f"{name}@users.example"}
    return _document(slug, SearchKind.USER, (), texts, {"active": "true" if active else "false"})


SCI_FI: Final = ("Science Fiction", "Horror")
SCOTT: Final = "Ridley Scott"
WEAVER: Final = ("Sigourney Weaver", "Tom Skerritt")
_FILMS: Final = (
    _film("alien", "Alien", 1979, 80, genres=SCI_FI, directors=SCOTT, cast=WEAVER, rating=8.5,
          overview="A towing ship in deep space answers a distress signal.", hdr=True),
    _film("aliens", "Aliens", 1986, 60, genres=SCI_FI, cast=WEAVER, rating=8.4),
    _film("resurrection", "Alien Resurrection", 1997, 20, genres=SCI_FI, cast=WEAVER, rating=6.2),
    _film("covenant", "Alien: Covenant", 2017, 30, genres=SCI_FI, directors=SCOTT, rating=6.4),
    _film("blade", "Blade Runner", 1982, 70, genres=("Science Fiction",), directors=SCOTT,
          keywords=("replicant", "neo-noir"), rating=8.1),
    _film("blade2049", "Blade Runner 2049", 2017, 50, genres=("Science Fiction",), rating=8.0),
    _film("godfather", "The Godfather", 1972, 90, genres=("Crime", "Drama"), rating=9.2,
          cast=("Marlon Brando", "Al Pacino"), translated_titles=("Der Pate", "Крёстный отец")),
    _film("godfather2", "The Godfather Part II", 1974, 70, genres=("Crime", "Drama"), rating=9.0,
          cast=("Al Pacino", "Robert De Niro")),
    _film("heat", "Heat", 1995, 60, genres=("Crime",), cast=("Al Pacino", "Robert De Niro")),
    _film("heat1986", "Heat", 1986, 5, genres=("Crime",)),
    _film("rocky", "Rocky", 1976, 50, genres=("Sport",), rating=8.1),
    _film("rocky2", "Rocky II", 1979, 40, genres=("Sport",), rating=7.3),
    _film("rocky3", "Rocky III", 1982, 35, genres=("Sport",), rating=6.8),
    _film("rocky4", "Rocky IV", 1985, 38, genres=("Sport",)),
    _film("rockyhorror", "The Rocky Horror Picture Show", 1975, 45, genres=("Musical",)),
    _film("rockylost", "Rocky Lost Reel", None, 1, genres=("Sport",)),
    _film("eleven", "Ocean's Eleven", 2001, 55, genres=("Crime",)),
    _film("ocean8", "Ocean's 8", 2018, 40, genres=("Crime",)),
    _film("spiderman", "Spider-Man", 2002, 75, genres=("Action",)),
    _film("amelie", "Amélie", 2001, 45, genres=("Comedy",),
          original_title="Le Fabuleux Destin d'Amélie Poulain"),
    _film("leon", "Léon: The Professional", 1994, 50, genres=("Crime",), original_title="Léon"),
    _film("downfall", "Downfall", 2004, 30, original_title="Der Untergang", genres=("War",)),
    _film("et", "E.T. the Extra-Terrestrial", 1982, 60, genres=("Family",)),
    _film("swat", "S.W.A.T.", 2003, 25, genres=("Action",)),
    _film("walle", "WALL·E", 2008, 50, genres=("Family",)),
    _film("seven", "Se7en", 1995, 65, genres=("Crime",)),
    _film("2012", "2012", 2009, 35, genres=("Disaster",)),
    _film("marked2012", "The Marked", 2012, 20),
    _film("1917", "1917", 2019, 45, genres=("War",)),
    _film("300", "300", 2006, 40, genres=("War",)),
    _film("it", "It", 2017, 70, genres=("Horror",)),
    _film("itfollows", "It Follows", 2014, 30, genres=("Horror",)),
    _film("up", "Up", 2009, 60, genres=("Family",)),
    _film("upstream", "Upstream Color", 2013, 15),
    _film("thethe", "The The", 2011, 2, genres=("Music",)),
    _film("dune", "Dune", 2021, 80, genres=("Science Fiction",)),
    _film("dune1984", "Dune", 1984, 20, genres=("Science Fiction",)),
    _film("dune2", "Dune: Part Two", 2024, 85, genres=("Science Fiction",)),
    _film("beauty", "Beauty and the Beast", 1991, 45, genres=("Family",)),
    _film("beast", "The Beast", 2023, 12),
    _film("fellowship", "The Lord of the Rings: The Fellowship of the Ring", 2001, 85),
    _film("philosopher", "Harry Potter and the Philosopher's Stone", 2001, 80,
          alternative_titles=("Harry Potter and the Sorcerer's Stone",)),
    _film("chamber", "Harry Potter and the Chamber of Secrets", 2002, 70),
    _film("living", "Night of the Living Dead", 1968, 25, genres=("Horror",)),
    _film("deadnight", "Dead of Night", 1945, 8, genres=("Horror",)),
    _film("lookback", "Don't Look Now", 1973, 18),
    _film("stalker", "Stalker", 1979, 25, original_title="Сталкер",
          cast=("Александр Кайдановский",)),
    _film("irony", "The Irony of Fate", 1976, 15,
          original_title="Ирония судьбы, или С лёгким паром!"),
    _film("spirited", "Spirited Away", 2001, 70, original_title="千と千尋の神隠し",
          directors="Hayao Miyazaki", genres=("Family",)),
    _film("samurai", "Seven Samurai", 1954, 40, original_title="七人の侍"),
    _film("tiger", "Crouching Tiger, Hidden Dragon", 2000, 40, original_title="卧虎藏龙"),
    _film("parasite", "Parasite", 2019, 60, original_title="기생충"),
    _film("memories", "Memories of Murder", 2003, 30, original_title="살인의 추억"),
    _film("velvet", "Crimson Velvet Adults", 2010, 33, sight=Sight(FILMS, 18), genres=("Erotic",),
          cast=("Vesper Lacroix",)),
    _film("unrated", "Unratedness Vixen", 2011, 33, sight=Sight(FILMS, None), genres=("Exploit",)),
    _film("zyzzyva", "Zyzzyva Conspiracy", 2015, 99, sight=Sight(SECRET, 0), genres=("Espionage",),
          cast=("Quirin Xanthos",), overview="Nobody else speaks of the cormorant."),
    _film("aliensecret", "Alien Zyzzyva", 2016, 99, sight=Sight(SECRET, 12), genres=SCI_FI),
)  # fmt: skip
_SHOWS: Final = (
    _show("peaks", "Twin Peaks", 1990, 50, genres=("Mystery",), cast=("Kyle MacLachlan",)),
    _show("bad", "Breaking Bad", 2008, 90, genres=("Crime",), overview="A teacher cooks."),
    _show("who", "Doctor Who", 2005, 60, genres=("Science Fiction",)),
    _show("dark", "Dark", 2017, 55, genres=("Mystery",), networks="Kanal Elf"),
    _show("nine", "Brooklyn Nine-Nine", 2013, 45, genres=("Comedy",)),
    _show("heist", "Money Heist", 2017, 65, genres=("Crime",), original_title="La casa de papel"),
)
_PARTS: Final = (
    _part("bad1", SearchKind.SEASON, "Season 1", "Breaking Bad", 2008, 1),
    _part("bad5", SearchKind.SEASON, "The Final Season", "Breaking Bad", 2012, 5),
    _part("ozymandias", SearchKind.EPISODE, "Ozymandias", "Breaking Bad", 2013, 5),
    _part("fly", SearchKind.EPISODE, "Fly", "Breaking Bad", 2010, 3),
    _part("pilot", SearchKind.EPISODE, "Northwest Passage", "Twin Peaks", 1990, 1),
    _part("blink", SearchKind.EPISODE, "Blink", "Doctor Who", 2007, 3),
)
_PEOPLE: Final = (
    _person("pacino", "Al Pacino", 60),
    _person("weaver", "Sigourney Weaver", 50),
    _person("ridley", SCOTT, 40),
    _person("tony", "Tony Scott", 20),
    _person("miyazaki", "Hayao Miyazaki", 45, known=("宮崎駿",)),
    _person("cruz", "Penélope Cruz", 40),
    _person("rocky_person", "Rocky Carroll", 5),
    _person("quirin", "Quirin Xanthos", 70, Sight(SECRET, 0)),
    _person("vesper", "Vesper Lacroix", 30, Sight(FILMS, 18), Sight(SECRET, 0)),
    _person("both", "Ottoline Varga", 10, Sight(FILMS, 6), Sight(SERIES, 12)),
)
_USERS: Final = (
    _user("alice", "alice", "Alice Liddell"),
    _user("bob", "bob", "Bob the Viewer", active=False),
)
SHELF: Final = dict((*_FILMS, *_SHOWS, *_PARTS, *_PEOPLE, *_USERS))
"""Every document, by the name that the cases know it by."""
SLUGS: Final = {document.id: slug for slug, document in SHELF.items()}

ALL: Final = EVERYTHING
OPEN: Final = Scope(libraries=frozenset((FILMS, SERIES)), max_age=None, key="open")
TEEN: Final = Scope(libraries=frozenset((FILMS, SERIES)), max_age=12, key="teen")
YOUNG: Final = Scope(libraries=None, max_age=12, key="young")
