"""What both backends do alike: questions to the shelf, and what has to come of them."""

from typing import Final

from msgspec import Struct

from app.core.access import NOTHING, Scope
from app.search.domain import Between, Filters, Number, OneOf, Search, SearchKind
from tests.search.shelf import ALL, FILMS, OPEN, SECRET, SERIES, TEEN, YOUNG

MOVIES: Final = (SearchKind.MOVIE,)
WORKS: Final = (SearchKind.MOVIE, SearchKind.SHOW)
PEOPLE: Final = (SearchKind.PERSON,)
USERS: Final = (SearchKind.USER,)
CONTENT: Final = tuple(kind for kind in SearchKind if kind is not SearchKind.USER)


class Case(Struct, frozen=True, kw_only=True):
    """A question. `first` are the first hits in order, `some` are among the hits, `never` are not;
    `total` is how many there are. All are names of documents with spaces between.
    """

    text: str = ""
    first: str = ""
    some: str = ""
    never: str = ""
    total: int | None = None
    kinds: tuple[SearchKind, ...] = CONTENT
    filters: Filters = Filters()
    sort: Number | None = None
    descending: bool = True
    scope: Scope = ALL

    @property
    def asked(self) -> Search:
        """As backends are asked it."""
        return Search(
            text=self.text,
            kinds=self.kinds,
            filters=self.filters,
            sort=self.sort,
            descending=self.descending,
        )


class Completed(Struct, frozen=True, kw_only=True):
    """A beginning: `first` are the first completions in order."""

    prefix: str
    first: str = ""
    some: str = ""
    never: str = ""
    kinds: tuple[SearchKind, ...] = (*WORKS, SearchKind.PERSON)
    scope: Scope = ALL


class Counted(Struct, frozen=True, kw_only=True):
    """A question whose hits are counted by one facet."""

    facet: str
    counts: dict[str, int]
    text: str = ""
    kinds: tuple[SearchKind, ...] = MOVIES
    filters: Filters = Filters()
    scope: Scope = ALL


def only(facet: str, *values: str) -> Filters:
    """Hits with one of these values."""
    return Filters(values=(OneOf(facet, values),))


def between(number: Number, least: float | None, most: float | None) -> Filters:
    """Hits whose number is in between."""
    return Filters(ranges=(Between(number, least, most),))


TITLES: Final = (
    Case(text="alien", first="alien"),  # and not a longer title, nor a more popular one
    Case(text="Alien", some="alien aliens resurrection covenant"),
    Case(text="dune", first="dune dune1984 dune2"),
    Case(text="heat", first="heat heat1986"),  # equal titles by popularity
    Case(text="beauty and the beast", first="beauty"),
    Case(text="beast", first="beast", some="beauty"),
    Case(text="the rocky horror picture show", first="rockyhorror"),
    Case(text="blade runner", first="blade blade2049"),
    Case(text="fellowship of the ring", first="fellowship"),
    Case(text="harry potter", first="philosopher chamber"),
    Case(text="harry potter and the sorcerers stone", first="philosopher"),
)
PREFIXES: Final = (
    Case(text="godf", first="godfather", some="godfather2"),
    Case(text="blade run", first="blade"),
    Case(text="harry pott", first="philosopher"),
    Case(text="parasi", first="parasite"),
    Case(text="the lord of the ri", first="fellowship"),
)
TYPOS: Final = (
    Case(text="godfahter", first="godfather"),  # transposed
    Case(text="gofather", first="godfather"),  # lacking
    Case(text="goodfather", first="godfather"),  # too many
    Case(text="gidfather", first="godfather"),  # another
    Case(text="ogdfather", first="godfather"),  # at the beginning
    Case(text="resurection alien", first="resurrection"),
    Case(text="breking bad", first="bad"),
    Case(text="felowship of the rnig", first="fellowship"),  # in two words
    Case(text="crouching tigre", first="tiger"),
    Case(text="sigourny weaver", first="weaver"),
    Case(text="staker", first="stalker"),
)
ORDERS: Final = (
    Case(text="runner blade", first="blade"),
    Case(text="beast beauty", first="beauty"),
    Case(text="potter harry chamber", first="chamber"),
    Case(text="living dead night", first="living"),
)
MISSING: Final = (
    Case(text="night living dead", first="living"),
    Case(text="harry potter stone", first="philosopher"),
    Case(text="crouching hidden dragon", first="tiger"),
    Case(text="lord rings fellowship", first="fellowship"),
    Case(text="the rocky horror picture movie", first="rockyhorror"),  # one that it does not have
)
ACCENTS: Final = (
    Case(text="amelie", first="amelie"),
    Case(text="Amélie", first="amelie"),
    Case(text="ÁLIEN", first="alien"),
    Case(text="leon", first="leon"),
    Case(text="Léon", first="leon"),
    Case(text="penelope cruz", first="cruz"),
    Case(text="Penélope Cruz", first="cruz"),
    Case(text="le fabuleux destin d’amelie poulain", first="amelie"),
)
ARTICLES: Final = (
    Case(text="godfather", first="godfather"),
    Case(text="the godfather", first="godfather"),
    Case(text="a godfather", first="godfather"),
    Case(text="Untergang", first="downfall"),
    Case(text="Der Untergang", first="downfall"),
    Case(text="casa de papel", first="heist"),
    Case(text="the alien", first="alien"),
)
NUMERALS: Final = (
    Case(text="rocky 2", first="rocky2"),
    Case(text="Rocky II", first="rocky2"),
    Case(text="rocky iv", first="rocky4"),
    Case(text="rocky 4", first="rocky4"),
    Case(text="godfather 2", some="godfather2"),
    Case(text="godfather part 2", first="godfather2"),
    Case(text="oceans 11", first="eleven"),
    Case(text="Ocean's Eleven", first="eleven"),
    Case(text="ocean's eight", first="ocean8"),
    Case(text="dune part 2", first="dune2"),
    Case(text="7 samurai", first="samurai"),
)
SIGNS: Final = (
    Case(text="spiderman", first="spiderman"),
    Case(text="spider man", first="spiderman"),
    Case(text="Spider-Man", first="spiderman"),
    Case(text="wall-e", first="walle"),
    Case(text="walle", first="walle"),
    Case(text="brooklyn nine nine", first="nine"),
    Case(text="et", first="et"),
    Case(text="e.t.", first="et"),
    Case(text="swat", first="swat"),
    Case(text="S.W.A.T", first="swat"),
    Case(text="oceans eleven", first="eleven"),
    Case(text="dont look now", first="lookback"),
    Case(text="don’t look now", first="lookback"),
    Case(text="alien covenant", first="covenant"),
    Case(text="se7en", first="seven"),
)
SCRIPTS: Final = (
    Case(text="Сталкер", first="stalker"),
    Case(text="сталкер", first="stalker"),
    Case(text="ирония судьбы", first="irony"),
    Case(text="легким паром", first="irony"),
    Case(text="судбы ирония", first="irony"),  # with a typo
    Case(text="Крестный отец", first="godfather"),
    Case(text="千と千尋の神隠し", first="spirited"),
    Case(text="千尋", first="spirited"),
    Case(text="神隠し", first="spirited"),
    Case(text="七人の侍", first="samurai"),
    Case(text="侍", some="samurai"),
    Case(text="藏龙", first="tiger"),
    Case(text="卧虎", first="tiger"),
    Case(text="기생충", first="parasite"),
    Case(text="추억", first="memories"),
    Case(text="살인의", first="memories"),
    Case(text="宮崎駿", first="miyazaki"),
)
YEARS: Final = (
    Case(text="alien 1979", first="alien"),
    Case(text="heat 1986", first="heat1986"),
    Case(text="dune 1984", first="dune1984"),
    Case(text="dune 2021", first="dune"),
    Case(text="blade runner 2049", first="blade2049"),
    Case(text="2012", first="2012"),
    Case(text="the marked 2012", first="marked2012"),
    Case(text="1917", first="1917"),
    Case(text="300", first="300"),
    Case(text="2012 2009", first="2012"),
)
SHORT: Final = (
    Case(text="it", first="it"),
    Case(text="It", some="it itfollows"),
    Case(text="up", first="up"),
    Case(text="the the", first="thethe"),
    Case(text="fly", first="fly"),
    Case(text="dark", first="dark"),
)
PHRASES: Final = (
    Case(text='"dead of night"', first="deadnight", never="living", total=1),
    Case(text='"living dead"', first="living", never="deadnight", total=1),
    Case(text='"runner blade"', total=0),
    Case(text='"harry potter" chamber', first="chamber"),
    Case(text="“blade runner” 2049", first="blade2049"),
    Case(text='"godfahter"', total=0),  # what is quoted is meant as it is
)
ELSEWHERE: Final = (
    Case(text="al pacino", first="pacino", some="godfather godfather2 heat"),
    Case(text="sigourney weaver", first="weaver", some="alien aliens resurrection"),
    Case(text="ridley scott", first="ridley", some="alien covenant blade"),
    Case(text="scott", some="ridley tony alien"),
    Case(text="godfather pacino", first="godfather"),
    Case(text="alien weaver", first="alien"),
    Case(text="александр кайдановский", first="stalker"),
    Case(text="replicant", first="blade", total=1),
    Case(text="distress signal", first="alien", total=1),
    Case(text="musical", some="rockyhorror"),
    Case(text="kanal elf", first="dark"),
    Case(text="breaking bad", first="bad", some="ozymandias fly"),
    Case(text="ozymandias", first="ozymandias"),
    Case(text="final season", first="bad5"),
    Case(text="rocky", first="rocky", some="rocky_person"),
    Case(text="rocky", first="rocky_person", kinds=PEOPLE, total=1),
    Case(text="qqqxqqzzw", total=0),
)
FILTERED: Final = (
    Case(text="alien", filters=only("genre", "Horror"), some="alien aliens resurrection covenant"),
    Case(text="alien", filters=only("genre", "Drama"), never="alien aliens"),
    Case(filters=only("genre", "Sport", "Musical"), total=6, kinds=MOVIES),
    Case(filters=only("year", "1979"), kinds=MOVIES, total=3, some="alien rocky2 stalker"),
    Case(filters=between(Number.YEAR, 1979, 1982), kinds=MOVIES, total=6, never="rockylost"),
    Case(filters=between(Number.YEAR, None, 1954), kinds=MOVIES, total=2, some="deadnight samurai"),
    Case(filters=between(Number.RATING, 9.0, None), kinds=MOVIES, total=2),
    Case(filters=only("hdr", "true"), kinds=MOVIES, total=1, first="alien"),
    Case(filters=only("director", "Ridley Scott"), kinds=MOVIES, total=3),
    Case(filters=Filters(libraries=(SERIES,)), kinds=WORKS, total=6),
    Case(filters=Filters(libraries=(SECRET,)), scope=OPEN, total=0),
    Case(filters=only("library", str(SECRET)), scope=OPEN, total=0),
    Case(filters=only("season", "5"), some="bad5 ozymandias", total=2),
    Case(
        text="alien",
        filters=Filters(
            values=(OneOf("genre", ("Science Fiction",)), OneOf("director", ("Ridley Scott",))),
            ranges=(Between(Number.YEAR, 1970, 1990),),
        ),
        kinds=MOVIES,
        first="alien",
    ),
)
SORTED: Final = (
    Case(text="rocky", kinds=MOVIES, sort=Number.YEAR, descending=False,
         first="rockyhorror rocky rocky2 rocky3 rocky4 rockylost", total=6),
    Case(text="rocky", kinds=MOVIES, sort=Number.YEAR,
         first="rocky4 rocky3 rocky2 rocky rockyhorror rockylost"),
    Case(text="rocky", kinds=MOVIES, sort=Number.POPULARITY, first="rocky rockyhorror rocky2"),
    Case(text="rocky", kinds=MOVIES, sort=Number.POPULARITY, descending=False, first="rockylost"),
    Case(text="rocky", kinds=MOVIES, sort=Number.RATING, first="rocky rocky2 rocky3"),
    Case(text="rocky", kinds=MOVIES, sort=Number.RATING, descending=False,
         first="rocky3 rocky2 rocky"),
    # Those whose kind has no such number are found all the same.
    Case(text="rocky", sort=Number.RUNTIME, some="rocky rocky_person", total=7),
    Case(filters=only("director", "Ridley Scott"), kinds=MOVIES, sort=Number.YEAR, descending=False,
         first="alien blade covenant"),
    Case(filters=only("genre", "Crime"), kinds=WORKS, sort=Number.YEAR, first="ocean8 heist bad"),
)  # fmt: skip
SCOPED: Final = (
    Case(text="zyzzyva", first="zyzzyva", some="aliensecret"),
    Case(text="zyzzyva", scope=OPEN, never="zyzzyva aliensecret"),
    Case(text="zyzzyva conspiracy", scope=OPEN, total=0),
    Case(text="alien", scope=OPEN, first="alien", never="aliensecret"),
    Case(text="cormorant", scope=OPEN, total=0),
    Case(text="quirin xanthos", first="quirin", some="zyzzyva"),
    Case(text="quirin xanthos", scope=OPEN, total=0),
    Case(text="crimson velvet", scope=OPEN, first="velvet"),
    Case(text="crimson velvet", scope=TEEN, never="velvet"),
    Case(text="unratedness", scope=TEEN, total=0),  # unrated is for those without a limit
    Case(text="unratedness", first="unrated", scope=OPEN),
    Case(text="vesper lacroix", scope=TEEN, never="vesper velvet"),
    Case(text="vesper lacroix", scope=YOUNG, first="vesper", never="velvet"),
    Case(text="ottoline varga", scope=TEEN, first="both"),
    Case(
        scope=TEEN, kinds=MOVIES, filters=only("genre", "Erotic", "Exploit", "Espionage"), total=0
    ),
    Case(text="alien", scope=NOTHING, total=0),
    Case(scope=NOTHING, total=0),
)
ACCOUNTS: Final = (
    Case(text="alice", kinds=USERS, first="alice", total=1),
    Case(text="liddell", kinds=USERS, first="alice"),
    Case(text="alcie", kinds=USERS, first="alice"),
    Case(text="alice", kinds=USERS, scope=NOTHING, first="alice"),  # they are in no library
    Case(kinds=USERS, total=2),
    Case(kinds=USERS, filters=only("active", "false"), first="bob", total=1),
    Case(text="alice", never="alice"),  # unless they are asked for
)
CASES: Final = {
    "titles": TITLES, "prefixes": PREFIXES, "typos": TYPOS, "orders": ORDERS, "missing": MISSING,
    "accents": ACCENTS, "articles": ARTICLES, "numerals": NUMERALS, "signs": SIGNS,
    "scripts": SCRIPTS, "years": YEARS, "short": SHORT, "phrases": PHRASES,
    "elsewhere": ELSEWHERE, "filtered": FILTERED, "sorted": SORTED, "scoped": SCOPED,
    "accounts": ACCOUNTS,
}  # fmt: skip
COMPLETED: Final = (
    Completed(prefix="ali", scope=OPEN, first="alien aliens covenant"),  # by popularity
    Completed(prefix="dun", first="dune2 dune dune1984"),
    Completed(prefix="alien", first="alien", some="aliens covenant"),  # all of a title
    Completed(prefix="a", some="alien amelie pacino"),
    Completed(prefix="the god", first="godfather godfather2"),
    Completed(prefix="god", first="godfather"),
    Completed(prefix="harry pot", first="philosopher chamber"),
    Completed(prefix="lord of the ri", first="fellowship"),
    Completed(prefix="godfa", first="godfather"),
    Completed(prefix="gidfat", first="godfather"),  # with a typo
    Completed(prefix="breakng b", first="bad"),
    Completed(prefix="runner", some="blade"),  # by another word of the title
    Completed(prefix="sigour", first="weaver"),
    Completed(prefix="al pac", first="pacino"),
    Completed(prefix="penelo", first="cruz"),
    Completed(prefix="Amé", first="amelie"),
    Completed(prefix="千と", first="spirited"),
    Completed(prefix="기생", first="parasite"),
    Completed(prefix="стал", first="stalker"),
    Completed(prefix="spiderm", first="spiderman"),
    Completed(prefix="201", first="2012"),
    Completed(prefix="rocky", first="rocky", never="rocky_person", kinds=MOVIES),
    Completed(prefix="zyz", first="zyzzyva"),
    Completed(prefix="zyz", scope=OPEN, never="zyzzyva aliensecret"),
    Completed(prefix="quir", scope=OPEN, never="quirin"),
    Completed(prefix="crimson", scope=TEEN, never="velvet"),
    Completed(prefix="unrated", scope=YOUNG, never="unrated"),
    Completed(prefix="ali", kinds=USERS, first="alice"),
    Completed(prefix="ali", never="alice"),
    Completed(prefix="qqqxq"),
)
COUNTED: Final = (
    Counted(facet="genre", text="rocky", counts={"Sport": 5, "Musical": 1}),
    Counted(facet="year", text="heat", counts={"1995": 1, "1986": 1}),
    Counted(facet="genre", filters=only("director", "Ridley Scott"),
            counts={"Science Fiction": 3, "Horror": 2}),
    Counted(facet="library", kinds=WORKS, counts={str(FILMS): 55, str(SERIES): 6, str(SECRET): 2}),
    Counted(facet="library", kinds=WORKS, scope=OPEN, counts={str(FILMS): 55, str(SERIES): 6}),
    Counted(facet="library", kinds=WORKS, scope=TEEN, counts={str(FILMS): 53, str(SERIES): 6}),
    Counted(facet="genre", text="zyzzyva", scope=OPEN, counts={}),
    Counted(facet="genre", text="alien", scope=OPEN, counts={"Science Fiction": 4, "Horror": 4}),
    Counted(facet="genre", text="alien", counts={"Science Fiction": 5, "Horror": 5}),
    Counted(facet="hdr", text="alien", scope=OPEN, counts={"true": 1, "false": 3}),
    Counted(facet="season", kinds=(SearchKind.EPISODE,), counts={"3": 2, "5": 1, "1": 1}),
    Counted(facet="active", kinds=USERS, counts={"true": 1, "false": 1}),
)  # fmt: skip
SUGGESTED: Final = {
    "godfahter": "godfather",
    "breking bad": "breaking bad",
    "crouching tigre": "crouching tiger",
}
