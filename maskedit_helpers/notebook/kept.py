"""What was computed last, kept by what it was computed from, so that nothing is computed twice."""


class Kept:
    """The latest value of each of several things, or the error that it ended in."""

    def __init__(self):
        self._latest = {}  # {name: (key, value, error)}

    def get(self, name, key, make):
        """The value of `name` for `key`: the latest if that was its key, else `make()`. An error is kept and raised
        again as a value is."""
        if not self.has(name, key):
            try:
                self._latest[name] = key, make(), None
            except Exception as error:
                self.fail(name, key, error)
        _, value, error = self._latest[name]
        if error is not None:
            raise error.with_traceback(None)
        return value

    def fail(self, name, key, error):
        """Let `get` raise this error."""
        self._latest[name] = key, None, error

    def has(self, name, key):
        """Would `get` answer at once?"""
        return name in self._latest and self._latest[name][0] == key
