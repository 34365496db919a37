"""In which order the pictures of the Natural Scenes Dataset come.

One order of trials serves all subjects; whoever came to fewer sessions saw the beginning of it. A
trial names a position in the subject's own list of pictures, whose first ones are shared by all.
"""

import numpy as np

from afterimage.contracts.seeds import rng
from afterimage.ingest.nsd.config import NsdConfig
from afterimage.ingest.nsd.layout import PUBLISHED_SHARED, PUBLISHED_TRIALS

REPETITIONS = 3  # of the shared pictures

# After how many sessions, and how many of the 1,000 shared and of the 9,000 other pictures had
# then been shown at least once, twice, three times. The manual tells the sums of 30, 32 and 40
# sessions and the shared pictures of 30; others tell the pictures and trials of 37, and the shared
# trials of all (1985, 2113, 2188, 2371, 2770, 3000). What they leave open is interpolated.
SHOWN: tuple[tuple[int, tuple[int, int, int], tuple[int, int, int]], ...] = (
    (27, (872, 690, 423), (8000, 6370, 3895)),
    (29, (896, 743, 474), (8206, 6857, 4574)),
    (30, (907, 766, 515), (8302, 7080, 4930)),
    (32, (930, 828, 613), (8481, 7527, 5621)),
    (37, (982, 935, 853), (8859, 8470, 7651)),
    (40, (1000, 1000, 1000), (9000, 9000, 9000)),
)


def master_ordering(config: NsdConfig, seed: int) -> np.ndarray:
    """Order the trials of a simulated experiment.

    Parameters
    ----------
    config : NsdConfig
        With a ``simulate`` section.
    seed : int

    Returns
    -------
    ndarray of int64, shape (n_trials,)
        1-based position in a subject's own list; up to the number of shared pictures: shared.
    """
    return published_ordering(seed) if config.is_full_length() else _short_ordering(config, seed)


def published_ordering(seed: int) -> np.ndarray:
    """Order 30,000 trials so that all published counts hold after every number of sessions.

    Which picture has come how often by then is fixed by its rank in two random lists; within the
    sessions between two of the counts the order is random.

    Parameters
    ----------
    seed : int

    Returns
    -------
    ndarray of int64, shape (30000,)
        See :func:`master_ordering`.

    References
    ----------
    NSD Data Manual (cvnlab.slite.page), section "Technical notes", final numbers.
    """
    random = rng(seed, "ordering")
    ranked = (
        random.permutation(PUBLISHED_SHARED),
        PUBLISHED_SHARED + random.permutation(SHOWN[-1][2][0]),
    )
    blocks = []
    before = ((0, 0, 0), (0, 0, 0))
    for _, *shown in SHOWN:
        shown_now = [
            pictures[old:new]
            for pictures, olds, news in zip(ranked, before, shown, strict=True)
            for old, new in zip(olds, news, strict=True)
        ]
        blocks.append(random.permutation(np.concatenate(shown_now)))
        before = (shown[0], shown[1])
    ordering = np.concatenate(blocks) + 1
    assert len(ordering) == SHOWN[-1][0] * PUBLISHED_TRIALS
    return ordering


def _short_ordering(config: NsdConfig, seed: int) -> np.ndarray:
    """Show each shared picture three times within the sessions of the shortest recording.

    The repetitions are spread over it; training pictures fill the rest, each once before any comes
    twice.
    """
    wanted = config.simulate
    assert wanted is not None, "the configuration has no section 'simulate'"
    random = rng(seed, "ordering")
    lengths = [config.sessions_of(subject)[-1] for subject in config.sessions]
    shortest, longest = min(lengths), max(lengths)
    shared = np.concatenate([random.permutation(wanted.shared) for _ in range(REPETITIONS)])
    own_trials = longest * config.trials_per_session - len(shared)
    rounds = -(-own_trials // wanted.pictures)
    own = np.concatenate([random.permutation(wanted.pictures) for _ in range(rounds)])
    own += wanted.shared
    common = np.array_split(shared, shortest) + [shared[:0]] * (longest - shortest)
    fill = [config.trials_per_session - len(part) for part in common]
    others = np.split(own[:own_trials], np.cumsum(fill)[:-1])
    sessions = [
        random.permutation(np.concatenate(parts)) for parts in zip(common, others, strict=True)
    ]
    return np.concatenate(sessions) + 1
