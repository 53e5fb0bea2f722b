"""Words that describe: the list, and the endings that tell one which the list lacks."""

ADJECTIVES = frozenset(
    "red blue green yellow purple orange pink white black brown grey gray gold golden silver beige turquoise violet "
    "cyan magenta blonde navy crimson scarlet teal maroon dark darker light lighter bright brighter pale colorful "
    "colourful leather wooden metal metallic plastic glass stone brick paper velvet silk denim cotton wool woollen "
    "furry fluffy curly shaggy fuzzy hairy rusty dusty muddy spotty plain shiny matte transparent dotted "
    "big bigger small smaller large larger huge tiny tall taller short shorter long longer wide wider thin thick fat "
    "high higher low lower deep deeper old older young younger new newer ancient modern happy happier sad angry scary "
    "cute funny playful friendly sleepy hungry lazy crazy busy bald naked wet dry snowy sunny cloudy rainy foggy misty "
    "stormy windy icy hot cold warm cool clean dirty empty full open shut closed broken frozen lit torn worn sunken "
    "burnt asleep awake alive dead real realistic beautiful pretty ugly soft hard smooth rough round square flat sharp "
    "blunt rich poor strong weak nice nicer better worse vintage medieval sunlit left right first second third fourth "
    "last other same single whole next upper lower front hind same own giant miniature electric closer nearer farther "
    "further".split())
# End like adjectives, but are nouns.
NOUNS = frozenset("building ring earring king wing ceiling clothing painting string thing wedding lightning swing "
                  "sling bed shed reed seed weed sled steed breed dumpling duckling railing awning crossing pudding "
                  "dressing forest chest nest guest west vest harvest priest pier tier evening morning spring "
                  "radish dish fish goldfish jellyfish starfish brush bush table vegetable cable syllable parable "
                  "topping icing frosting lining stocking".split())
# Nouns as well: "a glass door", "the wine glass"; VESSELS oftener than what a thing is made of. And what makes of
# "light" a thing and not a shade.
ALSO_NOUNS = frozenset("leather metal plastic glass stone brick paper velvet silk denim cotton wool gold silver orange "
                       "light violet rose square round open front giant electric second".split())
VESSELS = {"glass", "paper", "stone", "brick"}
LAMPS = frozenset("traffic street signal warning ceiling night christmas stop tail brake fairy porch flash".split())
ENDINGS = ("ed", "ing", "ful", "ous", "ish", "less", "able", "ible", "ier", "iest", "est")


def describes(word):
    """Is it an adjective, by the list or by its ending?"""
    return word in ADJECTIVES or word not in NOUNS and len(word) > 4 and (word.endswith(ENDINGS) or _compares(word))


def _compares(word):
    """ "whiter", "thinner": one of the list with an ending."""
    return word.endswith("er") and any(stem in ADJECTIVES for stem in (word[:-2], word[:-1], word[:-3]))
