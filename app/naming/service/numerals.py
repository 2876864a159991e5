"""Numbers that are not written in digits: words, Roman numerals, East Asian characters."""

from app.naming.service.wordlist import words

ORDERED = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen",
    "first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth",
    "eins|zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn",
    "erste|zweite|dritte|vierte|fünfte|sechste|siebte|achte|neunte|zehnte",
    "un|deux|trois|quatre|cinq|six|sept|huit|neuf|dix",
    "uno|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez",
    "primera|segunda|tercera|cuarta|quinta|sexta|séptima|octava|novena|décima",
    "prima|seconda|terza|quarta|quinta|sesta|settima|ottava|nona|decima",
    "primeira|segunda|terceira|quarta|quinta|sexta|sétima|oitava|nona|décima",
    "première|deuxième|troisième|quatrième|cinquième|sixième|septième|huitième|neuvième|dixième",
    "первый|второй|третий|четвертый|пятый|шестой|седьмой|восьмой|девятый|десятый",
)
WORDS: dict[str, int] = {
    word: number for row in reversed(ORDERED) for number, word in enumerate(row.split("|"), start=1)
}
ORDINAL_WORDS = words("|".join(row for row in ORDERED[1:] if row[0] != "u").replace("|", " "))
ROMAN: dict[str, int] = {
    tens + ones: 10 * high + low
    for high, tens in enumerate(("", "x", "xx"))
    for low, ones in enumerate(("", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix"))
    if high or low
}
HAN_DIGITS = {c: value for value, c in enumerate("零一二三四五六七八九")} | {"两": 2, "兩": 2}
HAN_TEN = "十"


def number_word(key: str) -> int | None:
    """The number of a word or of a Roman numeral in lower case."""
    return WORDS.get(key) or ROMAN.get(key)


def han_number(text: str) -> int | None:
    """A number below 100 in Chinese characters: "十二" is 12, "二十" is 20."""
    tens, ten, ones = text.rpartition(HAN_TEN)
    if not ten:
        return HAN_DIGITS.get(text) if len(text) == 1 else None
    high = 1 if not tens else HAN_DIGITS.get(tens)
    low = 0 if not ones else HAN_DIGITS.get(ones)
    return None if high is None or low is None else 10 * high + low
