"""The small English words that tell what an instruction's other words do: the lists behind `tagging` and `clauses`.

They are short on purpose. A word that is in none of them, nor in `adjectives`, is taken for a noun, which is right for
most of what people ask to have edited. Words of several parts count as one.
"""


def _words(text):
    return frozenset(word.replace("_", " ") for word in text.split())


# What begins a noun phrase. NEW ones bring in something that is not there yet.
NUMBERS = _words("one two three four five six seven eight nine ten several few many")
NEW = _words("a an some any another no more") | NUMBERS
EXCESS = _words("no no_more too_many too_much")  # of these there are to be fewer, or none
DETERMINERS = NEW | EXCESS | _words("the this that these those my your his her its their our all both each every")
OWNERS = _words("my your his her its their our")

# Pronouns. IT stands for a thing, or for all of the picture; PERSONS can't be looked for; SPEAKERS are not in it.
IT = _words("it it's this that that's these those everything something anything itself")
NEWCOMERS = _words("someone somebody")
PERSONS = NEWCOMERS | _words("he he's him she she's her they they're them himself herself themselves everyone "
                             "everybody")
SPEAKERS = _words("me us")
FILLERS = _words("i we you let's please kindly now just also maybe perhaps ok okay hey mind simply only even still "
                 "instead so too")

# Verbs by what they do to their objects.
ADDING = _words("add put place insert draw create generate include attach hang sprinkle stick write scatter pour plant "
                "build install introduce bring mount glue engrave stamp print wear put_on")
GIVING = _words("give lend grant")
REMOVING = _words("remove delete erase get_rid_of do_away_with clear strip lose eliminate hide discard drop")
REPLACING = _words("replace swap exchange substitute trade switch cover fill wrap surround decorate coat")
KEEPING = _words("keep leave")  # what they name stays
CAUSING = _words("make have let get want render need i_want we_want i'd_like we'd_like i_would_like")
CHANGING = _words("turn change paint recolor recolour color colour dye convert transform take set move edit wash tint "
                  "apply show see increase decrease reduce raise lower adjust blur sharpen dress cut pick tie")
VERBS = ADDING | GIVING | REMOVING | REPLACING | KEEPING | CAUSING | CHANGING
WANTING = _words("want need have i_want we_want i'd_like we'd_like i_would_like")  # "I want a hat": it is not there

# What a thing may be made to do. After a thing these are verbs, after an article nouns.
ACTIONS = _words("say read smile run jump fly sit stand lie hold wear look wave dance sleep walk laugh cry eat drink "
                 "swim face glow shine melt bloom burn disappear vanish appear seem become resemble carry ride play "
                 "have be come go float fall grow open close turn bark yawn sing kiss hug point frown wink bend break "
                 "fight land came went wore held sat stood flew ran swam grew became sang fell broke")
BEING = _words("is are was were be been being isn't aren't")
HAVING = _words("has had needs")
AUXILIARIES = _words("can could would should will shall must might may do does did don't shouldn't "
                     "ought_to has_to have_to needs_to need_to")
CONTAINERS = _words("can will may might must")  # these may be nouns too: "the watering can"

# With a verb before them, or with nothing after, these belong to the verb: "turn off", "pick up", "turn it around".
PARTICLES = _words("off on up down away out over around back in")
# Verbs that with such a particle take their object away.
TAKEN_WITH = {"take": _words("off away out down"), "cut": _words("out off down away"), "put": _words("away"),
              "wipe": _words("off away"), "throw": _words("away out"), "rub": _words("out off"),
              "pull": _words("off out")}

# Prepositions. What is added ON a thing is edited there; what is added BESIDE it, elsewhere.
ON = _words("on onto upon in into inside to around from for within across throughout off of at_the_end_of on_top_of")
BESIDE = _words("near next_to close_to beside behind under beneath above over below between by against along at after "
                "past toward towards in_front_of to_the_left_of to_the_right_of on_the_left_of on_the_right_of outside "
                "before in_the_middle_of")
BECOMING = _words("into to as like out_of made_of made_from in_the_style_of as_if")
INSTEAD = _words("instead_of in_place_of")
WITHOUT = _words("without")
PREPOSITIONS = ON | BESIDE | BECOMING | INSTEAD | WITHOUT | _words("with than except about through during per")

QUESTIONS = _words("what how where why if when imagine")
RELATIVE = _words("that which who whose")
CONJUNCTIONS = _words("and or but ,")
STOPS = _words(". ; ! ? : then")
# Adverbs, and other ends of a sentence that name nothing.
ADVERBS = _words("very much quite rather really more most less a_bit a_little a_lot twice twice_as half there here not "
                 "once again together apart forward backwards upside_down on_fire to_life in_half in_bloom in_ruins "
                 "away_from completely slightly partly entirely all_over at_all on_it gone else")
MANY = sorted((word for word in VERBS | PREPOSITIONS | ADVERBS | DETERMINERS | AUXILIARIES if " " in word),
              key=len, reverse=True)

# What has no place of its own: to edit it is to edit the picture.
WHOLE = _words("picture image photo photograph scene view world weather season time day night evening morning "
               "afternoon noon dusk dawn midnight sunset sunrise daytime nighttime rain snow fog mist storm winter "
               "summer spring autumn fall style painting drawing sketch cartoon comic anime watercolor watercolour art "
               "artwork mood atmosphere lighting photorealism contrast brightness saturation exposure resolution "
               "quality snowfall rainfall sunshine sunlight daylight moonlight colors colours tones vibe filter "
               "photography")
PICTURES = _words("picture image photo photograph painting drawing sketch")  # these may hang on a wall, too
WEATHER = _words("rain snow fog mist storm sunshine sunlight daylight moonlight snowfall rainfall")  # on a roof, too
NOWHERE = _words("left right top bottom corner center centre middle side front back foreground distance edge")
BACKGROUND = _words("background backdrop")
# What is of a thing: to change it is to change the thing.
ATTRIBUTES = _words("color colour shape size material texture pattern look appearance style surface pose posture "
                    "position height age orientation breed kind type species") | WHOLE - PICTURES - WEATHER
