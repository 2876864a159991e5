"""Words by which people number seasons and episodes, in the languages of file names."""

from app.naming.service.wordlist import words

SEASON_WORDS = words(
    "season seasons saison saisons temporada temporadas staffel staffeln stagione stagioni "
    "sezon sezony sezonu seizoen säsong sasong sæson saeson sesong kausi évad evad sezona sezóna "
    "řada sezonul κύκλος сезон сезона сезоны сезони hooaeg עונה فصل seasson "
    "sez seson シーズン 시즌 الموسم"
)
"""Before or after the number of a season, and never anything else."""

DOUBTFUL_SEASON_WORDS = words(
    "series serie série serien book livre buch libro volume vol seria se sn temp tem тв"
)
"""Words of titles, too: they number a season in a folder of their own or before an episode."""

EPISODE_WORDS = words(
    "episode episodes ep eps epi épisode épisodes episodio episodios episódio episódios episodi "
    "folge folgen capitulo capítulo capitulos capítulos cap aflevering afleveringen afl avsnitt "
    "avs afsnit odcinek odcinki odc эпизод эпизоды серия серии серий выпуск эп серія серії серій "
    "епізод епізоди епизод епизода capítol ตอน פרק حلقة قسمت bölüm bolum rész "
    "resz díl jakso epizoda epizóda epizod episod episodul seriya serya seriia ser сер blm "
    "エピソード 에피소드 επεισόδιο الحلقة"
)
"""Before or after the number of an episode."""

PACKING_WORDS = words("cap capitulo capítulo capitulos capítulos")
"""Spanish releases write season and episode as one number behind these: "Cap.102"."""

SEASON_SIGNS = frozenset("st")
EPISODE_SIGNS = words("e ep eps xe")
CROSS = frozenset("xх")
"""Signs that stand right before a number; "T" is the sign of a season in Spanish."""

AFTER_SEASON = words(
    "season saison temporada staffel stagione sezon seizoen säsong sasong sæson saeson sesong "
    "kausi évad evad sezona sezóna série řada сезон сезона сезоны sez シーズン 시즌 季 期 기"
)
AFTER_EPISODE = words(
    "серия серии серий сер эпизод эпизоды выпуск серія серії серій епізод seriya "
    "serya seriia seria ser blm folge bölüm bolum rész resz díl jakso "
    "aflevering avsnitt afsnit odcinek 話 话 集 回 화 회 부"
)
"""Words that follow their number; the English ones would count them: "3 episodes"."""

ORDINAL_ENDINGS = words("st nd rd th ª º a o e er ere ère eme ème η й я ый ой ая го")
SPECIAL_WORDS = words("ova ovas oad ona ncop nced sp special specials spécial especial oav op ed")
GLUED_SPECIALS = words("op ed")
"""Openings and endings of anime: "OP2"."""
SURE_SPECIALS = words("ova ovas oad ona ncop nced oav")
"""Never words of a series' title when they are written in capitals."""
PART_WORDS = words("part pt teil partie parte parts часть deel del osa chapter")
OF_WORDS = words("of von de iz из sur van av z din")
RANGE_WORDS = words("to bis til till à tot thru through до по al ao")
LIST_WORDS = words("and und y et og och en i e и")
LAST_WORDS = words("end fin final finale 完 終 终")
"""Glued to the number of the last episode."""
COMPLETE_WORDS = words(
    "complete completa completo complète integrale intégrale lintegrale complet komplett kompletny "
    "complt collection boxset 全集"
)
SERIES_WORDS = words("series season seasons saison temporada stagione staffel show collection")
