"""What makes a score transductive, as files say it of the predictions that they hold.

A transductive prediction of one test item was made with the help of the others: it could not have
been made for that item alone. Its scores are compared with others that were made so, and with no
others; every table and figure says of which kind they are.
"""

from collections.abc import Mapping
from typing import Any

WORD = "transductive"
# Keys of the provenance of predictions that travel on to whatever is made from them.
MARKS = ("uses_test_responses", "rescale", "transductive")


def marks(provenance: Mapping[str, Any]) -> dict[str, Any]:
    """Return the marks that a file made from a file of predictions inherits; none if it has none.

    Parameters
    ----------
    provenance : mapping
        Of the predictions.
    """
    return {name: provenance[name] for name in MARKS if provenance.get(name)}


def how_transductive(provenance: Mapping[str, Any]) -> str:
    """Return in words what was computed over the test side; empty if nothing was.

    Parameters
    ----------
    provenance : mapping
        Of predictions, or of pictures that were made from them.
    """
    found = []
    if provenance.get("uses_test_responses"):
        found.append("responses normalised over test trials")
    if provenance.get("rescale"):
        found.append("predictions rescaled over the test set")
    return "; ".join(found)
