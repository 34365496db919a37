"""Where a data set's raw files can be downloaded from."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Remote:
    """A public bucket.

    Attributes
    ----------
    url : str
        "s3://bucket" or "s3://bucket/prefix"; files lie below it by their path relative to the
        root.
    region : str
    terms : str
        What has to be accepted before anything is downloaded, and where.
    """

    url: str
    region: str
    terms: str
