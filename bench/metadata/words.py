"""What titles, names and texts of the catalogue are made of, in the languages that it has."""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct


class Noun(Struct, frozen=True):
    """A noun in English, German, French and Japanese; `*_of` is "of the …"."""

    en: str
    de: str
    de_the: str
    de_of: str
    fr: str
    fr_the: str
    fr_of: str
    ja: str
    romaji: str


class Said(Struct, frozen=True):
    """A word or a phrase that stays as it is, whatever stands beside it."""

    en: str
    de: str
    fr: str


_NOUNS: Final = """
Harbour|Hafen|Der|des Hafens|port|Le |du port|港|Minato
River|Fluss|Der|des Flusses|fleuve|Le |du fleuve|川|Kawa
Night|Nacht|Die|der Nacht|nuit|La |de la nuit|夜|Yoru
House|Haus|Das|des Hauses|maison|La |de la maison|家|Ie
Garden|Garten|Der|des Gartens|jardin|Le |du jardin|庭|Niwa
Island|Insel|Die|der Insel|île|L'|de l'île|島|Shima
Bridge|Brücke|Die|der Brücke|pont|Le |du pont|橋|Hashi
Forest|Wald|Der|des Waldes|forêt|La |de la forêt|森|Mori
Lantern|Laterne|Die|der Laterne|lanterne|La |de la lanterne|提灯|Chochin
Letter|Brief|Der|des Briefes|lettre|La |de la lettre|手紙|Tegami
Mountain|Berg|Der|des Berges|montagne|La |de la montagne|山|Yama
Window|Fenster|Das|des Fensters|fenêtre|La |de la fenêtre|窓|Mado
Tower|Turm|Der|des Turmes|tour|La |de la tour|塔|To
Train|Zug|Der|des Zuges|train|Le |du train|電車|Densha
Winter|Winter|Der|des Winters|hiver|L'|de l'hiver|冬|Fuyu
Street|Straße|Die|der Straße|rue|La |de la rue|通り|Tori
Clock|Uhr|Die|der Uhr|horloge|L'|de l'horloge|時計|Tokei
Mirror|Spiegel|Der|des Spiegels|miroir|Le |du miroir|鏡|Kagami
Shadow|Schatten|Der|des Schattens|ombre|L'|de l'ombre|影|Kage
Witness|Zeuge|Der|des Zeugen|témoin|Le |du témoin|証人|Shonin
Circus|Zirkus|Der|des Zirkus|cirque|Le |du cirque|サーカス|Sakasu
Orchard|Obstgarten|Der|des Obstgartens|verger|Le |du verger|果樹園|Kajuen
Machine|Maschine|Die|der Maschine|machine|La |de la machine|機械|Kikai
Desert|Wüste|Die|der Wüste|désert|Le |du désert|砂漠|Sabaku
Ocean|Ozean|Der|des Ozeans|océan|L'|de l'océan|海|Umi
Stranger|Fremdling|Der|des Fremdlings|étranger|L'|de l'étranger|旅人|Tabibito
Key|Schlüssel|Der|des Schlüssels|clé|La |de la clé|鍵|Kagi
Wolf|Wolf|Der|des Wolfes|loup|Le |du loup|狼|Okami
Voice|Stimme|Die|der Stimme|voix|La |de la voix|声|Koe
Kitchen|Küche|Die|der Küche|cuisine|La |de la cuisine|台所|Daidokoro
Summit|Gipfel|Der|des Gipfels|sommet|Le |du sommet|頂上|Chojo
Painter|Maler|Der|des Malers|peintre|Le |du peintre|画家|Gaka
Violin|Geige|Die|der Geige|violon|Le |du violon|提琴|Teikin
Ferry|Fähre|Die|der Fähre|bac|Le |du bac|渡し船|Watashibune
Signal|Signal|Das|des Signals|signal|Le |du signal|信号|Shingo
Cellar|Keller|Der|des Kellers|cave|La |de la cave|地下室|Chikashitsu
Comet|Komet|Der|des Kometen|comète|La |de la comète|彗星|Suisei
Market|Markt|Der|des Marktes|marché|Le |du marché|市場|Ichiba
Pilot|Lotse|Der|des Lotsen|pilote|Le |du pilote|水先人|Mizusakinin
Valley|Tal|Das|des Tals|vallée|La |de la vallée|谷|Tani
"""
# Those of French end in the same way whatever they belong to, those of German after the article.
_ADJECTIVES: Final = """
Red|rote|rouge; Calm|stille|calme; Sad|traurige|triste; Fast|schnelle|rapide; Dark|dunkle|sombre;
Strange|seltsame|étrange; Free|freie|libre; Immense|riesige|immense; Famous|berühmte|célèbre;
Fragile|zerbrechliche|fragile; Noble|edle|noble; Poor|arme|pauvre; Young|junge|jeune;
Empty|leere|vide; Wild|wilde|sauvage; Tender|zarte|tendre; Faithful|treue|fidèle;
Splendid|prächtige|magnifique; Yellow|gelbe|jaune; Vast|weite|vaste; Rough|raue|rude;
Invisible|unsichtbare|invisible; Ordinary|gewöhnliche|ordinaire; Impossible|unmögliche|impossible
"""
_PLACES: Final = """
in the Rain|im Regen|sous la pluie; in the Snow|im Schnee|sous la neige; at Dawn|am frühen
Morgen|à l'aube; by the Sea|am Meer|au bord de la mer; after Midnight|nach Mitternacht|après minuit;
under the Stars|unter den Sternen|sous les étoiles; without a Name|ohne Namen|sans nom; in
September|im September|en septembre; on the Border|an der Grenze|à la frontière; from Yesterday|von
gestern|d'hier
"""


def _said(text: str) -> tuple[Said, ...]:
    return tuple(Said(*part.split("|")) for part in " ".join(text.split()).split("; "))


NOUNS: Final = tuple(Noun(*line.split("|")) for line in _NOUNS.strip().split("\n"))
ADJECTIVES: Final = _said(_ADJECTIVES)
PLACES: Final = _said(_PLACES)
_FIRST_NAMES: Final = """
Ada Alma Anton Astrid Aurel Bela Birgit Bruno Carla Casimir Clara Cosima Dario Dora Edda Elias
Emil Enzo Esther Fanny Felix Flora Gregor Greta Hanna Henri Ida Ilja Ines Iris Jakob Jara Jonas
Juno Karim Klara Lars Lea Leonid Lina Lucian Mara Marek Mila Nadia Niels Nora Olga Oskar Petra
Quentin Rafael Rosa Ruben Selma Simon Sofia Tilda Ulla Vera Viktor Wanda Xaver Zora
"""
FIRST_NAMES: Final = tuple(_FIRST_NAMES.split())
_LAST_NAMES: Final = """
Abel Adler Amsel Arnhold Bachmann Berg Brandt Calder Cordes Dahl Dorn Eriksson Falk Feld Fontane
Gerlach Grau Halm Hartung Holm Iversen Jansen Kaspar Keller Lang Lind Lorenz Marsh Mercier Mohn
Neumann Nilsen Oberon Okada Palmer Petrov Quist Reuter Rossi Sander Seidel Sommer Stern Tanaka
Thorne Ulrich Vance Vogel Waldau Weber Winther Xenakis Yilmaz Ziegler
"""
LAST_NAMES: Final = tuple(_LAST_NAMES.split())
GENRES: Final = tuple(
    Said(*genre)
    for genre in (
        ("Drama", "Drama", "Drame"),
        ("Comedy", "Komödie", "Comédie"),
        ("Thriller", "Thriller", "Thriller"),
        ("Crime", "Krimi", "Crime"),
        ("Adventure", "Abenteuer", "Aventure"),
        ("Mystery", "Mystery", "Mystère"),
        ("Romance", "Liebesfilm", "Romance"),
        ("Family", "Familie", "Familial"),
        ("Fantasy", "Fantasy", "Fantastique"),
        ("Horror", "Horror", "Horreur"),
    )
)
_KEYWORDS: Final = """
fog lighthouse homecoming inheritance road-trip tide small-town chess forgery lost-letter storm
debt twins radio archive border-crossing apprentice rivalry train-station map
"""
KEYWORDS: Final = tuple(_KEYWORDS.split())
STUDIOS: Final = tuple(
    (f"{name} {what}", country)
    for name, country in (("Nordlicht", "DE"), ("Tidewater", "US"), ("Lanterne", "FR"),
                          ("Gull", "GB"), ("Kranich", "AT"), ("Minato", "JP"))
    for what in ("Pictures", "Film", "Studios")
)  # fmt: skip
NETWORKS: Final = (
    ("Channel North", "GB"), ("Harbour TV", "US"), ("Kanal Elf", "DE"), ("Wave", "JP"),
)  # fmt: skip
LANGUAGES: Final[Mapping[str, tuple[str, str, str]]] = {
    "en": ("eng", "US", "English"),
    "de": ("deu", "DE", "German"),
    "fr": ("fra", "FR", "French"),
    "ja": ("jpn", "JP", "Japanese"),
}
"""By tag: the code of three letters, the country that it is from, and its English name."""
COUNTRIES: Final[Mapping[str, tuple[str, str]]] = {
    "US": ("usa", "United States"),
    "GB": ("gbr", "United Kingdom"),
    "DE": ("deu", "Germany"),
    "FR": ("fra", "France"),
    "JP": ("jpn", "Japan"),
    "AT": ("aut", "Austria"),
}
"""By code: the code of three letters, and the English name."""
_TELLINGS: Final = (
    (
        "{hero} comes home after {years} years. Nobody has waited; only {other} remembers why.",
        "{hero} kehrt nach {years} Jahren heim. Niemand hat gewartet; nur {other} weiß, warum.",
        "{hero} rentre après {years} ans. Personne n'a attendu, sauf {other}.",
        "{years}年ぶりの帰郷。誰も待っていなかった。",
    ),
    (
        "{years} people saw it, and none of them speaks. {hero} asks {other} the wrong question.",
        "{years} Menschen haben es gesehen, keiner redet. {hero} fragt {other} das Falsche.",
        "{years} témoins se taisent. {hero} pose à {other} la mauvaise question.",
        "{years}人が見たのに、誰も話さない。",
    ),
    (
        "For {years} days {hero} has not slept. Then {other} rings the bell, with somebody's key.",
        "Seit {years} Tagen schläft {hero} nicht. Da klingelt {other}, mit fremdem Schlüssel.",
        "{hero} ne dort plus depuis {years} jours. Puis {other} sonne à la porte.",
        "{years}日間眠れない夜が続く。",
    ),
    (
        "{hero} and {other} share a secret that is {years} years old, and a debt that is older.",
        "{hero} und {other} teilen ein Geheimnis, das {years} Jahre alt ist, und ältere Schulden.",
        "{hero} et {other} partagent un secret vieux de {years} ans.",
        "{years}年前の秘密を分かち合う二人。",
    ),
)
TELLINGS: Final = tuple(dict(zip(LANGUAGES, told, strict=True)) for told in _TELLINGS)
TAGLINES: Final[Mapping[str, str]] = {
    "en": "Not everyone arrives. ({years})",
    "de": "Nicht jeder kommt an. ({years})",
    "fr": "Tous n'arrivent pas. ({years})",
    "ja": "誰もが着くわけではない。({years})",
}
