"""Films that are hard to tell apart, as a provider knows them: remakes, sequels, numbers for
titles, titles within titles, articles, signs, other scripts.

Title, year, votes and original (or second) title. Titles and years are facts of film history;
votes are of the right order of magnitude.
"""

FILMS = """
The Thing|1982|6000|
The Thing|2011|2500|
The Thing from Another World|1951|300|
Psycho|1960|9000|
Psycho|1998|700|
Psycho II|1983|600|
Psycho III|1986|300|
Dune|1984|2500|
Dune|2021|12000|
Dune: Part Two|2024|9000|
King Kong|1933|1100|
King Kong|1976|700|
King Kong|2005|6500|
Kong: Skull Island|2017|9000|
Alien|1979|14000|
Aliens|1986|9500|
Alien 3|1992|5500|Alien³
Alien Resurrection|1997|5000|
Alien: Covenant|2017|8000|
Alien vs. Predator|2004|4000|
Prometheus|2012|12000|
Rocky|1976|7000|
Rocky II|1979|4000|
Rocky III|1982|3500|
Rocky IV|1985|3700|
Rocky V|1990|2500|
Se7en|1995|20000|Seven
Seven Samurai|1954|3500|Shichinin no samurai
The Magnificent Seven|1960|900|
The Magnificent Seven|2016|5000|
300|2007|13000|
300: Rise of an Empire|2014|6000|
1917|2019|11000|
2012|2009|11500|
2001: A Space Odyssey|1968|11000|
2010|1984|700|
10|1979|200|
9|2009|2500|
Nine|2009|700|
21|2008|3500|
21 Grams|2003|2600|
12 Angry Men|1957|8500|
12 Angry Men|1997|250|
Twelve Monkeys|1995|8000|12 Monkeys
Ocean's Eleven|2001|11500|
Ocean's 11|1960|350|
Ocean's Twelve|2004|6500|
Ocean's Thirteen|2007|6000|
It|2017|18000|
It Chapter Two|2019|8000|
Us|2019|7000|
Her|2013|13000|
Them!|1954|350|
M|1931|2200|
Amélie|2001|11000|Le fabuleux destin d'Amélie Poulain
Life Is Beautiful|1997|12500|La vita è bella
Spirited Away|2001|16000|Sen to Chihiro no kamikakushi
Parasite|2019|17500|Gisaengchung
Parasite|1982|60|
Oldboy|2003|8500|
Oldboy|2013|2200|
The Lives of Others|2006|3500|Das Leben der Anderen
Let the Right One In|2008|2800|Låt den rätte komma in
Let Me In|2010|2300|
The Girl with the Dragon Tattoo|2009|3300|Män som hatar kvinnor
The Girl with the Dragon Tattoo|2011|7500|
City of God|2002|7000|Cidade de Deus
Downfall|2004|3800|Der Untergang
The Hunt|2012|4300|Jagten
The Hunt|2020|2500|
Run Lola Run|1998|2200|Lola rennt
Das Boot|1981|2200|
The Good, the Bad and the Ugly|1966|8500|Il buono, il brutto, il cattivo
Leon: The Professional|1994|14500|Léon
Crash|1996|700|
Crash|2004|3500|
Twilight|2008|13000|
Twilight|1998|150|
Gladiator|2000|18000|
Gladiator|1992|90|
Gladiator II|2024|4000|
The Fly|1986|3500|
The Fly|1958|500|
Scarface|1983|11500|
Scarface|1932|400|
Ben-Hur|1959|2500|
Ben-Hur|2016|2000|
A Star Is Born|1937|200|
A Star Is Born|1954|250|
A Star Is Born|1976|250|
A Star Is Born|2018|11500|
Little Women|1994|1200|
Little Women|2019|6000|
West Side Story|1961|1800|
West Side Story|2021|1800|
Fast & Furious|2009|7000|
The Fast and the Furious|2001|9500|
The Fast and the Furious|1954|30|
Furious 7|2015|10500|
Birdman or (The Unexpected Virtue of Ignorance)|2014|12500|
Star Wars|1977|20000|
Star Wars: The Last Jedi|2017|15000|
The Lion King|1994|18000|
The Lion King|2019|10000|
Mulan|1998|9500|
Mulan|2020|6500|
Cinderella|1950|6500|
Cinderella|2015|6500|
Cinderella|2021|1500|
The Avengers|2012|30000|
The Avengers|1998|700|
Avengers: Endgame|2019|25000|
Up|2009|19500|
Upgrade|2018|4000|
Heat|1995|7000|
The Heat|2013|3500|
Heat|1986|90|
The Omen|1976|2000|
The Omen|2006|1500|
Suspiria|1977|2000|
Suspiria|2018|2300|
Carrie|1976|3800|
Carrie|2013|3000|
Total Recall|1990|5500|
Total Recall|2012|5500|
Halloween|1978|5500|
Halloween|2007|2000|
Halloween|2018|4500|
Halloween II|1981|1900|
Halloween II|2009|1200|
The Mummy|1932|700|
The Mummy|1959|300|
The Mummy|1999|9500|
The Mummy|2017|7500|
The Mummy Returns|2001|7000|
Dracula|1931|1100|
Drácula|1931|100|
Dracula|1979|250|
Bram Stoker's Dracula|1992|5000|
Nosferatu|1922|2200|Nosferatu, eine Symphonie des Grauens
Nosferatu|2024|3500|
Nosferatu the Vampyre|1979|800|Nosferatu: Phantom der Nacht
The War of the Worlds|1953|800|
War of the Worlds|2005|8500|
Suicide Squad|2016|21000|
The Suicide Squad|2021|9500|
Predator|1987|8500|
Predator 2|1990|3500|
Predators|2010|4500|
The Predator|2018|4500|
Final Destination|2000|6000|
The Final Destination|2009|3200|
Fantastic Four|2005|9500|
Fantastic Four|2015|5500|
Ring|1998|1600|リング
The Ring|2002|6500|
The Ring Two|2005|2300|
Rings|2017|2400|
Pinocchio|1940|6000|
Pinocchio|2019|700|
Pinocchio|2022|1700|
Guillermo del Toro's Pinocchio|2022|3200|
Beauty and the Beast|1946|500|La Belle et la Bête
Beauty and the Beast|1991|10500|
Beauty and the Beast|2014|1800|La Belle et la Bête
Beauty and the Beast|2017|15500|
Les Misérables|1998|600|
Les Misérables|2012|5500|
Les Misérables|2019|1300|
Hercules|1997|6500|
Hercules|2014|4500|
The Legend of Hercules|2014|1500|
Frozen|2010|1700|
Frozen|2013|16500|
Unknown|2006|500|
Unknown|2011|4000|
Passengers|2008|700|
Passengers|2016|13000|
Notorious|1946|1400|
Notorious|2009|350|
Emma|1996|700|
Emma.|2020|1700|
Kicking and Screaming|1995|120|
Kicking & Screaming|2005|700|
The Man Who Knew Too Much|1934|450|
The Man Who Knew Too Much|1956|1300|
Black Rain|1989|900|
Black Rain|1989|120|黒い雨
Godzilla|1954|800|ゴジラ
Godzilla|1998|4000|
Godzilla|2014|9000|
Mothra vs. Godzilla|1964|250|モスラ対ゴジラ
Shin Godzilla|2016|900|シン・ゴジラ
Godzilla Minus One|2023|2500|ゴジラ-1.0
Your Name.|2016|11500|君の名は。
What Is Your Name?|1953|5|君の名は
Ikiru|1952|1200|生きる
To Live|1994|600|活着
Rashomon|1950|2200|羅生門
High and Low|1963|800|天国と地獄
Metropolis|1927|2800|
Metropolis|2001|700|メトロポリス
Ghost in the Shell|1995|3500|攻殻機動隊
Ghost in the Shell|2017|8000|
Pulse|2001|500|回路
Pulse|2006|700|
Monster|2003|2000|
Monster|2023|700|怪物
The Host|2006|2800|괴물
The Host|2013|2700|
Mother|2009|1300|마더
mother!|2017|6000|
The Housemaid|1960|150|하녀
The Housemaid|2010|350|하녀
Infernal Affairs|2002|1700|無間道
Infernal Affairs II|2003|350|無間道II
Infernal Affairs III|2003|350|無間道III：終極無間
Hero|1992|400|
Hero|2002|2300|英雄
Farewell My Concubine|1993|700|霸王別姬
Crouching Tiger, Hidden Dragon|2000|3500|臥虎藏龍
Solaris|1972|1400|Солярис
Solaris|2002|1300|
Stalker|1979|2200|Сталкер
Come and See|1985|1700|Иди и смотри
Brother|1997|500|Брат
Brother 2|2000|350|Брат 2
Brother|2000|350|
Night Watch|2004|800|Ночной дозор
Day Watch|2006|500|Дневной дозор
Leviathan|1989|400|
Leviathan|2012|60|
Leviathan|2014|700|Левиафан
Battleship Potemkin|1925|1200|Броненосец Потёмкин
Insomnia|1997|250|
Insomnia|2002|4500|
Funny Games|1997|1600|
Funny Games|2007|1900|
The Vanishing|1988|500|Spoorloos
The Vanishing|1993|400|
Breathless|1960|1700|À bout de souffle
Breathless|1983|200|
Diabolique|1955|900|Les Diaboliques
Diabolique|1996|250|
The Intouchables|2011|17000|Intouchables
The Untouchables|1987|6000|
The Secret in Their Eyes|2009|2500|El secreto de sus ojos
Secret in Their Eyes|2015|1600|
The Wave|2008|2000|Die Welle
The Wave|2015|1200|Bølgen
Il Postino: The Postman|1994|600|Il postino
The Postman|1997|1400|
Things to Come|1936|150|
Things to Come|2016|250|L'Avenir
The Illusionist|2006|4000|
The Illusionist|2010|600|L'Illusionniste
La Haine|1995|3500|
La Strada|1954|900|
La Dolce Vita|1960|1500|
L'Avventura|1960|450|
Lola|1961|150|
Lola|1981|120|
Lola Montès|1955|120|
Caché|2005|800|
Knife in the Water|1962|350|Nóż w wodzie
Ashes and Diamonds|1958|200|Popiół i diament
Closely Watched Trains|1966|250|Ostře sledované vlaky
Winter Sleep|2014|500|Kış Uykusu
As It Is in Heaven|2004|250|Så som i himmelen
A Separation|2011|2900|جدایی نادر از سیمین
Waltz with Bashir|2008|900|ואלס עם באשיר
Dogtooth|2009|1500|Κυνόδοντας
Pather Panchali|1955|350|পথের পাঁচালী
M*A*S*H|1970|1000|MASH
WALL·E|2008|19000|WALL-E
Pi|1998|2000|π
If....|1968|400|
$|1971|60|Dollars
?|2011|15|
X|2022|3200|
Z|1969|500|
O|2001|250|
W.|2008|500|
I|2015|120|ஐ
[REC]|2007|3500|
[REC]²|2009|1700|
eXistenZ|1999|1900|
*batteries not included|1987|1100|
8½|1963|2300|Otto e mezzo
8 Women|2002|900|8 femmes
8 Mile|2002|7000|
8MM|1999|1700|
The 400 Blows|1959|2000|Les Quatre Cents Coups
(500) Days of Summer|2009|9500|
1984|1956|80|
Nineteen Eighty-Four|1984|900|1984
Wonder Woman|2017|20000|
Wonder Woman 1984|2020|8000|
Blade Runner|1982|14000|
Blade Runner 2049|2017|14000|
Death Race 2000|1975|500|
Death Race|2008|3000|
Death Race 2|2010|900|
1900|1976|600|Novecento
The Legend of 1900|1998|2300|La leggenda del pianista sull'oceano
1941|1979|800|
1922|2017|1700|
1408|2007|4500|
2046|2004|1100|
42|2013|1300|
42nd Street|1933|150|
The 39 Steps|1935|900|
The 39 Steps|1959|60|
The Thirty Nine Steps|1978|70|
13|2010|600|
Thirteen|2003|1300|
13 Tzameti|2005|150|
Thirteen Days|2000|800|
Friday the 13th|1980|3000|
Friday the 13th|2009|2300|
Friday the 13th Part 2|1981|1500|
Friday the 13th Part III|1982|1200|
Saw|2004|9500|
Saw II|2005|5500|
Saw III|2006|4500|
Saw IV|2007|3500|
Saw V|2008|3000|
Saw X|2023|2500|
Back to the Future|1985|20000|
Back to the Future Part II|1989|13500|
Back to the Future Part III|1990|10500|
The Godfather|1972|21000|
The Godfather Part II|1974|12500|
The Godfather Part III|1990|6000|
The Matrix|1999|26000|
The Matrix Reloaded|2003|11000|
The Matrix Revolutions|2003|9500|
Kill Bill: Vol. 1|2003|17500|
Kill Bill: Vol. 2|2004|14000|
Harry Potter and the Deathly Hallows: Part 1|2010|19000|
Harry Potter and the Deathly Hallows: Part 2|2011|21000|
Nymphomaniac: Vol. I|2013|3500|
Nymphomaniac: Vol. II|2013|2500|
Che: Part One|2008|700|
Che: Part Two|2008|500|
Mission: Impossible|1996|9000|
Mission: Impossible II|2000|6500|
Mission: Impossible III|2006|6500|
Star Trek|2009|9500|
Star Trek: The Motion Picture|1979|1800|
Star Trek II: The Wrath of Khan|1982|2000|
Star Trek Into Darkness|2013|9000|
Once Upon a Time in the West|1968|4500|C'era una volta il West
Once Upon a Time in America|1984|5500|C'era una volta in America
Once Upon a Time in China|1991|350|黃飛鴻
Once Upon a Time in China II|1992|250|黃飛鴻之二：男兒當自強
Once Upon a Time in Mexico|2003|1700|
Once Upon a Time… in Hollywood|2019|14000|
Three Colours: Blue|1993|2000|Trois couleurs : Bleu
Three Colours: White|1994|1300|Trois couleurs : Blanc
Three Colours: Red|1994|1600|Trois couleurs : Rouge
Blue|1993|120|
Dawn of the Dead|1978|1900|
Dawn of the Dead|2004|3200|
Shaun of the Dead|2004|8500|
Day of the Dead|1985|1200|
A Single Man|2009|1600|
A Serious Man|2009|1900|
Dead Man|1995|1500|
Dead Man Walking|1995|1100|
American Pie|1999|7500|
American Beauty|1999|12000|
American Psycho|2000|11500|
Before Sunrise|1995|4500|
Before Sunset|2004|3700|
Robin Hood|1991|60|
Robin Hood: Prince of Thieves|1991|3500|
Robin Hood|2010|4500|
The Way|2010|700|
The Way Back|2010|1600|
The Lady|2011|350|
The Iron Lady|2011|1700|
Wild|2014|2600|
Wild Tales|2014|3000|Relatos salvajes
"""
