"""Language tags as files write them, brought to one form: BCP 47 with the shortest code."""

import re

# ISO 639-1 code, its 639-2 codes (terminological, bibliographic, withdrawn), English name.
_TABLE = """
aa aar Afar; ab abk Abkhazian; ae ave Avestan; af afr Afrikaans; ak aka Akan; am amh Amharic; an
arg Aragonese; ar ara Arabic; as asm Assamese; av ava Avaric; ay aym Aymara; az aze Azerbaijani;
ba bak Bashkir; be bel Belarusian; bg bul Bulgarian; bi bis Bislama; bm bam Bambara; bn ben
Bengali; bo bod,tib Tibetan; br bre Breton; bs bos Bosnian; ca cat Catalan; ce che Chechen; ch cha
Chamorro; co cos Corsican; cr cre Cree; cs ces,cze Czech; cu chu Church Slavic; cv chv Chuvash; cy
cym,wel Welsh; da dan Danish; de deu,ger German; dv div Divehi; dz dzo Dzongkha; ee ewe Ewe; el
ell,gre Greek; en eng English; eo epo Esperanto; es spa Spanish; et est Estonian; eu eus,baq
Basque; fa fas,per Persian; ff ful Fulah; fi fin Finnish; fj fij Fijian; fo fao Faroese; fr
fra,fre French; fy fry Western Frisian; ga gle Irish; gd gla Gaelic; gl glg Galician; gn grn
Guarani; gu guj Gujarati; gv glv Manx; ha hau Hausa; he heb Hebrew; hi hin Hindi; ho hmo Hiri
Motu; hr hrv,scr Croatian; ht hat Haitian; hu hun Hungarian; hy hye,arm Armenian; hz her Herero;
ia ina Interlingua; id ind Indonesian; ie ile Interlingue; ig ibo Igbo; ii iii Sichuan Yi; ik ipk
Inupiaq; io ido Ido; is isl,ice Icelandic; it ita Italian; iu iku Inuktitut; ja jpn Japanese; jv
jav Javanese; ka kat,geo Georgian; kg kon Kongo; ki kik Kikuyu; kj kua Kuanyama; kk kaz Kazakh; kl
kal Kalaallisut; km khm Khmer; kn kan Kannada; ko kor Korean; kr kau Kanuri; ks kas Kashmiri; ku
kur Kurdish; kv kom Komi; kw cor Cornish; ky kir Kyrgyz; la lat Latin; lb ltz Luxembourgish; lg
lug Ganda; li lim Limburgish; ln lin Lingala; lo lao Lao; lt lit Lithuanian; lu lub Luba-Katanga;
lv lav Latvian; mg mlg Malagasy; mh mah Marshallese; mi mri,mao Maori; mk mkd,mac Macedonian; ml
mal Malayalam; mn mon Mongolian; mr mar Marathi; ms msa,may Malay; mt mlt Maltese; my mya,bur
Burmese; na nau Nauru; nb nob Norwegian Bokmal; nd nde North Ndebele; ne nep Nepali; ng ndo
Ndonga; nl nld,dut Dutch; nn nno Norwegian Nynorsk; no nor Norwegian; nr nbl South Ndebele; nv nav
Navajo; ny nya Chichewa; oc oci Occitan; oj oji Ojibwa; om orm Oromo; or ori Oriya; os oss
Ossetian; pa pan Punjabi; pi pli Pali; pl pol Polish; ps pus Pashto; pt por Portuguese; qu que
Quechua; rm roh Romansh; rn run Rundi; ro ron,rum Romanian; ru rus Russian; rw kin Kinyarwanda; sa
san Sanskrit; sc srd Sardinian; sd snd Sindhi; se sme Northern Sami; sg sag Sango; si sin Sinhala;
sk slk,slo Slovak; sl slv Slovenian; sm smo Samoan; sn sna Shona; so som Somali; sq sqi,alb
Albanian; sr srp,scc Serbian; ss ssw Swati; st sot Southern Sotho; su sun Sundanese; sv swe
Swedish; sw swa Swahili; ta tam Tamil; te tel Telugu; tg tgk Tajik; th tha Thai; ti tir Tigrinya;
tk tuk Turkmen; tl tgl Tagalog; tn tsn Tswana; to ton Tonga; tr tur Turkish; ts tso Tsonga; tt tat
Tatar; tw twi Twi; ty tah Tahitian; ug uig Uyghur; uk ukr Ukrainian; ur urd Urdu; uz uzb Uzbek; ve
ven Venda; vi vie Vietnamese; vo vol Volapuk; wa wln Walloon; wo wol Wolof; xh xho Xhosa; yi yid
Yiddish; yo yor Yoruba; za zha Zhuang; zh zho,chi Chinese; zu zul Zulu
"""

# What release groups and subtitle sites write instead; "ee", "kr", "lat" are living languages.
_ALIASES = {
    "bokmal": "nb",
    "bokmål": "nb",
    "brazilian": "pt-BR",
    "brazilian portuguese": "pt-BR",
    "cantonese": "yue",
    "cmn": "zh",
    "castilian": "es-ES",
    "chinese simplified": "zh-Hans",
    "chinese traditional": "zh-Hant",
    "chs": "zh-Hans",
    "cht": "zh-Hant",
    "ee": "et",
    "farsi": "fa",
    "fil": "fil",
    "filipino": "fil",
    "flemish": "nl-BE",
    "gaelic": "gd",
    "kr": "ko",
    "lat": "lv",
    "latin american spanish": "es-419",
    "latino": "es-419",
    "mandarin": "zh",
    "norwegian bokmål": "nb",
    "pob": "pt-BR",
    "pb": "pt-BR",
    "scc": "sr",
    "scr": "hr",
    "simplified chinese": "zh-Hans",
    "slovene": "sl",
    "spanish latin america": "es-419",
    "traditional chinese": "zh-Hant",
    "yue": "yue",
    "zhs": "zh-Hans",
    "zht": "zh-Hant",
}

# Withdrawn codes; as words of a file name they would be English ones.
_WITHDRAWN = {"in": "id", "iw": "he", "ji": "yi"}

# No language, or none that a viewer could choose by.
_NOTHING = frozenset({"und", "unk", "mis", "mul", "zxx", "qaa", "xxx", "unknown", "undetermined"})

_CORE = (
    r"(?P<language>[a-z]{2,3})"
    r"(?:[-_](?P<script>[a-z]{4}))?"
    r"(?:[-_](?P<region>[a-z]{2}|[0-9]{3}))?"
)
_STRICT_TAG = re.compile(_CORE, re.IGNORECASE | re.ASCII)
_TAG = re.compile(_CORE + r"(?:[-_][a-z0-9-]{0,20})?", re.IGNORECASE | re.ASCII)


def _tables() -> tuple[dict[str, str], dict[str, str]]:
    codes: dict[str, str] = {}
    names: dict[str, str] = {}
    for entry in " ".join(_TABLE.split()).split("; "):
        short, longs, name = entry.split(" ", 2)
        codes[short] = short
        codes.update(dict.fromkeys(longs.split(","), short))
        names[name.lower()] = short
    return codes, names


_CODES, _NAMES = _tables()
_TAGS = _CODES | _WITHDRAWN


def normal_language(tag: str | None) -> str | None:
    """The BCP 47 form of a tag from a container: "ger" is "de", "pt_br" is "pt-BR", "und" is None.

    A three-letter code without a two-letter one stays ("yue"); what is no tag at all is None.
    """
    match = _TAG.fullmatch(tag.strip()) if tag and len(tag) <= 40 else None
    if match is None:
        return None
    language = match["language"].lower()
    if language in _NOTHING or "qaa" <= language <= "qtz":
        return None
    base = _TAGS.get(language) or _ALIASES.get(language, language)
    script, region = match["script"], match["region"]
    parts = [base, script.title() if script else "", region.upper() if region else ""]
    return "-".join(part for part in parts if part)


def known_language(tag: str) -> bool:
    """Whether there may be such a language: every code of two letters is known, and of those with
    three, files and people use many more.
    """
    language = tag.partition("-")[0]
    return len(language) != 2 or language in _CODES


def language_of_word(word: str) -> str | None:
    """The language that a word of a file name stands for: a known code with or without script and
    region, or an English name ("German", "Brazilian Portuguese"). None for any other word: unlike
    `normal_language` it never believes an unknown code, most short words are no languages.
    """
    lowered = re.sub(r"[\s_-]+", " ", word).strip().lower()
    known = _NAMES.get(lowered) or _ALIASES.get(lowered)
    if known:
        return known
    head, _, region = lowered.partition(" ")
    if head in _NAMES and re.fullmatch(r"[a-z]{2}|419", region):
        return f"{_NAMES[head]}-{region.upper()}"
    match = _STRICT_TAG.fullmatch(word)
    if match is None or match["language"].lower() not in _CODES:
        return None
    return normal_language(word)
