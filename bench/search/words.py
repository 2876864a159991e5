"""English words that titles and texts are made of, by part of speech."""

from typing import Final

_NOUNS: Final = """
abbey abyss accident acrobat actor admiral affair afternoon agent agreement airport alarm
alchemist alibi alley almanac altar ambush anchor anger animal answer anthem antler anvil
apartment ape apple apprentice aquarium arcade arch archer archive arena ark army arrival arrow
arson artist ash assassin assembly asylum atlas attic auction audience august autumn avalanche
avenue award axe baby bachelor badge badger baker balcony ballad ballerina balloon bandit bank
banker banner banquet bargain barn baron barricade basement basket bastion battle bay bayonet
beach beacon bear beard beast beauty bed bee beetle beggar bell belt bench betrayal bird birth
birthday biscuit bishop blackout blade blanket blaze blessing blizzard blood blossom blue boat
body bomb bone bonfire book border boss bottle bounty bow box boxer boy bracelet brain branch
brave bread breakfast breath breeze brick bride bridge brigade brother bucket buffalo builder
bull bullet bureau burglar burial bus business butcher butler butterfly button cabin cabinet
cactus cage cake calendar call camel camera camp canal candidate candle candy cannon canvas
canyon cape captain captive car caravan card cardinal cargo carnival carousel carpenter carpet
carriage case casino castle cat cathedral cavalry cave ceiling cell cellar cemetery century
ceremony chain chair challenge chamber champion chance chaos chapel chapter charade chariot
charm chase chateau cheat cherry chess chest chief child chimney choice choir chorus christmas
church cicada cinder cipher circle circus citadel citizen city clay cleaner clerk client cliff
clinic cloak clock cloud clown club coach coal coast coat cobra code coffee coffin coin collar
collector college colonel colony color comedian comet command comrade concert confession
conquest conspiracy contract convict convoy cook copper coral corner corridor corsair cost
costume cottage counsel count country couple courage courier court cousin cove coward cowboy
coyote cradle crane crash crater creature creek crew cricket crime criminal crisis crocodile
crossing crossroad crow crowd crown cruise crusade cry crystal cuckoo cup curfew curse curtain
customer dagger dairy dam dame dance dancer danger darkness darling date daughter dawn day
daydream deal death debt deceiver december decision deck decoy deer defender delight deluge
demon dentist depot depth desert desire destiny detective detour devil dew diamond diary dice
dictator dinner diplomat disaster disciple disguise dispatch distance diver divorce doctor dog
doll dolphin dome donkey doom door double doubt dove dozen dragon dragonfly drama dream dreamer
dress drifter drive driver drum duchess duel duke dune dungeon dusk dust dynasty eagle ear earl
earth earthquake east easter echo eclipse eden edge eel egg elder election elephant elevator
elixir ember emerald emperor empire encounter enemy engine engineer enigma envoy error escape
essay estate eternity evening evidence evil exam exchange exile exit exodus expedition expert
explorer explosion express eye fable face factory failure fairy faith falcon fall family famine
fang farewell farm farmer fate father favor fear feast feather february fence ferry festival
fever fiction field fiend fighter film fire firefly fireman fish fisherman fist flag flame
flamingo flash flavor fleet flesh flight flood floor flower flute fly fog folly fool foot forest
forge forger fortress fortune fountain fox fragment freedom freighter friday friend frog
frontier frost fruit fugitive funeral fury future galaxy gallery gallows gambler game gang
gangster garage garden gardener garment gate general generation genesis genius gentleman ghost
giant gift giraffe girl glacier gladiator glass glory glove goat goblin god gold goldfish good
goose gorge gorilla governor grace grain grandfather grandmother grass grave gravity green grief
grove guard guardian guest guide guilt guitar gull gun gypsum habit hail hair hall hammer hand
happiness harbor hare harem harvest hat haven hawk head healer heart hearth heat heaven hedge
heir heiress heist helmet hen herald herd heritage hermit hero heron hill history hog holiday
home homecoming honey honor hood hook hope horizon horn hornet horror horse horseman hospital
hostage hotel hound hour house hunger hunt hunter hurricane husband hymn ice idol illusion
immigrant impostor inferno influence inheritance ink inn innocence inquisition insect inspector
instinct interview intruder invader invasion invention invitation iron island ivory ivy jackal
jacket jade jail january jar jaw jazz jealousy jester jewel job joke journal journalist journey
joy judge judgment juggler july june jungle jury justice keeper kennel kettle key kid kidnapper
killer kindness king kingdom kiss kitchen kite knife knight knot laborer labyrinth lace ladder
lady lagoon lake lamb lamp lance land landlord landscape lane language lantern lark laughter
laundry law lawyer leader leaf league leather legacy legend legion lemon leopard lesson letter
liar liberty library license lie lieutenant life lifeguard light lighthouse lightning lily limit
line lion lip list lizard lobster lock locket locust lodge logic loneliness loop lord loss lotus
love lover luck lullaby machine madness magician maid mail maiden majesty man mansion mantle map
marathon marble march marine mariner market marriage marsh marshal martyr mask massacre master
match maze meadow meal measure mechanic medal medicine melody memoir memory merchant mercy
mermaid message messenger metal meteor midnight midwife mile milk mill millionaire mind mine
miner minister minute miracle mirage mirror mischief mission mist mistake mistress moment
monarch monday money monk monkey monsoon monster month monument moon moonlight morning mosaic
mosquito moth mother motive motorcycle mountain mouse mouth movement murder murderer muse museum
mushroom music musician mustang mutiny mystery myth nail name nation nature navigator necklace
needle neighbor nephew nest net nettle newspaper night nightfall nightingale nightmare noise
nomad noon north nose notebook notice novel november number nun nurse oak oasis oath obsession
ocean october octopus offer office officer oil olive omen onion opera operation oracle orange
orbit orchard orchestra orchid order orphan outcast outlaw outpost outsider owl oyster pact page
pain paint painter palace palm panic panther paper parade paradise paradox parasite pardon
parent park parlor parole parrot partner party passage passenger passion passport past path
patient patriot patrol pawn payment peace peach peacock peak pearl peasant pelican penguin penny
people perfume peril phantom philosopher phoenix photograph pianist piano picnic picture pier
pigeon pilgrim pilot pine pioneer pirate pistol pit plague plan planet plantation platform
player pledge plot plum pocket poem poet poison police policeman politician pond poppy porcelain
port portal portrait postcard postman potion powder power prayer preacher predator present
president price pride priest prince princess prison prisoner privateer prize profession
professor promise proof prophecy prophet prosecutor protocol province puma puppet purse pursuit
puzzle pyramid python quarantine quarrel quarry quarter queen quest question quiet quilt rabbit
race rage raid railroad railway rain rainbow raincoat ranch ranger ransom rapture rat raven
razor rebel rebellion reckoning record redemption reef refuge refugee regime regiment regret
reign relic remedy rendezvous renegade republic rescue resort rest restaurant retreat return
reunion revelation revenge revolution reward rhapsody rhythm ribbon rider riddle rifle ring riot
ritual rival river road robber robbery robe robin robot rock rocket rogue romance roof room
rooster root rope rose route ruby ruin rule rumor runaway runner sabotage sacrifice saddle sage
sailor saint salesman salt samurai sanctuary sand sapphire saturday savage scandal scar
scarecrow scarf scent school scientist scorpion scout scream script scroll sculptor sea seagull
seal season seat second secret secretary seed senator sensation sentinel september sergeant
serpent servant shadow shaman shape shark shell shelter shepherd sheriff shield ship shipwreck
shoe shop shore shot shoulder show shower shrine siege signal silence silk silver singer sinner
siren sister skeleton ski skin skull sky slave sleep sleepwalker smile smoke smuggler snail
snake snare sniper snow snowman soldier solitude solution son song sorcerer sorrow soul sound
soup south sovereign space spark sparrow specter speed spell sphinx spice spider spiral spirit
spring spy squad square squirrel stable stage stair stallion star starlight station statue steal
steam steel stepmother stone storm story stowaway stranger straw strawberry stream street strike
string student studio submarine subway suburb sugar suit sultan summer summit sun sunday
sunflower sunrise sunset surgeon surprise surrender survivor suspect suspicion swamp swan swarm
sweetheart swimmer sword symphony syndicate table tailor tale talent tango target tattoo tavern
tax taxi tea teacher tear telegram telephone temper tempest temple temptation tenant tent
terminal terrace territory terror test testament theater theory thief thirst thorn thread throne
thunder thursday ticket tide tiger timber time titan toad tobacco tomb tomorrow tooth torch
tornado torpedo tortoise touch tourist tournament tower town toy trace trade traffic tragedy
trail train traitor tramp trap traveler treason treasure treaty tree trial triangle tribe
tribute trick trigger trinity triumph trophy trouble truck trumpet trunk trust truth tuesday
tunnel turtle tutor twilight twin typhoon tyrant umbrella uncle underground underworld unicorn
uniform universe valentine valley vampire vanity vault vengeance verdict vessel veteran victim
victory village villain vine vineyard violence violet violin viper virtue visa viscount vision
visit visitor voice volcano volunteer voyage vulture wager wagon waiter walker wall wallet waltz
wanderer war warden warehouse warlock warning warrior wasp watch watchman water waterfall wave
wealth weapon weather web wedding wednesday weekend well werewolf west whale wheel whirlpool
whisper whistle widow widower wife wild wilderness will willow wind window wine wing winner
winter wire wisdom wish witch witness wizard wolf woman wonder wood woodcutter word worker
workshop world worm wound wrath wreck writer year yesterday youth zebra zero zodiac zombie zone
"""
_ADJECTIVES: Final = """
abandoned absent absolute accidental ageless alien almighty amazing ancient angry anonymous
arctic armed arrogant artificial ashen atomic awful awkward barren beautiful beloved bitter
black blind bloody bold borrowed bottomless brave brazen brief bright brilliant broken brutal
buried burning busy calm careless careful celestial cheap chosen clean clever cold colorful
common complete concrete constant cool corrupt cosmic counterfeit covered crazy crimson crooked
cruel curious cursed daily dangerous daring dark dead deadly dear deep defiant delicate
desperate devious diligent dirty distant divine domestic double doubtful drunken dry dull early
eastern easy electric elegant elusive empty enchanted endless enormous eternal evil exotic
extreme fabulous faded fading faithful fallen false familiar famous fantastic far fast fatal
favorite fearless feral fickle fierce final fine first flawless flying forbidden foreign
forgotten forsaken fragile free frequent fresh friendly frozen full funny gentle genuine ghostly
gifted gilded glorious golden good grand grateful gray great greedy grim guilty half handsome
happy hard harmless haunted heavenly heavy helpless hidden high holy homeless honest hopeless
hot humble hungry idle ideal illegal imaginary immortal impossible incredible infamous infinite
inner innocent insane intimate invincible invisible iron jealous jolly joyful just last late
lawless lazy little living local lone lonely long lost loud lovely loyal lucky lunar mad magic
magnificent major marvelous masked mean mechanical merciless merry midnight mighty missing
modern moral mortal mute mysterious naked nameless narrow native near neon nervous new next
noble nocturnal northern notorious obscure obsolete odd official old only open ordinary other
outer pale parallel patient perfect perilous permanent personal phantom plain poisoned polite
poor possible precious pretty primal private proud public pure purple quick quiet random rare
raw ready real rebellious reckless red regal relentless reluctant remote restless rich righteous
rising rotten rough royal rude ruthless sacred sad safe scarlet scattered second secret
sentimental separate serene serious seventh severe shadowy shallow sharp shattered short shy
silent silver simple single sinister sixth sleeping sleepless slender slow small smart smooth
soft solar solemn solitary southern spare special splendid stolen stormy straight strange strict
strong stubborn stupid sudden sunken super supreme sweet swift talented tall tame tangled tender
terrible thin third thirsty timeless tiny tired total tough toxic tragic tranquil trembling
tropical true ugly ultimate unborn uncertain undying unexpected unfaithful unfinished unforgiven
unholy unknown unlikely unseen unspoken unwanted upper urban useless vacant vain valiant
vanishing vast velvet vicious violent virtual vulgar wandering warm wasted weak wealthy weary
western wet whispering white whole wicked wide wild wise withered wonderful wooden worthy
wounded wrong yellow young zealous
"""
_VERBS: Final = """
abandon accept accuse admire adopt answer arrest ask avoid bargain beg begin believe betray
blame bleed borrow break breathe build burn bury buy call capture carry catch change charm chase
cheat choose claim climb collect come command confess conquer count cover crawl cross cry dance
dare deceive defend deliver demand deny deserve destroy die dig disappear discover dive doubt
draw dream drift drink drive drown dwell eat embrace end endure enter escape expect explode fade
fail fall fear feed feel fight find finish fly follow forget forgive gamble gather give glow go
grow guard guess hang harvest hate haunt heal hear hide hold hope hunt hurt imagine invent
invite judge jump keep kidnap kill kiss kneel knock know land laugh lead learn leave lie lift
listen live look lose love march marry measure meet melt mend miss mourn move murder obey offer
open paint pay play plead poison pray preach pretend promise protect prove pull punish pursue
push question quit race raise reach read rebuild refuse regret remember repent rescue resist
rest return reveal ride ring rise roam rob rule run sail save scream search see seek sell send
serve shake share shatter shine shoot shout sing sink sleep smile smuggle speak spend spin stand
stare start starve stay steal stop strike struggle study suffer surrender survive swear swim
take talk tame teach tell tempt think throw touch trade travel tremble trust turn unite vanish
visit vote wait wake walk wander want warn wash watch weep whisper win wish wonder work worship
write yearn
"""
_PLACES: Final = """
Africa Alabama Alaska Algiers America Amsterdam Andalusia Antarctica Arizona Athens Atlantis
Austin Babylon Baghdad Baltimore Bangkok Barcelona Beirut Belfast Berlin Bombay Boston Brighton
Bristol Brooklyn Brussels Bucharest Budapest Buenos-Aires Burma Cairo Calcutta California
Cambridge Canada Cardiff Carolina Casablanca Chicago China Colorado Congo Copenhagen Cornwall
Corsica Crete Cuba Dakota Dallas Damascus Delhi Denver Detroit Dover Dresden Dublin Edinburgh
Egypt Florence Florida Frankfurt Galway Geneva Genoa Georgia Ghent Glasgow Granada Greenland
Hamburg Hanoi Harlem Havana Hawaii Helsinki Hiroshima Hollywood Honolulu Houston Iceland India
Ireland Istanbul Jakarta Jamaica Java Jericho Jerusalem Kabul Kansas Kashmir Kenya Kentucky Kiev
Kyoto Lagos Lapland Leipzig Leningrad Lima Lisbon Liverpool London Louisiana Lyon Madrid Malta
Manchester Manhattan Manila Marrakesh Marseille Memphis Mexico Miami Milan Minnesota Mississippi
Missouri Monaco Mongolia Montana Monterey Montreal Morocco Moscow Munich Nairobi Naples
Nashville Nebraska Nepal Nevada Nice Norway Odessa Ohio Oklahoma Oregon Orleans Osaka Oslo
Oxford Panama Paris Patagonia Persia Peru Philadelphia Phoenix Poland Portland Prague Quebec
Reno Rio Rome Rotterdam Sahara Saigon Salem Salzburg Samarkand Savannah Scotland Seattle Seoul
Serbia Seville Shanghai Siberia Sicily Singapore Sparta Stockholm Sumatra Sydney Tahiti Tangier
Tennessee Texas Tibet Tokyo Toledo Toronto Trieste Tripoli Tunis Turin Tuscany Utah Valencia
Vegas Venice Vermont Verona Vienna Vietnam Virginia Warsaw Wyoming York Yorkshire Zagreb
Zanzibar Zurich
"""
_GENRES: Final = """
Action Adventure Animation Comedy Crime Documentary Drama Family Fantasy History Horror Music
Mystery Romance Thriller War Western Biography Sport Musical
"""


def several(text: str) -> tuple[str, ...]:
    """The words of a text."""
    return tuple(text.split())


NOUNS: Final = several(_NOUNS)
ADJECTIVES: Final = several(_ADJECTIVES)
VERBS: Final = several(_VERBS)
PLACES: Final = tuple(name.replace("-", " ") for name in several(_PLACES))
GENRES: Final = (*several(_GENRES), "Science Fiction")
STUDIO_WORDS: Final = ("Pictures", "Films", "Studios", "Entertainment", "Productions", "Media")
NETWORKS: Final = tuple(
    f"{word} {n}" for word in ("Channel", "Kanal", "Canal") for n in range(1, 9)
)
COUNTED: Final = several("Two Three Four Five Six Seven Eight Nine Ten Eleven Twelve Thirteen")
ROMAN: Final = several("II III IV V VI VII VIII")
PREPOSITIONS: Final = several(
    "in of from for to with without under beyond before after against over"
)


def plural(noun: str) -> str:
    """ "City" becomes "cities"; irregular ones are made regular."""
    if noun.endswith(("s", "x", "ch", "sh", "z")):
        return f"{noun}es"
    if noun.endswith("y") and noun[-2] not in "aeou":
        return f"{noun[:-1]}ies"
    return f"{noun}s"


def doing(verb: str) -> str:
    """ "Chase" becomes "chasing", "run" becomes "running"."""
    if verb.endswith("ie"):
        return f"{verb[:-2]}ying"
    if verb.endswith("e") and not verb.endswith("ee"):
        return f"{verb[:-1]}ing"
    short = len(verb) <= 4 and verb[-1] not in "aeiouwxyhkl" and verb[-2] in "aeiou"
    return f"{verb}{verb[-1]}ing" if short and verb[-3:-2] not in tuple("aeiou") else f"{verb}ing"
