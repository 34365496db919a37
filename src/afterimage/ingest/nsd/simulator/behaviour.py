"""Write the trials and button presses of a simulated subject.

The task is the published one: was this picture shown before, in any session (button 2) or not
(button 1)? The simulated subject remembers recent pictures best, changes its mind now and then, and
sometimes does not press at all; now and then the presses of a whole run are lost.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from afterimage.contracts.files import write_text
from afterimage.contracts.seeds import rng
from afterimage.ingest.nsd import layout
from afterimage.ingest.nsd.config import NsdConfig
from afterimage.ingest.nsd.simulator.design import Design
from afterimage.ingest.nsd.simulator.schedule import schedule_of

COLUMNS = (
    "SUBJECT",
    "SESSION",
    "RUN",
    "TRIAL",
    "73KID",
    "10KID",
    "TIME",
    "ISOLD",
    "ISCORRECT",
    "RT",
    "CHANGEMIND",
    "MEMORYRECENT",
    "MEMORYFIRST",
    "ISOLDCURRENT",
    "ISCORRECTCURRENT",
    "TOTAL1",
    "TOTAL2",
    "BUTTON",
    "MISSINGDATA",
)
NEW, OLD = 1, 2  # buttons
KNOWS_NEW, REMEMBERS_RECENT, REMEMBERS_OTHERS = 0.85, 0.92, 0.7  # probabilities of being right
PRESSES_NOTHING, CHANGES_MIND, LOSES_RUN = 0.01, 0.03, 0.01
MEDIAN_MS, LOG_SD = 850.0, 0.3
SECONDS_BETWEEN_RUNS = 60.0
DAYS_BETWEEN_SESSIONS, TIME_OF_DAY = 7.0, 0.5
SECONDS_PER_DAY = 86_400.0


def write_responses(root: Path, config: NsdConfig, subject: str, design: Design) -> None:
    """Write ``responses.tsv`` with all trials of a subject, also of sessions that are not read."""
    row = layout.subject_row(subject)
    trials = design.trials[row]
    pictures = design.shown_to(subject)
    when = _when(config, subject, trials // config.trials_per_session)
    memory = _memory(pictures, when["SESSION"].to_numpy())
    known = pd.DataFrame(
        {
            "SUBJECT": row + 1,
            **{name: when[name] for name in ("SESSION", "RUN", "TRIAL")},
            "73KID": pictures + 1,
            "10KID": design.ordering[:trials],
            "TIME": when["TIME"],
            **memory,
        }
    )
    assert config.simulate is not None
    seed = config.simulate.seed
    pressed = [
        _pressed(known[known["SESSION"] == session], rng(seed, "behaviour", subject, session))
        for session in range(1, trials // config.trials_per_session + 1)
    ]
    table = known.join(pd.concat(pressed))[list(COLUMNS)]
    text = table.to_csv(sep="\t", index=False, na_rep="NaN", lineterminator="\n")
    write_text(root / layout.responses_table(subject), text)


def _when(config: NsdConfig, subject: str, sessions: int) -> pd.DataFrame:
    """Return session, run and trial (1-based) and time (days) of each trial."""
    schedule = schedule_of(config)
    run = np.repeat(np.arange(len(schedule.trials)), [len(slots) for slots in schedule.trials])
    one = pd.DataFrame(
        {
            "RUN": run + 1,
            "TRIAL": np.concatenate([np.arange(len(slots)) + 1 for slots in schedule.trials]),
            "slot": np.concatenate(schedule.trials),
        }
    )
    parts = []
    run_seconds = schedule.slots * layout.TRIAL_SECONDS + SECONDS_BETWEEN_RUNS
    for session in range(1, sessions + 1):
        before = run + int(config.rests(subject, session))
        seconds = before * run_seconds + one["slot"] * layout.TRIAL_SECONDS
        start = (session - 1) * DAYS_BETWEEN_SESSIONS + TIME_OF_DAY
        parts.append(one.assign(SESSION=session, TIME=start + seconds / SECONDS_PER_DAY))
    return pd.concat(parts, ignore_index=True)


def _memory(pictures: np.ndarray, session: np.ndarray) -> dict[str, object]:
    """Return what there is to remember: whether a picture came before, and how long ago."""
    frame = pd.DataFrame(
        {"picture": pictures, "session": session, "trial": np.arange(len(pictures))}
    )
    shown = frame.groupby("picture")["trial"]
    current = frame.groupby(["picture", "session"]).cumcount()
    recent = frame["trial"] - shown.shift() - 1
    old = recent.notna().to_numpy()
    return {
        "ISOLD": old.astype(int),
        "ISOLDCURRENT": (current > 0).astype(int),
        "MEMORYRECENT": _whole(recent.fillna(0).to_numpy(), ~old),
        "MEMORYFIRST": _whole((frame["trial"] - shown.transform("min") - 1).to_numpy(), ~old),
    }


def _pressed(session: pd.DataFrame, random: np.random.Generator) -> pd.DataFrame:
    """Draw the button presses of one session."""
    count = len(session)
    old, current = (session[name].to_numpy() == 1 for name in ("ISOLD", "ISOLDCURRENT"))
    chance = np.where(old, np.where(current, REMEMBERS_RECENT, REMEMBERS_OTHERS), KNOWS_NEW)
    says_old = np.where(random.uniform(size=count) < chance, old, ~old)
    changed = random.uniform(size=count) < CHANGES_MIND
    idle = random.uniform(size=count) < PRESSES_NOTHING
    lost = (random.uniform(size=session["RUN"].max()) < LOSES_RUN)[session["RUN"] - 1]
    reaction = np.round(MEDIAN_MS * np.exp(LOG_SD * random.standard_normal(count)), 3)
    nothing = idle | lost
    # Without a press nothing is right or wrong, but the number of presses is known: none.
    presses = {"TOTAL1": ~says_old | changed, "TOTAL2": says_old | changed}
    judged = {
        "ISCORRECT": says_old == old,
        "CHANGEMIND": changed,
        "ISCORRECTCURRENT": says_old == current,
        "BUTTON": np.where(says_old, OLD, NEW),
    }
    return pd.DataFrame(
        {
            "RT": np.where(nothing, np.nan, reaction),
            **{name: _whole(values & ~idle, lost) for name, values in presses.items()},
            **{name: _whole(values, nothing) for name, values in judged.items()},
            "MISSINGDATA": lost.astype(int),
        },
        index=session.index,
    )


def _whole(values: np.ndarray, missing: np.ndarray) -> np.ndarray:
    """Return whole numbers as text, since a column of numbers with NaN would become fractions."""
    return np.where(missing, "NaN", values.astype(int).astype(str))
