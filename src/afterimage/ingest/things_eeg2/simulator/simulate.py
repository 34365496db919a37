"""Write a simulated experiment in the published layout of THINGS-EEG2.

The same configuration and seed give the same bytes.
"""

from pathlib import Path

from afterimage.contracts.modelfiles import save_tensors
from afterimage.contracts.progress import progress
from afterimage.ingest.simulated.features import views
from afterimage.ingest.simulated.pictures import draw_reference
from afterimage.ingest.things_eeg2 import layout
from afterimage.ingest.things_eeg2.config import ThingsEeg2Config
from afterimage.ingest.things_eeg2.simulator.continuous import write_continuous
from afterimage.ingest.things_eeg2.simulator.epochs import write_epochs
from afterimage.ingest.things_eeg2.simulator.person import draw_person, times_of, truth_about
from afterimage.ingest.things_eeg2.simulator.pictures import draw_shown, write_pictures


def simulate(config: ThingsEeg2Config, root: Path) -> None:
    """Write pictures, their names, recordings in the configured form, and truth of all subjects.

    Parameters
    ----------
    config : ThingsEeg2Config
        With a ``simulate`` section.
    root : Path
        Folder that stands for the root of the data set.

    Raises
    ------
    DataError
        If a photograph is missing or unreadable, or not enough different pictures can be drawn.
    """
    wanted = config.simulate
    assert wanted is not None, "the configuration has no section 'simulate'"
    shown = draw_shown(wanted)
    write_pictures(root, config, shown)
    seen = {part: views(own.pictures) for part, own in shown.items()}
    reference = views(draw_reference(wanted.reference_pictures, wanted.side, wanted.seed))
    write = write_continuous if config.form == "raw" else write_epochs
    subjects = sorted(config.subjects)
    for subject in progress(subjects, len(subjects), "simulating"):
        person = draw_person(config, subject, reference, seen)
        write(root, config, person)
        truth = truth_about(person, reference, times_of(config))
        save_tensors(root / layout.truth_file(subject), truth)
