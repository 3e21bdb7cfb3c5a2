"""What goes wrong before, or outside of, a request, and is the user's to put right."""


class Problem(Exception):
    """Ends the program with one line on standard error. ``code`` is its exit status."""

    def __init__(self, line: str, code: int = 1) -> None:
        super().__init__(line)
        self.code = code


class BadSetting(Problem):
    """A setting that cannot be used: which one, its value, and what would be right. Ends with status 2."""

    def __init__(self, name: str, value: str, right: str) -> None:
        super().__init__(f"{name} is {value!r}; it must be {right}.", code=2)
        self.name = name
