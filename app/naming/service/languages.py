"""Words of releases for languages: BCP 47 tag -> (codes, names in English and natively).

All the tags are in `app.core.languages`; here is what may be trusted beside the words of a title.
"""

from app.naming.service.wordlist import words

LANGUAGES: dict[str, tuple[str, str]] = {
    "en": (
        "en eng ing",
        "english ingles inglés inglês anglais englisch inglese angol engelsk engels английский",
    ),
    "fr": (
        "fr fra fre",
        "french français francais frances francés francês francese truefrench французский",
    ),
    "es": ("es esp spa", "spanish español espanol castellano espagnol spagnolo spanisch испанский"),
    "es-419": ("", "latino latam"),
    "de": ("de ger deu", "german deutsch swissgerman alemán aleman allemand tedesco немецкий"),
    "it": ("it ita", "italian italiano italien italienisch итальянский"),
    "da": ("dk dan", "danish dansk"),
    "nl": ("nl dut nld", "dutch nederlands"),
    "nl-BE": ("", "flemish vlaams"),
    "ja": (
        "ja jp jpn jap",
        "japanese japonés japones japonês japonais giapponese japanisch японский 日本語 日语 日語",
    ),
    "is": ("isl ice", "icelandic"),
    "zh": ("zh cn chi zho chn", "chinese mandarin 国语 國語 中字 国配 简繁外挂"),
    "zh-Hans": ("", "chs 简中"),
    "zh-Hant": ("", "cht big5 繁中 繁体"),
    "yue": ("", "cantonese 粤语 粵語"),
    "ru": ("ru rus рус", "russian русский russisch russo ruso russe"),
    "ro": ("ro rum ron", "romanian"),
    "hi": ("hin", "hindi"),
    "th": ("tha", "thai"),
    "bg": ("bg bul", "bulgarian bgaudio"),
    "pt-BR": ("", "brazilian dublado dublada"),
    "pt": ("pt por", "portuguese português portugues"),
    "pl": ("pl pol", "polish polski lektor"),
    "vi": ("vn vie", "vietnamese"),
    "sv": ("sv swe", "swedish svensk"),
    "no": ("nor", "norwegian norsk"),
    "fi": ("fi fin", "finnish suomi"),
    "tr": ("tr tur", "turkish türkçe turkce"),
    "el": ("gr gre ell", "greek"),
    "ko": ("ko kr kor", "korean coreano coréen coreen koreanisch корейский 한국어"),
    "hu": ("hu hun", "hungarian magyar magyarul"),
    "he": ("heb", "hebrew"),
    "lt": ("lt lit", "lithuanian"),
    "cs": ("cz cs cze ces", "czech český cesky česky čeština"),
    "ar": ("ar ara", "arabic"),
    "uk": ("ua ukr укр", "ukrainian український українська українською украинский"),
    "fa": ("fas", "persian farsi"),
    "bn": ("ben", "bengali bangla"),
    "te": ("tel", "telugu"),
    "ta": ("tam", "tamil"),
    "ml": ("mal", "malayalam"),
    "kn": ("kan", "kannada"),
    "mr": ("mar", "marathi"),
    "pa": ("", "punjabi"),
    "gu": ("", "gujarati"),
    "ur": ("urd", "urdu"),
    "tl": ("tgl", "tagalog"),
    "fil": ("", "filipino"),
    "sk": ("sk slo slk", "slovak slovensky slovenčina"),
    "lv": ("lv lav lat", "latvian"),
    "et": ("ee est", "estonian"),
    "ca": ("cat", "catalan catalán català catala"),
    "gl": ("glg", "galician"),
    "eu": ("eus", "basque"),
    "hr": ("hrv", "croatian"),
    "sr": ("srp", "serbian"),
    "sl": ("slv", "slovenian"),
    "mk": ("", "macedonian"),
    "bs": ("", "bosnian"),
    "sq": ("alb sqi", "albanian"),
    "af": ("", "afrikaans"),
    "rm": ("", "romansh rumantsch romansch"),
    "mn": ("", "mongolian khalkha"),
    "ka": ("ka geo kat", "georgian"),
    "hy": ("", "armenian"),
    "az": ("", "azerbaijani azerbaijan"),
    "uz": ("", "uzbek uzbekistan"),
    "kk": ("", "kazakh"),
    "id": ("", "indonesian"),
    "ms": ("", "malay"),
    "ga": ("", "gaeilge"),
    "la": ("", "latin"),
    "yi": ("", "yiddish"),
}

AUDIO_PHRASES: dict[str, str] = {
    "multi": (
        "?multi|?multi audio|multiaudio|multi audios|?vo|?mehrsprachig|?multi2|?multi3|?multi4"
        "|?multi5|?multi6|?multilang|multi lang|multi language"
    ),
    "dual": (
        "?dual|dual audio|dual áudio|dualaudio|tri audio|?triple audio|?dl|?dual dl|?quad audio"
        "|?dual dvdrip"
    ),
    "ml": "?ml",
    "original": "?original|?orig|?original audio|?ov",
    "dub": (
        "?dub|?dubbed|?dubbing|?dubs|?fandub|?fan dub|?audio|?aud|?auds|mvo|dvo|avo|?vo2|?doblado"
        "|?ddub|?lektor ai|?lek|?synchro|?dublaj|?dabing|?szinkron|?szinkronos|?doppiato"
        "|?synchronisiert|?dublat|?озвучка|?дубляж|?дублированный|?дб|?吹替|?吹き替え|?더빙|?配音|?doublage|?áudio"
    ),
    "fr": "vf2|vff|vfq|?vf|vfi|vof",
    "fr-sub": "vostfr|subfrench|sub french|?stfr",
    "en-sub": "?vosta|vosten|vosteng",
    "es-sub": "?vose",
    "it-sub": "?vosi",
    "id-sub": "?sub indo|subindo",
    "vi-sub": "?viet sub|vietsub",
    "zh-sub": "?中文字幕|?简体|?繁體",
    "bg": "bg audio",
    "pt-BR": "?pt br|ptbr|?dublado br",
    "pl": "pldub|dubpl|pl dub|dub pl|pllek|lekpl|pl lek|lek pl|lektor pl|lektorpl|dubbing pl",
    "pl-sub": "plsub|subpl|pl sub|sub pl|napisy pl|napisypl|plsubbed",
}
"""How the sound was made, and words that name a language together with sound or subtitles."""

AFFIXES: tuple[tuple[str, bool], ...] = (
    ("subbed", True),
    ("subs", True),
    ("sub", True),
    ("dubbed", False),
    ("dub", False),
    ("audio", False),
)
"""What is glued before or after a language ("RoSubbed", "HebDubbed"): (affix, names subtitles)."""

AFFIX_CODES = {"ro": "ro", "nl": "nl", "bg": "bg", "pl": "pl", "en": "en", "ru": "ru", "kor": "ko"}
"""Short codes that are trusted only when an affix is glued to them."""

ARTICLES: dict[str, frozenset[str]] = {
    "en": frozenset({"the", "a", "an"}),
    "de": words("der die das ein eine dem den"),
    "fr": words("le la les l un une"),
    "es": words("el la los las un una"),
    "it": words("il lo la i gli le l un una uno"),
    "pt": words("o a os as um uma"),
    "nl": frozenset({"de", "het", "een"}),
    "sv": frozenset({"en", "ett", "den", "det"}),
    "da": frozenset({"en", "et", "den", "det"}),
    "no": frozenset({"en", "et", "ei", "den", "det"}),
    "ro": frozenset({"un", "o"}),
    "ca": words("el la els les l un una"),
    "hu": frozenset({"a", "az", "egy"}),
}
"""Leading articles by language, without their apostrophe."""
