"""What a report must say about a recording of THINGS-EEG2."""

from collections.abc import Mapping, Sequence

from afterimage.ingest.meeg.presets import name_of
from afterimage.ingest.meeg.steps import Step
from afterimage.ingest.simulated.evoked import told_of_kinds
from afterimage.ingest.things_eeg2.config import ThingsEeg2Config
from afterimage.ingest.things_eeg2.events import Events
from afterimage.ingest.things_eeg2.layout import ONSETS_SECONDS, PARTITIONS, Partition
from afterimage.ingest.things_eeg2.released import Released

NEIGHBOURS = (
    f"Pictures followed each other every {1000 * ONSETS_SECONDS:.0f} ms: the window also holds "
    "responses to neighbouring pictures."
)
WHITENED = {
    "official": "Epochs as released by the authors. They were whitened with covariances that "
    "average training and test trials: transductive, whatever the split.",
    "nice": "Epochs as NICE's scripts write them, whitened with covariances of the training "
    "partition (an early version of the scripts used both partitions).",
}
SIMULATED = ["The recording is simulated.", told_of_kinds()]


def released_notes(config: ThingsEeg2Config, both: Mapping[Partition, Released]) -> list[str]:
    """Return sentences about epochs that were released."""
    notes = [*SIMULATED] if config.simulate is not None else [WHITENED[config.form]]
    counts = [f"{len(both[p].values)} {p} pictures x {both[p].values.shape[1]}" for p in PARTITIONS]
    times = both["training"].times
    notes.append(
        f"{counts[0]} and {counts[1]} repetitions, {len(times)} samples from {times[0]:g} to "
        f"{times[-1]:g} s. Sessions are not known: all trials count as one session."
    )
    # Simulated epochs are without neighbours.
    return notes if config.simulate is not None else [*notes, NEIGHBOURS]


def continuous_notes(
    config: ThingsEeg2Config, steps: Sequence[Step], events: Sequence[Events]
) -> list[str]:
    """Return sentences about continuous recordings, with the number of trials left out."""
    notes = [*SIMULATED] if config.simulate is not None else []
    named = name_of(config.preprocess) or "own"
    listed = ", ".join(step.step for step in steps)
    notes.append(f"Cut from the continuous recordings; preprocessing: {named} ({listed}).")
    sessions = sorted({own.session for own in events})
    notes.append(f"Sessions: {', '.join(map(str, sessions))}.")
    counted = [sum(getattr(own, kind) for own in events) for kind in ("targets", "further")]
    notes.append(f"Left out: {counted[0]} target trials.")
    if not isinstance(config.repetitions, str):
        limit = config.repetitions
        notes.append(
            f"Of each session at most {limit.training} trials of a training picture and "
            f"{limit.test} of a test picture, drawn at random (seed {config.seed}); "
            f"{counted[1]} trials left out."
        )
    if outside := sum(own.outside for own in events):
        notes.append(f"Left out: {outside} trials whose windows reach outside the recording.")
    return [*notes, NEIGHBOURS]
