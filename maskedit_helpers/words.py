"""The small English words that tell what an instruction's other words do: the lists behind `phrases`.

They are short on purpose. A word that is in none of them is taken for a noun, which is right for most of what
people ask to have edited.
"""

DETERMINERS = set("the a an this that these those my your his her its their our some any all both each every "
                  "another one two three".split())
NEW = set("a an some any another one two three".split())  # these bring in something that is not there yet
ADDING = set("add put place insert draw give let create generate include attach wear hang sprinkle".split())
REPLACING = {"replace", "swap", "exchange", "substitute", "cover", "fill"}
CHANGING = set("make turn change paint recolor recolour color colour dye convert transform remove delete erase take "
               "have set get keep move edit wash tint apply show render wrap want see become".split())
VERBS = ADDING | REPLACING | CHANGING
BECOMING = set("into to as like were was be is are been become becomes look looks resemble for".split())
OBJECTS = set("it this that them me him her us everything something".split())  # objects that name nothing
NAMING = DETERMINERS - OBJECTS - set("some any all every each both".split())  # what follows them is a noun
PLACES = set("near next beside behind under beneath above over below between in on onto at by around inside outside "
             "against across along front from off of".split())
CLAUSES = {"and", "then", "but", "or", ",", ".", ";", "please"}
# No noun, and no part of a noun phrase.
NOT_NOUNS = (VERBS | BECOMING | OBJECTS | PLACES | CLAUSES) | set(
    "with without than if what should would could can will shall must may might do does did not no he she they "
    "you we i who which where when while there here out up down away more less most very much too so just only also "
    "even still instead please now completely slightly : ! ?".split())

# What has no place of its own: to edit it is to edit the picture.
WHOLE = set("picture image photo photograph scene background view world weather season time day night evening morning "
            "afternoon noon dusk dawn midnight sunset sunrise daytime nighttime rain snow fog mist storm winter summer "
            "spring autumn fall style painting drawing sketch cartoon comic anime watercolor watercolour art artwork "
            "mood atmosphere lighting photorealism".split())
# What is of a thing: to change it is to change the thing.
ATTRIBUTES = set("color colour shape size material texture pattern look appearance style surface".split())

ADJECTIVES = set(
    "red blue green yellow purple orange pink white black brown grey gray gold golden silver beige turquoise violet "
    "cyan magenta blonde dark darker light lighter bright brighter pale colorful colourful "
    "leather wooden metal metallic plastic glass stone brick paper velvet silk denim cotton woollen furry fluffy "
    "plain shiny matte transparent dotted "
    "big bigger small smaller large larger huge tiny tall taller short shorter long longer wide wider thin thick fat "
    "old older young younger new newer ancient modern happy happier sad angry scary cute funny playful friendly "
    "wet dry snowy sunny cloudy rainy foggy misty stormy hot cold warm cool clean dirty empty full open real realistic "
    "beautiful pretty ugly soft hard smooth rough round square rich poor strong weak vintage sunlit left right".split())
# Ends like an adjective's, but of nouns.
NOUNS = set("building ring earring king wing ceiling clothing painting string thing wedding lightning swing sling bed "
            "shed reed seed weed sled steed".split())


def describes(word):
    """Is it an adjective, by the list or by its ending?"""
    return word in ADJECTIVES or word not in NOUNS and len(word) > 4 and word.endswith(
        ("ed", "ing", "ful", "ous", "ish", "less"))
