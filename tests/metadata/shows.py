"""Shows that are hard to tell apart, in the form of the films: title, year of the first episode,
votes, original (or second) title.
"""

SHOWS = """
Battlestar Galactica|1978|450|
Battlestar Galactica|2003|300|
Battlestar Galactica|2004|1700|
Galactica 1980|1980|60|
The Office|2001|800|
The Office|2005|4500|
House of Cards|1990|200|
House of Cards|2013|3000|
House|2004|6500|
House of the Dragon|2022|5000|
Shameless|2004|250|
Shameless|2011|3000|
Ghosts|2019|200|
Ghosts|2021|250|
Doctor Who|1963|600|
Doctor Who|2005|3000|
Being Human|2009|350|
Being Human|2011|250|
Skins|2007|900|
Skins|2011|100|
Life on Mars|2006|350|
Life on Mars|2008|150|
Queer as Folk|1999|80|
Queer as Folk|2000|250|
Queer as Folk|2022|60|
The Killing|2007|250|Forbrydelsen
The Killing|2011|700|
The Bridge|2011|500|Bron/Broen
The Bridge|2013|150|
Utopia|2013|500|
Utopia|2014|30|
Utopia|2020|200|
Euphoria|2012|20|אופוריה
Euphoria|2019|9500|
Homeland|2011|1800|
Prisoners of War|2010|60|חטופים
Ugly Betty|2006|500|
Yo soy Betty, la fea|1999|900|
Charmed|1998|3000|
Charmed|2018|800|
Dynasty|1981|150|
Dynasty|2017|900|
Dallas|1978|250|
Dallas|2012|150|
MacGyver|1985|700|
MacGyver|2016|1300|
Magnum, P.I.|1980|400|
Magnum P.I.|2018|600|
Hawaii Five-O|1968|150|
Hawaii Five-0|2010|1400|
S.W.A.T.|1975|60|
S.W.A.T.|2017|1600|
Lost|2004|4500|
Lost in Space|1965|200|
Lost in Space|2018|2500|
The Twilight Zone|1959|800|
The Twilight Zone|1985|150|
The Twilight Zone|2002|80|
The Twilight Zone|2019|400|
Roswell|1999|300|
Roswell, New Mexico|2019|700|
Gossip Girl|2007|2700|
Gossip Girl|2021|500|
Beverly Hills, 90210|1990|500|
90210|2008|500|
BH90210|2019|50|
One Piece|1999|4500|ワンピース
One Piece|2023|1500|
Avatar: The Last Airbender|2005|4000|
Avatar: The Last Airbender|2024|1000|
Cowboy Bebop|1998|1800|カウボーイビバップ
Cowboy Bebop|2021|700|
Fullmetal Alchemist|2003|700|鋼の錬金術師
Fullmetal Alchemist: Brotherhood|2009|1900|鋼の錬金術師 FULLMETAL ALCHEMIST
Hunter x Hunter|1999|400|
Hunter x Hunter|2011|2000|
Dragon Ball|1986|3500|ドラゴンボール
Dragon Ball Z|1989|4000|ドラゴンボールZ
Dragon Ball GT|1996|1500|ドラゴンボールGT
Dragon Ball Super|2015|3000|ドラゴンボール超
Money Heist|2017|18000|La casa de papel
Money Heist: Korea - Joint Economic Area|2022|800|종이의 집: 공동경제구역
Star Trek|1966|900|
Star Trek: The Next Generation|1987|1300|
Law & Order|1990|500|
Law & Order: Special Victims Unit|1999|3500|
24|2001|1400|
24: Legacy|2017|250|
The 100|2014|8000|
11.22.63|2016|1300|
1883|2021|800|
1923|2022|700|
Dark|2017|6500|
Dark Matter|2015|900|
Dark Matter|2024|500|
V|1983|150|
V|1984|200|
V|2009|500|
Heroes|2006|2200|
Heroes Reborn|2015|350|
The Wonder Years|1988|300|
The Wonder Years|2021|40|
Quantum Leap|1989|300|
Quantum Leap|2022|150|
The Equalizer|1985|100|
The Equalizer|2021|350|
Frasier|1993|700|
Frasier|2023|120|
Merlin|1998|150|
Merlin|2008|1600|
Planet Earth|2006|1500|
Planet Earth II|2016|900|
Planet Earth III|2023|150|
War & Peace|2016|250|
War and Peace|1972|30|
Shogun|1980|200|
Shōgun|2024|900|
Roots|1977|250|
Roots|2016|100|
Pride and Prejudice|1980|40|
Pride and Prejudice|1995|500|
Criminal: UK|2019|150|
Criminal: Germany|2019|50|
"""
