from dataclasses import dataclass

import numpy as np
import pytest

from afterimage.evaluate.pair import Pair
from afterimage.evaluate.refits import null_means


@dataclass
class First:
    """A metric that scores what the first prediction says."""

    name: str = "first"

    def score(self, pair):
        return Said(pair.predicted[0, 0])


@dataclass
class Said:
    value: float


def refit(value):
    return Pair(np.array([[value]]), np.zeros((1, 1)), np.array(["a"]))


def test_refits_are_averaged_part_by_part_and_undefined_ones_left_out():
    refits = [("V1", 0.4), ("V2", 1.0), ("V1", 0.6), ("V2", np.nan), ("V3", np.nan)]
    means = null_means((part, [First()], refit(value)) for part, value in refits)
    assert means["V1"] == {"first": pytest.approx(0.5)}
    assert means["V2"] == {"first": 1.0}
    assert np.isnan(means["V3"]["first"])


def test_refits_are_read_one_at_a_time():
    alive = []

    def read():
        for number in range(3):
            alive.append(number)
            yield "all", [CountsAlive()], refit(0.5)

    class CountsAlive(First):
        def score(self, pair):
            return Said(float(len(alive)))

    assert null_means(read()) == {"all": {"first": 2.0}}


def test_without_refits_there_is_no_null():
    assert null_means([]) == {}
