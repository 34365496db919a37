"""Errors that a user can mend: two lines, the cause and the remedy."""

from collections.abc import Sequence


class UserError(Exception):
    """A mistake of the user's, told in two lines and never as a traceback.

    Parameters
    ----------
    what : str
        The file, the key, what was expected and what was found.
    remedy : str
        What to do about it.
    details : sequence of str
        What is too long for two lines, such as all ids concerned; a job writes it to its log.
    """

    def __init__(self, what: str, remedy: str, details: Sequence[str] = ()) -> None:
        self.what = " ".join(what.split())
        self.remedy = " ".join(remedy.split())
        self.details = tuple(details)
        super().__init__(f"{self.what}\n{self.remedy}")


class ConfigError(UserError):
    """The configuration is wrong."""


class DataError(UserError):
    """A file is missing, damaged or not what it should be."""


class ShapeError(DataError):
    """Two files, or a file and its description, disagree about a shape."""


class LeakError(UserError):
    """Test stimuli are known to the training side."""
