"""Films that are hard to tell apart, as a provider knows them; and how files tell of them.

Titles and years are facts of film history; votes are of the right order of magnitude.
"""

from collections.abc import Iterator

from app.metadata.domain import Hit, RecordKind, Sought
from app.metadata.service.matching import title_agreement

FILMS = """
The Thing|1982|6000|
The Thing|2011|2500|
The Thing from Another World|1951|300|
Psycho|1960|9000|
Psycho|1998|700|
Psycho II|1983|600|
Psycho III|1986|300|
Dune|1984|2500|
Dune|2021|12000|
Dune: Part Two|2024|9000|
Arrakis, Desert Planet|2024|2|
King Kong|1933|1100|
King Kong|1976|700|
King Kong|2005|6500|
Kong: Skull Island|2017|9000|
Alien|1979|14000|
Aliens|1986|9500|
Alien 3|1992|5500|Alien³
Alien Resurrection|1997|5000|
Alien: Covenant|2017|8000|
Alien vs. Predator|2004|4000|
Prometheus|2012|12000|
Rocky|1976|7000|
Rocky II|1979|4000|
Rocky III|1982|3500|
Rocky IV|1985|3700|
Rocky V|1990|2500|
Se7en|1995|20000|Seven
Seven Samurai|1954|3500|Shichinin no samurai
The Magnificent Seven|1960|900|
The Magnificent Seven|2016|5000|
300|2007|13000|
300: Rise of an Empire|2014|6000|
1917|2019|11000|
2012|2009|11500|
2001: A Space Odyssey|1968|11000|
2010|1984|700|
10|1979|200|
9|2009|2500|
Nine|2009|700|
21|2008|3500|
21 Grams|2003|2600|
12 Angry Men|1957|8500|
12 Angry Men|1997|250|
Twelve Monkeys|1995|8000|12 Monkeys
Ocean's Eleven|2001|11500|
Ocean's 11|1960|350|
Ocean's Twelve|2004|6500|
Ocean's Thirteen|2007|6000|
It|2017|18000|
It Chapter Two|2019|8000|
Us|2019|7000|
Her|2013|13000|
Them!|1954|350|
M|1931|2200|
Amélie|2001|11000|Le fabuleux destin d'Amélie Poulain
Life Is Beautiful|1997|12500|La vita è bella
Spirited Away|2001|16000|Sen to Chihiro no kamikakushi
Parasite|2019|17500|Gisaengchung
Parasite|1982|60|
Oldboy|2003|8500|
Oldboy|2013|2200|
The Lives of Others|2006|3500|Das Leben der Anderen
Let the Right One In|2008|2800|Låt den rätte komma in
Let Me In|2010|2300|
The Girl with the Dragon Tattoo|2009|3300|Män som hatar kvinnor
The Girl with the Dragon Tattoo|2011|7500|
City of God|2002|7000|Cidade de Deus
Downfall|2004|3800|Der Untergang
The Hunt|2012|4300|Jagten
The Hunt|2020|2500|
Run Lola Run|1998|2200|Lola rennt
Das Boot|1981|2200|
The Good, the Bad and the Ugly|1966|8500|Il buono, il brutto, il cattivo
Leon: The Professional|1994|14500|Léon
Crash|1996|700|
Crash|2004|3500|
Twilight|2008|13000|
Twilight|1998|150|
Gladiator|2000|18000|
Gladiator|1992|90|
Gladiator II|2024|4000|
The Fly|1986|3500|
The Fly|1958|500|
Scarface|1983|11500|
Scarface|1932|400|
Ben-Hur|1959|2500|
Ben-Hur|2016|2000|
A Star Is Born|1937|200|
A Star Is Born|1954|250|
A Star Is Born|1976|250|
A Star Is Born|2018|11500|
Little Women|1994|1200|
Little Women|2019|6000|
West Side Story|1961|1800|
West Side Story|2021|1800|
Fast & Furious|2009|7000|
The Fast and the Furious|2001|9500|
The Fast and the Furious|1954|30|
Furious 7|2015|10500|
Birdman or (The Unexpected Virtue of Ignorance)|2014|12500|
Star Wars|1977|20000|
Star Wars: The Last Jedi|2017|15000|
The Lion King|1994|18000|
The Lion King|2019|10000|
Mulan|1998|9500|
Mulan|2020|6500|
Cinderella|1950|6500|
Cinderella|2015|6500|
Cinderella|2021|1500|
The Avengers|2012|30000|
The Avengers|1998|700|
Avengers: Endgame|2019|25000|
Up|2009|19500|
Upgrade|2018|4000|
Heat|1995|7000|
The Heat|2013|3500|
Heat|1986|90|
"""


def hits() -> list[Hit]:
    """All of them."""
    found = []
    for place, line in enumerate(
        part for part in FILMS.replace("\n", ";").split(";") if part.strip()
    ):
        title, year, votes, other = (field.strip() for field in line.split("|"))
        found.append(
            Hit(
                source="films",
                kind=RecordKind.MOVIE,
                id=str(place + 1),
                title=title,
                original_title=other or None,
                year=int(year),
                votes=int(votes),
            )
        )
    return found


def search(title: str, films: list[Hit]) -> list[Hit]:
    """What a provider finds by a title: whatever is somewhat like it, or begins with it."""
    wanted = title.casefold()
    return [
        hit
        for hit in films
        if wanted in hit.title.casefold()
        or max(title_agreement(title, t) for t in (hit.title, hit.original_title or "")) > 0
    ]


def tellings(hit: Hit, films: list[Hit]) -> Iterator[tuple[str, Sought, str | None]]:
    """How files tell of a film, and what has to be found: its id, or nothing that is sure."""
    title, year = hit.title, hit.year
    assert year is not None
    same = [other for other in films if other.title.casefold() == title.casefold()]
    meant = [
        one.id
        for one in same
        if all((one.votes or 0) >= 20 * (other.votes or 1) for other in same if other is not one)
    ]
    yield "title and year", _sought(title, year), hit.id
    yield "in small letters", _sought(title.lower().replace(":", " "), year), hit.id
    if hit.original_title:
        yield "its own title", _sought(hit.original_title, year), hit.id
    if title.startswith("The ") and len(title.split()) > 2:
        yield "without its article", _sought(title[4:], year), hit.id
    if " and " in title or "&" in title:
        yield "ampersand", _sought(title.replace(" and ", " & "), year), hit.id
    if title[-1] in "IV" and title.split()[-1] in {"II", "III", "IV", "V"}:
        number = {"II": "2", "III": "3", "IV": "4", "V": "5"}[title.split()[-1]]
        yield "numeral", _sought(" ".join([*title.split()[:-1], number]), year), hit.id
    if len(title) > 9:
        yield "a letter left out", _sought(title[:4] + title[5:], year), hit.id
    if not any(abs((o.year or 0) - year) <= 2 for o in same if o is not hit):
        yield "the year after", _sought(title, year + 1), hit.id
    yield "no year", _sought(title, None), meant[0] if meant else None
    if not any(abs((other.year or 0) - year - 37) <= 1 for other in same):
        yield "another film of that title", _sought(title, year + 37), None


def _sought(title: str, year: int | None) -> Sought:
    return Sought(kind=RecordKind.MOVIE, titles=(title,), year=year)
