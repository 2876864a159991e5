"""Words of other languages that titles are made of: nouns, and what follows them."""

from typing import Final

from msgspec import Struct


class Language(Struct, frozen=True):
    """How titles are made in a language: `alone` stands alone, `after` follows, `plain` are bare
    nouns, which `joint` puts together.
    """

    tag: str
    alone: tuple[str, ...]
    after: tuple[str, ...]
    plain: tuple[str, ...]
    joint: str


def _words(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.replace("\n", " ").split(",") if part.strip())


FRENCH: Final = Language(
    "fr",
    _words("""L'été, La forêt, Le château, La fenêtre, L'étranger, Le père, La mère, Les frères,
La fête, Le rêve, L'île, La plage, Le cœur, La sœur, Le pêcheur, L'hôtel, Le théâtre, La reine,
Le garçon, La leçon, Le témoin, L'héritage, La vérité, Le soleil, La nuit, Le jardin, La rivière,
L'école, Le mystère, La colère, Les misères, L'éclipse, Le métro, La bohème, Le bûcher, La crème,
Le désert, L'âme, Les âges, La comète, Le génie, L'épée, La forteresse, Le fantôme, La prière"""),
    _words("""de la forêt, du père, de l'été, sans fenêtre, à Genève, du château, des frères,
brisé, de la liberté, oublié, en colère, de février, au théâtre, à l'aube, de l'étoile,
du désert, perdu, après la fête, de décembre, dans la forêt, d'Hélène, de François, sous la lune,
à la dérive"""),
    _words("""été, rêve, poussière, lumière, liberté, fièvre, café, mémoire, école, forêt,
colère, éternité, secret, danger, silence, désir, orage, tempête, vérité, beauté, pureté"""),
    " et ",
)
GERMAN: Final = Language(
    "de",
    _words("""Der König, Die Tür, Das Mädchen, Die Brücke, Der Jäger, Die Wüste, Das Gespräch,
Der Schlüssel, Die Königin, Der Bär, Die Bücher, Der Räuber, Die Glücksritter, Das Schloß,
Der Käfig, Die Müllerin, Der Träumer, Das Geständnis, Die Nächte, Der Flüchtling, Die Söhne,
Die Töchter, Der Wächter, Das Gefängnis, Die Hölle, Der Krieg, Das Wunder, Die Stille, Der Löwe,
Der Fluß, Die Höhle, Das Rätsel, Der Bürger, Der Ärger, Die Ärztin, Das Öl, Der Geist, Der Wald"""),
    _words("""im Frühling, der Könige, aus München, von Köln, ohne Rückkehr, im Nebel,
der Träume, am Abgrund, für immer, auf der Flucht, über dem Fluß, unter Brüdern, des Jägers,
zurück, der Stille, in Österreich, vor der Tür, der Wüste, im März, ohne Gefühl, der Mörder,
für Anfänger"""),
    _words("""schatten, könig, brücken, wasser, feuer, nebel, winter, sommer, blut, stein,
himmel, höllen, traum, mond, sturm, silber, räuber, wüsten, nacht, licht, wächter, mühlen,
türmer, spiegel, glück, mörder, frühling, schnee, vogel, stimmen, grenz, gäste, bücher,
schlüssel, garten"""),
    "",
)
SPANISH: Final = Language(
    "es",
    _words("""El corazón, La canción, El último día, La montaña, El niño, La señora, El león,
El sueño, La mañana, El otoño, La ilusión, El ladrón, La pasión, El camión, La estación, El país,
La búsqueda, El capitán, La religión, El balcón, Los años, La cabaña, El público, El árbol,
La araña, El océano, El ángel, La máquina, La pólvora, El príncipe, El jardín, La tentación,
El huracán, La traición"""),
    _words("""de la montaña, del corazón, sin razón, de España, perdido, en otoño, de los niños,
sin compasión, del león, de la música, de papel, en Málaga, del océano, del señor, de María,
mañana, de los sueños, en tu corazón, del fin, de José, de la mañana"""),
    _words("""pasión, corazón, sombra, traición, sueño, otoño, música, prisión, perdón, muñeca,
cariño, ilusión, acción, razón, país, niñez, rencor, dolor, adiós, compañía"""),
    " y ",
)
ITALIAN: Final = Language(
    "it",
    _words("""La città, L'età, La libertà, Il papà, La verità, L'università, Il caffè,
La società, La felicità, La virtù, Il lunedì, La gioventù, Il ragazzo, La strada, Il ladro,
La notte, Il fiume, L'ombra, La ragazza, Il viaggio, Il cielo, La guerra, Il segreto, La pietà,
La crudeltà, Il re, Il perché, La metà, La nobiltà, Il giardino, L'onestà, La povertà"""),
    _words("""di notte, della città, senza pietà, di Forlì, perduto, della libertà, in libertà,
del lunedì, della felicità, così lontano, della gioventù, di papà, senza età, più bella, del re,
della verità, in città, perché no, laggiù"""),
    _words("""libertà, verità, pietà, città, virtù, amore, ombra, notte, sangue, felicità,
povertà, onestà, gioventù, crudeltà, bontà, età, metà, nobiltà"""),
    " e ",
)
RUSSIAN: Final = Language(
    "ru",
    _words("""Белый снег, Тихий берег, Чёрный лес, Последний поезд, Старый дом, Зелёный остров,
Дорога, Ночной гость, Солнце, Пароход, Красная площадь, Золотой ключ, Возвращение, Учитель,
Зимний вечер, Осенний марафон, Дальний путь, Командир, Невеста, Зеркало, Летчик, Весна, Письмо,
Мост, Север, Колокол, Степь, Ветер, Тень, Брат, Сестра, Охотник, Капитан, Гроза, Ёлка,
Путешествие"""),
    _words("""в Москве, без возврата, на Волге, у моря, для двоих, над рекой, из прошлого,
в тумане, за горизонтом, под дождём, на рассвете, до утра, и собака, со звездой, без имени,
на войне, по снегу, в ноябре, и тишина, на Байкале"""),
    _words("""снег, берег, лес, поезд, дом, остров, дорога, гость, солнце, ключ, путь, вечер,
мост, север, ветер, тень, брат, гроза, море, звезда, огонь, туман, свет, зима, память, война"""),
    " и ",
)
JAPANESE: Final = Language(
    "ja",
    _words("""東京物語, 夜の港, 雪の女王, 海辺の町, 七人の旅人, 影法師, 風の谷間, 花嫁, 隠し砦,
銀河列車, 千の夏, 魔法使い, 赤い橋, 蛍の里, 秋日和, サムライの道, ロボット少年, 生き残り, 砂の器,
時計塔, 狐の嫁入り, 波の音, 約束の地, 山の郵便, 幽霊船, 天空の島, 忘れ雪, 探偵物語"""),
    _words("""の秘密, の夜明け, の伝説, の夏, 完結編, の花, と少女, の冒険, 劇場版, の朝, の手紙,
 の歌, の約束, 戦記, の扉, の影, の記憶"""),
    _words("""夜, 雪, 海, 影, 風, 花, 銀河, 夏, 魔法, 橋, 蛍, 秋, 道, 砂, 時計, 狐, 波, 山, 幽霊,
空, 月, 星, 森, 川, 猫, 犬, 鳥, 鬼, 刀, 桜, 東京, 京都, 大阪, 学校, 電車, ホテル, ピアノ, カメラ,
少女, 少年, 母, 父"""),
    "の",
)
CHINESE: Final = Language(
    "zh",
    _words("""卧龙山庄, 大红花轿, 夜上海滩, 少林风云, 江湖往事, 北京故事, 长江之恋, 月光宝刀,
龙门客人, 香港夜雨, 青蛇传奇, 黄土情, 红河谷地, 天下英雄, 冬春的信, 重庆列车, 白马将军, 黑雨衣"""),
    _words(
        """之恋, 传奇, 往事, 归来, 风云, 前传, 之谜, 的秘密, 大战, 故事, 的春天, 之夜, 的眼睛,
续集"""
    ),
    _words("""龙, 江湖, 月光, 北京, 上海, 香港, 英雄, 将军, 青蛇, 白马, 红花, 黑夜, 春天, 长江,
少林, 客人, 列车, 宝刀, 天下, 大地, 雨, 雪山, 剑, 虎, 凤凰, 皇帝, 母亲, 城市, 边城, 海角"""),
    "与",
)
KOREAN: Final = Language(
    "ko",
    _words("""올드타운, 기생벌레, 살인의 기억, 부산역, 봄날의 집, 괴물의 밤, 엽기적인 그들,
친절한 이웃, 태극기, 하얀 정원, 아름다운 시절, 비밀의 화원, 서울의 달, 마지막 편지, 붉은 강,
설국의 열차"""),
    _words(
        """의 비밀, 의 귀환, 이야기, 의 여름, 대작전, 의 눈물, 의 노래, 의 그림자, 의 하루,
의 전설"""
    ),
    _words("""봄, 여름, 가을, 겨울, 서울, 부산, 기억, 괴물, 이웃, 편지, 강, 바다, 열차, 달, 별,
집, 시절, 친구, 아들, 어머니, 아버지, 형제, 바람, 구름, 도시, 학교, 사랑, 전쟁, 노래, 그림자,
눈물, 약속"""),
    "와 ",
)
LANGUAGES: Final = (
    FRENCH, GERMAN, SPANISH, ITALIAN, RUSSIAN, JAPANESE, CHINESE, KOREAN,
)  # fmt: skip
