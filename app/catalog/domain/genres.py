"""Genres as they are called in some languages, each under one slug, whoever names it how."""

from collections.abc import Mapping
from typing import Final

from app.catalog.domain.names import slug

LANGUAGES: Final = ("en", "de", "fr", "es", "it", "pt", "nl", "pl", "sv", "ru", "ja")
_NAMES: Final[Mapping[str, str]] = {
    "action": "Action|Action|Action|Acción|Azione|Ação|Actie|Akcja|Action|Боевик|アクション",
    "adventure": "Adventure|Abenteuer|Aventure|Aventura|Avventura|Aventura|Avontuur|Przygodowy|"
    "Äventyr|Приключения|アドベンチャー",
    "animation": "Animation|Animation|Animation|Animación|Animazione|Animação|Animatie|Animacja|"
    "Animerat|Мультфильм|アニメーション",
    "biography": "Biography|Biografie|Biographie|Biografía|Biografico|Biografia|Biografie|"
    "Biograficzny|Biografi|Биография|伝記",
    "comedy": "Comedy|Komödie|Comédie|Comedia|Commedia|Comédia|Komedie|Komedia|Komedi|Комедия|"
    "コメディ",
    "crime": "Crime|Krimi|Crime|Crimen|Crimine|Crime|Misdaad|Kryminał|Kriminal|Криминал|犯罪",
    "documentary": "Documentary|Dokumentarfilm|Documentaire|Documental|Documentario|Documentário|"
    "Documentaire|Dokumentalny|Dokumentär|Документальный|ドキュメンタリー",
    "drama": "Drama|Drama|Drame|Drama|Dramma|Drama|Drama|Dramat|Drama|Драма|ドラマ",
    "family": "Family|Familie|Familial|Familia|Famiglia|Família|Familie|Familijny|Familj|Семейный|"
    "ファミリー",
    "fantasy": "Fantasy|Fantasy|Fantastique|Fantasía|Fantasy|Fantasia|Fantasie|Fantasy|Fantasy|"
    "Фэнтези|ファンタジー",
    "film-noir": "Film Noir|Film noir|Film noir|Cine negro|Noir|Film noir|Film noir|Film noir|"
    "Film noir|Нуар|フィルム・ノワール",
    "history": "History|Historie|Histoire|Historia|Storia|História|Geschiedenis|Historyczny|"
    "Historisk|История|履歴",
    "horror": "Horror|Horror|Horreur|Terror|Horror|Terror|Horror|Horror|Skräck|Ужасы|ホラー",
    "kids": "Kids|Kinder|Enfants|Infantil|Bambini|Infantil|Kinderen|Dla dzieci|Barn|Детский|キッズ",
    "music": "Music|Musik|Musique|Música|Musica|Música|Muziek|Muzyczny|Musik|Музыка|音楽",
    "mystery": "Mystery|Mystery|Mystère|Misterio|Mistero|Mistério|Mysterie|Tajemnica|Mysterium|"
    "Детектив|謎",
    "news": "News|Nachrichten|Actualités|Noticias|Notizie|Notícias|Nieuws|Wiadomości|Nyheter|"
    "Новости|ニュース",
    "reality": "Reality|Reality|Téléréalité|Telerrealidad|Reality|Reality|Reality|Reality|"
    "Dokusåpa|Реалити-шоу|リアリティ",
    "romance": "Romance|Liebesfilm|Romance|Romance|Romantico|Romance|Romantiek|Romans|Romantik|"
    "Мелодрама|ロマンス",
    "science-fiction": "Science Fiction|Science-Fiction|Science-Fiction|Ciencia ficción|"
    "Fantascienza|Ficção científica|Sciencefiction|Science fiction|Sci-Fi|Фантастика|"
    "サイエンスフィクション",
    "soap": "Soap|Seifenoper|Feuilleton|Telenovela|Soap opera|Novela|Soap|Telenowela|Såpopera|"
    "Мыльная опера|昼ドラ",
    "sport": "Sport|Sport|Sport|Deporte|Sport|Esporte|Sport|Sportowy|Sport|Спорт|スポーツ",
    "talk": "Talk|Talkshow|Talk-show|Programa de entrevistas|Talk show|Talk show|Talkshow|"
    "Talk-show|Pratshow|Ток-шоу|トーク",
    "thriller": "Thriller|Thriller|Thriller|Suspense|Thriller|Thriller|Thriller|Thriller|Thriller|"
    "Триллер|スリラー",
    "tv-movie": "TV Movie|Fernsehfilm|Téléfilm|Película de TV|Film TV|Cinema TV|Tv-film|"
    "Film telewizyjny|TV-film|Телефильм|テレビ映画",
    "war": "War|Krieg|Guerre|Guerra|Guerra|Guerra|Oorlog|Wojenny|Krig|Военный|戦争",
    "western": "Western|Western|Western|Western|Western|Faroeste|Western|Western|Western|Вестерн|"
    "西洋",
}
_ALSO: Final = {
    "sci-fi": "science-fiction", "scifi": "science-fiction", "sf": "science-fiction",
    "sports": "sport", "animated": "animation", "cartoon": "animation", "children": "kids",
    "children-s": "kids", "historical": "history", "musical": "music", "noir": "film-noir",
    "documentaries": "documentary", "docu": "documentary", "biopic": "biography",
    "talk-show": "talk", "reality-tv": "reality", "romantic": "romance", "suspense": "thriller",
    "soap-opera": "soap", "television-movie": "tv-movie", "telefilm": "tv-movie",
}  # fmt: skip
GENRES: Final[Mapping[str, Mapping[str, str]]] = {
    key: dict(zip(LANGUAGES, names.split("|"), strict=True)) for key, names in _NAMES.items()
}
"""Names by language, by slug."""
# English before the others: "Crime" is French as well, "Suspense" Spanish for a thriller.
_SLUGS: Final = {
    slug(named[language]): key for language in reversed(LANGUAGES) for key, named in GENRES.items()
}


def genre_slug(name: str) -> str:
    """The slug of a genre by any of its names: "Sci-Fi" and "Ciencia ficción" are one."""
    plain = slug(name)
    return _ALSO.get(plain) or _SLUGS.get(plain) or plain
