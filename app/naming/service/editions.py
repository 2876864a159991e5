"""Words for editions: which cut of a film, or which issue of it, a file holds."""

from app.naming.service.wordlist import words

EDITION_PHRASES: dict[str, str] = {
    "Director's Cut": "dc",
    "Special Edition": "se",
    "Collector's Edition": "ce",
    "": (
        "open matte|directors cut|director cut"
        "|directors|directors edition|directors version|final cut"
        "|theatrical cut|theatrical version|theatrical edition|theatrical|extended cut"
        "|extended edition|extended version|extended|uncut|uncut edition|uncut version"
        "|unrated|unrated cut|unrated edition|unrated version|unrated directors cut|uncensored"
        "|unseen edition|ultimate edition|ultimate cut|ultimate collectors edition"
        "|special edition|special cut|imax|imax edition|remastered|remastered edition"
        "|4k remaster"
        "|4k remastered|4k restored|4k restoration|restored|restored edition|remaster|recut"
        "|redux|assembly cut|workprint cut|rough cut|fan edit|fanedit|fan cut|despecialized"
        "|despecialized edition|2in1|3in1|4in1|anniversary edition|criterion|criterion edition"
        "|criterion collection|the criterion collection|collectors edition|collector edition"
        "|edition collector|collectors cut|limited edition|deluxe edition|diamond edition"
        "|signature edition|platinum edition|golden edition|alternative cut|alternate cut"
        "|alternative version|alternative ending|alternate ending|alternate version|tv cut"
        "|television cut|television version|international cut|international version|european cut"
        "|european version|us cut|us version|uk cut|uk version|japanese cut|japanese version"
        "|chinese cut|korean cut|international edition|original cut|original version|superbit"
        "|super duper cut|steelbook|version longue|version cinema|integral version|langfassung"
        "|kinofassung|director s cut|black and chrome|black chrome edition|black white edition"
        "|noir edition|roadshow version|roadshow edition|roadshow cut|ultimate fan collection"
        "|ultimate fan edition|fan collection|producers cut|writers cut|snyder cut|integral"
        "|integrale|extended directors cut|unrated extended cut|alternative extended version"
        "|versione estesa|version extendida|montaje del director|grindhouse version"
        "|versione integrale|edizione integrale|edizione speciale|version intégrale"
        "|édition spéciale|versión extendida|edición especial|versão estendida|versao estendida"
        "|режиссерская версия|режиссёрская версия|расширенная версия|wersja reżyserska"
        "|wersja rezyserska|wersja rozszerzona|rekonstrukcja cyfrowa"
    ),
}
"""Canonical text -> spellings; under "" the words themselves are the text."""

EDITION_NOUNS = frozenset({"edition", "cut", "version", "fassung"})
"""After the year, up to three words before one of these name an edition of the film's own."""

MIXED_CASE = {
    "imax": "IMAX",
    "tv": "TV",
    "uk": "UK",
    "us": "US",
    "4k": "4K",
    "2in1": "2in1",
    "3in1": "3in1",
    "4in1": "4in1",
    "fanedit": "FanEdit",
    "and": "and",
}
"""Words of an edition that are not written with one capital at their start."""

APOSTROPHES = {"directors": "Director's", "collectors": "Collector's", "producers": "Producer's"}
"""Words of an edition that are written with an apostrophe before "Cut" or "Edition"."""

COLLECTION_WORDS = words(
    "collection collections trilogy tetralogy quadrilogy pentalogy hexalogy anthology duology "
    "saga boxset filmography quadrilogie trilogie collezione coleccion kolekcja trilogia "
    "antologia movies films series franchise complete"
)
"""In a folder's name they say that the folder holds several films."""
