"""Words around numbers."""


def counted(n, thing):
    """ "1 scene", "2 scenes" """
    return f"{n} {thing}{'' if n == 1 else 's'}"


def and_list(words):
    """ "a, b and c" """
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last
