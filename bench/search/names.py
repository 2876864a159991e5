"""People of several cultures: a number gives a name, and no two the same one."""

from typing import Final

from msgspec import Struct


class Culture(Struct, frozen=True):
    """First and last names that go together."""

    firsts: tuple[str, ...]
    lasts: tuple[str, ...]
    surname_first: bool = False

    @property
    def size(self) -> int:
        return len(self.firsts) * len(self.lasts)

    def name(self, number: int) -> str:
        """The name of this number, below `size`."""
        last, first = divmod(number * STRIDE % self.size, len(self.firsts))
        pair = (self.firsts[first], self.lasts[last])
        return " ".join(pair[::-1] if self.surname_first else pair)


STRIDE: Final = 15_485_863  # a prime that divides no size: neighbours have nothing in common


def _culture(firsts: str, lasts: str, **how: bool) -> Culture:
    return Culture(tuple(firsts.split()), tuple(lasts.split()), **how)


_HEADS: Final = """Ash Black Brad Brook Burn Cal Carl Clif Col Crom Dal Dun East Ed Elm Fair
Farn Graf Gren Had Hamp Hart Hath Hol Hunt Kel Kings Lang Law Lin Long Mar Mel Mil Mor Nor Oak
Old Pem Pres Rad Red Rock Ros Rush Sel Shel Stan Staf Stock Sut Thorn Tun Wal War Wes Whit Win
Wood Wyn
"""
_TAILS: Final = """ford ton ley well bury wick worth field brook man ham stead land more den
combe shaw by gate bridge"""
_ENGLISH: Final = _culture(
    """Aaron Abigail Adam Agnes Alan Albert Alice Amanda Amelia Amy Andrew Angela Anna Anthony
Arthur Audrey Barbara Beatrice Benjamin Bernard Beth Brian Bridget Calvin Carol Catherine
Charles Charlotte Chloe Christine Clara Claire Colin Connor Craig Cynthia Daniel David Deborah
Dennis Diana Donald Doris Dorothy Douglas Edith Edward Eleanor Elizabeth Ella Emily Emma Eric
Ethan Eva Evelyn Fiona Florence Frances Francis Frank Fred Gareth Gary George Gerald Gillian
Gloria Gordon Grace Graham Hannah Harold Harriet Harry Hazel Heather Helen Henry Howard Hugh Ian
Irene Isaac Isabel Jack Jacob James Jane Janet Jason Jean Jennifer Jeremy Jessica Joan John
Jonathan Joseph Joyce Judith Julia Justin Karen Katherine Keith Kenneth Kevin Laura Lawrence
Leonard Leslie Lewis Liam Lillian Linda Louis Lucy Luke Mabel Malcolm Margaret Marion Mark
Martha Martin Mary Matthew Maureen Max Megan Michael Mildred Miriam Molly Nancy Nathan Neil
Nicholas Nora Oliver Olivia Oscar Owen Pamela Patricia Patrick Paul Peter Philip Phoebe Rachel
Ralph Raymond Rebecca Richard Robert Roger Ronald Rosemary Ruth Ryan Samuel Sandra Sarah Scott
Sean Sharon Sheila Simon Sophie Stanley Stephen Stuart Susan Sylvia Teresa Thomas Timothy Tracy
Trevor Valerie Vernon Victor Vincent Violet Virginia Walter Wayne Wendy William Winifred Zoe""",
    """Adams Allen Anderson Armstrong Bailey Baker Barnes Bell Bennett Brown Butler Campbell
Carter Clark Collins Cook Cooper Cox Davies Davis Dixon Edwards Ellis Evans Fisher Fletcher
Foster Fox Gibson Gray Green Griffiths Hall Harris Harrison Harvey Hill Holmes Hughes Hunter
Jackson Jenkins Johnson Jones Kelly Kennedy King Knight Lee Lloyd Marshall Mason Matthews Miller
Mitchell Moore Morgan Morris Murphy Murray Myers O'Brien O'Connor O'Neill Owen Palmer Parker
Pearson Perry Phillips Porter Powell Price Reed Reynolds Richards Roberts Robinson Rogers Rose
Ross Russell Ryan Scott Shaw Simmons Simpson Smith Spencer Stevens Stewart Stone Sullivan Taylor
Thomas Thompson Turner Walker Wallace Ward Watson Webb West White Wilkinson Williams Wilson
Wright Young """
    + " ".join(head + tail for head in _HEADS.split() for tail in _TAILS.split()),
)
_OTHERS: Final = (
    _culture(
        """Adèle Alain Amélie André Antoine Aurélie Benoît Camille Cécile Céline Chloé Claude
Clément Denis Didier Émile Étienne Fabien Florent François Frédéric Geneviève Gérard Hélène
Henri Hervé Inès Jacques Jérôme Joséphine Léa Loïc Lucien Maëlle Marguerite Mathieu Mélanie
Michèle Noémie Odile Pascal Rémi René Sébastien Solène Théo Thérèse Valérie Véronique Yves""",
        """Arnaud Aubert Bélanger Bernier Besson Blanchard Boucher Brunet Carpentier Chevalier
Collet Cordier Delacroix Delorme Deschamps Dubois Dufour Dumas Dupré Durand Faure Fournier Gagné
Garnier Gauthier Giraud Guérin Lacroix Lambert Lefèvre Lemaître Leroy Lévêque Marchand Mercier
Michaud Moreau Noël Pelletier Périer Poirier Renaud Rousseau Roussel Séguin Tessier Thibault
Vallée Vasseur""",
    ),
    _culture(
        """Achim Agnes Anke Annegret Axel Bärbel Bernd Birgit Björn Carsten Christoph Detlef
Dietmar Dörte Eberhard Elke Franziska Friedrich Gisela Gottfried Günter Hannelore Heike Heinrich
Helga Ingrid Jörg Jürgen Jutta Käthe Klaus Lieselotte Lothar Margarete Matthias Monika Norbert
Ottilie Reinhard Rüdiger Sabine Siegfried Sönke Steffen Thorsten Ulrike Ursula Uwe Waltraud
Wolfgang""",
        """Albrecht Bäcker Baumgartner Bergmann Böhm Brückner Dietrich Eichhorn Engelhardt
Fröhlich Fürst Gärtner Gebhardt Götz Gruber Günther Haas Hauptmann Hübner Jäger Kästner Köhler
König Krämer Kühn Lindemann Löwe Möller Müller Nußbaum Oppermann Pfeiffer Rössler Rühmann Sauer
Schäfer Schmidt Schönfeld Schröder Schulz Steinmeyer Stürmer Trautmann Übelacker Vogt Wagner
Weiß Wünsch Zöllner""",
    ),
    _culture(
        """Adrián Alejandro Álvaro Ana Andrés Ángel Antonia Beatriz Belén Carlos Carmen César
Cristóbal Daniela Diego Dolores Elena Emilio Enrique Esteban Felipe Fernando Gabriela Gonzalo
Guadalupe Hernán Ignacio Inés Isabel Jaime Javier Jesús Joaquín José Juana Julián Lucía Luis
Manuel Marcos María Martín Miguel Mónica Óscar Pablo Ramón Raúl Rocío Rubén Santiago Sofía Tomás
Verónica Ximena""",
        """Aguilar Álvarez Benítez Calderón Castañeda Castro Córdoba Cortés Delgado Díaz
Domínguez Escobar Espinoza Fernández Flores Fuentes Galván García Gómez González Guzmán
Hernández Herrera Ibáñez Jiménez León López Luján Márquez Martínez Medina Méndez Montoya Morales
Muñoz Núñez Ordóñez Ortega Peña Pérez Quiroga Ramírez Ríos Rodríguez Salazar Sánchez Suárez
Torres Vázquez Velasco Zúñiga""",
    ),
    _culture(
        """Adriana Alberto Alessandro Alida Andrea Anita Antonio Beppe Bianca Carlo Caterina
Chiara Cinzia Claudia Dario Domenico Donatella Edoardo Elio Emanuele Enzo Ettore Fabrizio
Federica Franco Gaetano Giacomo Gianna Giorgio Giovanni Giulia Giuseppe Ilaria Leonardo Lorenzo
Luca Luigi Marcello Massimo Matteo Michele Nicolò Ornella Paola Pietro Raffaele Rosanna
Salvatore Silvana Vittorio""",
        """Amato Barbieri Bellini Benedetti Bianchi Bruno Caputo Carbone Caruso Colombo Conti
Costa D'Angelo Dell'Acqua De_Luca Donati Esposito Fabbri Farina Ferrara Ferri Fontana Gallo
Gatti Gentile Giordano Grassi Greco Guerra Leone Lombardi Longo Mancini Marchetti Marino Martini
Mazza Messina Monti Moretti Orlando Palumbo Parisi Pellegrini Ricci Rinaldi Romano Sala Santoro
Valentini Vitale""",
    ),
    _culture(
        """Akira Ayumi Chieko Daisuke Eiko Fumio Goro Hana Haruka Hideo Hiroshi Isamu Jun Kaoru
Kazuo Keiko Kenji Kumiko Kyoko Mai Makoto Mariko Masao Michiko Minoru Misaki Nanako Naoki Noboru
Osamu Reiko Ryo Sachiko Satoshi Setsuko Shigeru Shinji Sumire Tadashi Takeshi Tamiko Tatsuya
Tetsuo Toshio Yoko Yoshiko Yuki Yumi Yusuke Yuta""",
        """Abe Aoki Arai Endo Fujii Fujita Fukuda Goto Hara Hasegawa Hashimoto Hayashi Honda
Ikeda Imai Inoue Ishida Ishikawa Ito Kaneko Kato Kikuchi Kimura Kobayashi Kondo Maeda Matsuda
Matsumoto Mori Murakami Nakagawa Nakajima Nakamura Nishimura Noguchi Ogawa Okamoto Ono Ota Saito
Sakamoto Sasaki Sato Shibata Shimizu Suzuki Takagi Takahashi Tanaka Ueda Wada Watanabe Yamada
Yamaguchi""",
    ),
    _culture(
        """Bo-ram Chae-won Chan-ho Dae-hyun Do-yeon Dong-won Eun-ji Gi-tae Ha-na Hae-jin Hee-sun
Ho-jun Hye-ja Hyun-woo In-sung Jae-min Ji-hoon Ji-min Jin-ah Jong-su Joo-young Jung-eun Kang-ho
Kyung-soo Mi-ran Min-ho Min-seo Myung-hee Na-ri Sang-hoon Se-young Seo-yeon Seung-ri So-hee
Soo-jin Sung-min Tae-hyung Won-bin Woo-jin Yeon-seo Yong-ha Yoo-jung Young-ae Yun-seok""",
        """Ahn Bae Baek Bang Byun Cha Cho Choi Chun Do Eom Gil Gong Ha Han Heo Hong Hwang Im
Jang Jeon Jeong Jin Jo Joo Kang Kim Ko Kwak Kwon Lee Ma Min Moon Nam Noh Oh Park Ra Ryu Seo Seok
Shin Sim Son Song Sung Tak Wang Woo Yang Yeo Yeom Yoo Yoon""",
        surname_first=True,
    ),
    _culture(
        """Anastasia Andrei Anton Arkady Boris Bogdan Daria Dmitri Dragan Ekaterina Elena Evgeny
Fyodor Galina Gleb Goran Grigori Igor Irina Ivan Jadwiga Jiří Kazimierz Ksenia Lech Leonid
Ljubica Ludmila Małgorzata Marek Mikhail Milan Mirjana Nadezhda Natalia Nikolai Oksana Oleg Olga
Pavel Piotr Radmila Sergei Stanisław Svetlana Tatiana Vadim Vera Vladimir Yuri Zbigniew Željko""",
        """Andreyev Babić Bogdanov Chernov Dąbrowski Dvořák Fedorov Golubev Gorky Horvat Ilyin
Ivanov Jovanović Kamiński Kaplan Karpov Kazakov Kowalski Kozlov Krylov Kučera Kuznetsov Lebedev
Makarov Marković Medvedev Morozov Nikolić Novák Nowak Orlov Pavlov Petrović Popov Procházka
Rudenko Savchenko Shevchenko Smirnov Sokolov Stojanović Svoboda Tkachenko Volkov Vorobyov
Wiśniewski Wójcik Zaitsev""",
    ),
    _culture(
        """Aarav Aditi Aishwarya Ajay Amit Amrita Anand Anil Anjali Arjun Asha Bhavna Chitra
Deepak Devika Divya Farhan Gauri Gita Harish Indira Irfan Jaya Kabir Kamala Karan Kavita Kiran
Lakshmi Leela Madhuri Manoj Meena Mohan Nandini Naseer Nikhil Nisha Padma Pankaj Pooja Prakash
Priya Rahul Rajesh Rani Ravi Rekha Rohan Sanjay Shabana Sunil Tara Uma Vidya Vijay""",
        """Agarwal Ahuja Bachchan Banerjee Basu Bhat Bose Chakraborty Chatterjee Chaudhary
Chopra Das Desai Deshmukh Dutta Ganguly Ghosh Gill Gupta Iyer Jain Joshi Kapadia Kapoor Khanna
Kulkarni Kumar Malhotra Mehta Menon Mishra Mukherjee Nair Narayan Oberoi Pandey Patel Pillai
Puri Rao Rathore Reddy Roy Sen Shah Sharma Shetty Sinha Subramaniam Thakur Tiwari Trivedi Varma
Verma Yadav""",
    ),
    _culture(
        """Åke Anders Annika Arne Åsa Astrid Birger Bjarne Bodil Dagny Einar Elin Erik Espen
Freja Gudrun Gunnar Gøran Håkon Halldór Helge Henrik Hjördis Ingeborg Ingvar Jens Jørgen Kåre
Karin Kirsten Knut Lars Leif Liv Lone Magnus Maja Märta Mikkel Mogens Niels Øystein Ole Pernille
Ragnar Rasmus Signe Sigurd Solveig Søren Stellan Sven Tove Trond Ulf Viggo""",
        """Andersson Åkerman Bergström Bjørnstad Björk Christensen Dahlgren Eklund Eriksson
Forsberg Friis Gustafsson Haugen Hedlund Hjelm Holmberg Høyer Isaksson Jakobsen Jensen
Jónsdóttir Jørgensen Karlsen Kjær Knudsen Larsson Lindqvist Lund Lykke Madsen Mortensen Nilsson
Nygård Nyström Ödegaard Østergaard Olofsson Pedersen Persson Rasmussen Sandberg Sjöberg
Skarsholm Sørensen Strand Svensson Thorsen Vestergaard Vikander Wallin Winther""",
    ),
    _culture(
        """Bao Chen Chun Dan Fang Feng Gang Guang Hai Hao Hong Hua Hui Jia Jian Jie Jing Juan
Jun Kai Lan Lei Li Lin Ling Long Mei Min Ming Na Ning Peng Ping Qiang Qing Rui Shan Shu Ting Wei
Wen Xia Xiang Xiao Xin Xiu Yan Yang Yi Ying Yong Yu Yuan Yun Zhen""",
        """Bai Cai Cao Chang Cheng Chow Cui Deng Ding Dong Du Fan Fu Gao Ge Gong Gu Guo Han He
Hou Hu Huang Jiang Jin Kong Leung Liang Liao Liu Lu Luo Ma Mao Meng Pan Qian Qin Ren Shen Shi Su
Sun Tan Tang Tian Tsui Wan Wang Wu Xie Xu Xue Yao Ye Yin Zeng Zhang Zhao Zheng Zhou Zhu Zou""",
        surname_first=True,
    ),
)
WAYS: Final = 20
"""Of as many people one is of each other culture, and the rest English."""


def name_of(number: int) -> str:
    """Who has this number, below some 40,000 by their fame."""
    turn, way = divmod(number, WAYS)
    if way < len(_OTHERS):
        return _OTHERS[way].name(turn).replace("_", " ")
    ways = WAYS - len(_OTHERS)
    return _ENGLISH.name(turn * ways + way - len(_OTHERS))
