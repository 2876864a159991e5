"""A library of small invented films for trying the server out and for tests: real, playable files,
named and laid out as real libraries are. About nine films, a few megabytes, a few seconds to make.
"""

from pathlib import Path

from av.stream import Disposition

from app.media.service.synthesis import Caption, Film, Sound, write_film

_ENGLISH = Sound(
    codec="aac", language="eng", title="English stereo", disposition=Disposition.default
)
_GERMAN = Sound(codec="ac3", language="ger", title="Deutsch 5.1", layout="5.1", pitch=196)
_FRENCH = Sound(codec="libopus", language="fre", title="Français", pitch=247)
_COMMENTARY = Sound(
    codec="libopus",
    language="eng",
    title="Director's commentary",
    pitch=165,
    disposition=Disposition.comment,
)
_CAPTIONS = (
    Caption(
        language="eng",
        title="English",
        lines=("The tide is late tonight.", "It always waits for you.", "Then let it wait."),
        disposition=Disposition.default,
    ),
    Caption(
        language="ger",
        title="Deutsch (erzwungen)",
        lines=("HAFENAMT", "KEIN ZUTRITT"),
        disposition=Disposition.forced,
    ),
    Caption(
        language="por",
        title="Português (SDH)",
        lines=("[buzina ao longe]", "A maré está atrasada."),
        disposition=Disposition.hearing_impaired,
    ),
)
_HARBOUR_TAGS = {
    "title": "Big Harbour",
    "DATE_RELEASED": "2019-03-14",
    "GENRE": "Drama, Mystery",
    "DIRECTOR": "Mara Lindqvist",
    "SYNOPSIS": "A harbour pilot finds a ship that nobody has ordered.",
    "IMDB": "tt9900001",
    "TMDB": "movie/990001",
}
_DUSK = ("0x2b1b3d", "0x8e4162", "0xf2a65a")
_FOREST = ("0x0b2b26", "0x3c7a57", "0xd8f3dc")

FILMS = (
    Film(
        path="Big Harbour (2019)/Big Harbour (2019) - 1080p.mkv",
        width=1920,
        height=1080,
        seconds=3,
        sounds=(_ENGLISH, _GERMAN),
        captions=_CAPTIONS,
        chapters=("Low tide", "The pilot", "High tide"),
        tags=_HARBOUR_TAGS,
        cover=True,
    ),
    Film(
        path="Big Harbour (2019)/Big Harbour (2019) - 720p.mkv",
        width=1280,
        height=534,
        sounds=(_ENGLISH,),
        tags={"title": "Big Harbour", "DATE_RELEASED": "2019"},
    ),
    Film(
        path="Big Harbour (2019)/Big Harbour (2019)-trailer.mp4",
        seconds=2,
        sounds=(_ENGLISH,),
    ),
    Film(
        path="The Glass Orchard (2021)/The Glass Orchard (2021).mkv",
        codec="libx265",
        colours=_FOREST,
        sounds=(_FRENCH, _COMMENTARY),
        chapters=("Spring", "Autumn"),
    ),
    Film(
        path="The Glass Orchard (2021)/The Glass Orchard (2021) {edition-Extended}.mkv",
        seconds=6,
        codec="libx265",
        colours=_FOREST,
        sounds=(_FRENCH,),
        chapters=("Spring", "Summer", "Autumn"),
    ),
    Film(
        path="Two Rivers (1998)/Two Rivers (1998) cd1.mkv",
        width=640,
        height=480,
        colours=_DUSK,
        sounds=(_ENGLISH,),
    ),
    Film(
        path="Two Rivers (1998)/Two Rivers (1998) cd2.mkv",
        width=640,
        height=480,
        seconds=5,
        colours=_DUSK,
        sounds=(_ENGLISH,),
    ),
    Film(
        path="Northern Lantern (2023)/Northern Lantern (2023) [HDR10].mkv",
        width=640,
        height=360,
        seconds=2,
        codec="libx265",
        hdr=True,
        colours=_DUSK,
        sounds=(_GERMAN,),
    ),
    Film(
        path="Paper Kites (2016) {tmdb-990005}/Paper Kites (2016).mp4",
        width=640,
        height=360,
        seconds=5,
        sounds=(_ENGLISH, Sound(codec="ac3", language="spa", title="Español", layout="5.1")),
        captions=_CAPTIONS[:1],
        chapters=("Wind", "String"),
        tags={"title": "Paper Kites", "date": "2016", "genre": "Family"},
    ),
    Film(
        path="Paper Kites (2016) {tmdb-990005}/Sample/paper-kites-sample.mkv",
        seconds=2,
    ),
)

TEXTS = {
    "Big Harbour (2019)/Big Harbour (2019) - 1080p.fr.srt": (
        "1\n00:00:00,200 --> 00:00:01,400\nLa marée est en retard ce soir.\n\n"
        "2\n00:00:01,500 --> 00:00:02,800\nElle t'attend toujours.\n"
    ),
    "Big Harbour (2019)/Big Harbour (2019) - 1080p.en.sdh.srt": (
        "1\n00:00:00,000 --> 00:00:01,000\n[foghorn]\n\n"
        "2\n00:00:01,200 --> 00:00:02,800\nThe tide is late tonight.\n"
    ),
    "Two Rivers (1998)/Two Rivers (1998) cd1.eng.forced.srt": (
        "1\n00:00:00,500 --> 00:00:02,000\nNorth bank, 1952\n"
    ),
    "Big Harbour (2019)/movie.nfo": """\
<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<movie>
  <title>Big Harbour</title>
  <originaltitle>Stora hamnen</originaltitle>
  <sorttitle>Big Harbour</sorttitle>
  <ratings>
    <rating name="imdb" max="10" default="true"><value>7.4</value><votes>18211</votes></rating>
    <rating name="themoviedb" max="10"><value>7.1</value><votes>934</votes></rating>
  </ratings>
  <outline>A harbour pilot and a ship that nobody has ordered.</outline>
  <plot>When a freighter without a crew drifts into Big Harbour, its last pilot must decide \
who may know about the cargo before the tide turns.</plot>
  <tagline>Every ship is somebody's.</tagline>
  <runtime>104</runtime>
  <mpaa>Rated PG-13</mpaa>
  <uniqueid type="tmdb" default="true">990001</uniqueid>
  <uniqueid type="imdb">tt9900001</uniqueid>
  <genre>Drama</genre>
  <genre>Mystery</genre>
  <tag>harbour</tag>
  <set><name>Harbour Collection</name><overview>Films of the grey coast.</overview></set>
  <country>Sweden</country>
  <credits>Jonas Ek</credits>
  <director>Mara Lindqvist</director>
  <premiered>2019-03-14</premiered>
  <year>2019</year>
  <studio>Grey Coast Pictures</studio>
  <actor><name>Ida Sandell</name><role>Pilot Hanna Berg</role><order>0</order></actor>
  <actor><name>Tomas Rask</name><role>Harbour Master</role><order>1</order></actor>
  <actor><name>Lena Orlova</name><role>The Stowaway</role><order>2</order></actor>
</movie>
""",
}


def write_samples(folder: Path) -> list[Path]:
    """Make the sample library below `folder` and answer all its files; what exists is left alone.

    Takes a few seconds of both cores: call it in a thread. Raises OSError when the folder cannot be
    written.
    """
    written = [write_film(film, folder) for film in FILMS]
    for name, text in TEXTS.items():
        target = folder / name
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        written.append(target)
    return written
