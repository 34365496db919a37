"""Which picture a simulated subject saw when: the table of attributes."""

from pathlib import Path

import numpy as np
import pandas as pd

from afterimage.contracts.files import write_text
from afterimage.contracts.seeds import rng
from afterimage.ingest.things_meg import layout
from afterimage.ingest.things_meg.attributes import COLUMNS
from afterimage.ingest.things_meg.config import Simulation, ThingsMegConfig

LEAD_IN = 2.0  # seconds before the first onset of a run
SHOWN_SECONDS = 0.5
HITS, FALSE_ALARMS = 0.9, 0.01


def draw_design(config: ThingsMegConfig, subject: str, tests: np.ndarray) -> pd.DataFrame:
    """Draw the order of trials of all sessions.

    In each session every concept is shown once by an exemplar of its own, and every test picture
    once.

    Parameters
    ----------
    config : ThingsMegConfig
        With a ``simulate`` section.
    subject : str
    tests : ndarray of int
        0-based concepts that have a test picture.

    Returns
    -------
    DataFrame
        ``trial_type``, ``concept`` and ``exemplar`` (0 for catch trials), ``session``, ``run``,
        ``onset`` in seconds from the start of the run.
    """
    wanted = config.simulate
    assert wanted is not None, "the configuration has no section 'simulate'"
    random = rng(wanted.seed, "design", subject)
    # The exemplar of each concept in each session.
    order = np.argsort(random.random((wanted.concepts, wanted.exemplars)), axis=1) + 1
    sessions = []
    for session in range(1, wanted.exemplars + 1):
        kinds = np.repeat(["exp", "test", "catch"], [wanted.concepts, len(tests), wanted.catch])
        concepts = [np.arange(wanted.concepts), tests, np.full(wanted.catch, -1)]
        exemplars = [
            order[:, session - 1],
            np.full(len(tests), wanted.exemplars + 1),
            np.zeros(wanted.catch, dtype=int),
        ]
        table = pd.DataFrame(
            {
                "trial_type": kinds,
                "concept": np.concatenate(concepts),
                "exemplar": np.concatenate(exemplars),
            }
        )
        table = table.iloc[random.permutation(len(table))]
        table["session"] = session
        table["run"] = _runs(len(table), config.runs_per_session)
        table["onset"] = np.concatenate(
            [_onsets(size, wanted, random) for size in table.groupby("run").size()]
        )
        sessions.append(table)
    return pd.concat(sessions, ignore_index=True)


def attributes_of(
    design: pd.DataFrame, stems: dict[tuple[int, int], str], seed: int, subject: str
) -> pd.DataFrame:
    """Return the published table.

    Parameters
    ----------
    design : DataFrame
        From :func:`draw_design`.
    stems : dict of (concept, exemplar) to str
        In the order of the list of pictures.
    seed : int
    subject : str
    """
    numbers = {key: number for number, key in enumerate(stems, 1)}
    keys = list(zip(design["concept"].tolist(), design["exemplar"].tolist(), strict=True))
    is_catch = (design["trial_type"] == "catch").to_numpy()
    is_test = (design["trial_type"] == "test").to_numpy()
    things = np.array([numbers.get(key, np.nan) for key in keys])
    tests = {
        key: at
        for at, key in enumerate(sorted({k for k, t in zip(keys, is_test, strict=True) if t}), 1)
    }
    table = pd.DataFrame(
        {
            "trial_type": design["trial_type"],
            "image_nr": np.where(is_catch, len(stems) + np.cumsum(is_catch), things).astype(int),
            "category_nr": np.where(is_catch, design["concept"].max() + 2, design["concept"] + 1),
            "exemplar_nr": design["exemplar"],
            "test_image_nr": [
                tests.get(key, 0) if t else 0 for key, t in zip(keys, is_test, strict=True)
            ],
            "things_category_nr": np.where(is_catch, np.nan, design["concept"] + 1),
            "things_image_nr": things,
            "things_exemplar_nr": np.where(is_catch, np.nan, design["exemplar"]),
            "image_path": _paths(keys, is_catch, is_test, stems),
            "onset": design["onset"],
            "image_on": design["onset"],
            "image_off": design["onset"] + SHOWN_SECONDS,
            **_behaviour(is_catch, rng(seed, "behaviour", subject)),
            "session_nr": design["session"],
            "run_nr": design["run"],
        }
    )
    return table[list(COLUMNS)]


def write_attributes(root: Path, subject: str, table: pd.DataFrame) -> None:
    """Write the table of attributes."""
    write_text(root / layout.attributes_file(subject), table.to_csv(index=False))


def _runs(trials: int, runs: int) -> np.ndarray:
    return np.repeat(
        np.arange(1, runs + 1), [len(part) for part in np.array_split(np.arange(trials), runs)]
    )


def _onsets(count: int, wanted: Simulation, random: np.random.Generator) -> np.ndarray:
    """Return onsets on the grid of samples, in seconds."""
    apart = wanted.interval + wanted.interval_jitter * random.uniform(-1, 1, count)
    onsets = LEAD_IN + np.cumsum(apart) - apart[0]
    return np.rint(onsets * wanted.rate) / wanted.rate


def _paths(
    keys: list[tuple[int, int]],
    is_catch: np.ndarray,
    is_test: np.ndarray,
    stems: dict[tuple[int, int], str],
) -> list[str]:
    paths, caught = [], 0
    for key, catch, test in zip(keys, is_catch, is_test, strict=True):
        caught += catch
        stem = "" if catch else stems[key]
        if catch:
            paths.append(f"images_catch_meg/catch{caught:03d}.jpg")
        elif test:
            paths.append(f"images_test_meg/{stem}.jpg")
        else:
            paths.append(f"images_meg/{layout.concept_of(stem)}/{stem}.jpg")
    return paths


def _behaviour(is_catch: np.ndarray, random: np.random.Generator) -> dict[str, np.ndarray]:
    responded = random.random(len(is_catch)) < np.where(is_catch, HITS, FALSE_ALARMS)
    seconds = np.round(random.uniform(0.35, 0.9, len(is_catch)), 4)
    return {
        "responded": responded.astype(int),
        "key_id": np.where(responded, 1.0, np.nan),
        "key_time": np.where(responded, seconds, np.nan),
        "RT": np.where(responded, seconds, np.nan),
    }
