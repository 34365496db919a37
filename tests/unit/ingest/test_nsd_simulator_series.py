import h5py
import nibabel
import numpy as np
import pytest
from nsd_examples import responses_of, shown_to, tiny, volume_of

from afterimage.contracts.truth import load_truth
from afterimage.ingest.nsd import layout
from afterimage.ingest.nsd.config import NsdConfig
from afterimage.ingest.nsd.simulator.schedule import schedule_of
from afterimage.ingest.nsd.simulator.series import haemodynamic_response
from afterimage.ingest.nsd.simulator.simulate import simulate

SUBJECT = "subj03"
WINDOW = {"first": 0, "last": 5}
VOLUMES = {"func1pt8mm": (4 / 3, 3), "func1mm": (1.0, 4)}


@pytest.fixture(scope="module", params=sorted(VOLUMES))
def made(request, tmp_path_factory):
    config = tiny(sessions={SUBJECT: 3}, series=WINDOW, space=request.param)
    root = tmp_path_factory.mktemp(request.param)
    simulate(config, root)
    return config, root


def design_of(made, session, run):
    config, root = made
    path = root / layout.series_design_file(SUBJECT, config.space, session, run)
    return np.loadtxt(path, dtype=int)


def test_runs_of_published_length_have_the_published_number_of_volumes():
    config = NsdConfig.model_validate({"name": "nsd", "sessions": {SUBJECT: 1}})
    schedule = schedule_of(config)
    assert schedule.slots == 75
    assert schedule.volumes("func1pt8mm") == 226
    assert schedule.volumes("func1mm") == 301
    assert [len(slots) for slots in schedule.trials] == [63, 62] * 6
    for slots in schedule.trials:
        assert (slots[0], slots[-1]) == (3, 70)
        assert set(np.diff(slots)) == {1, 2}


def test_volumes_have_the_published_type_spacing_and_time(made):
    config, root = made
    seconds, per_slot = VOLUMES[config.space]
    image = nibabel.load(root / layout.series_file(SUBJECT, config.space, 1, 1))
    assert image.shape == (10, 7, 9, (6 + 7) * per_slot + 1)
    assert image.header.get_data_dtype() == np.int16
    assert image.header.get_zooms()[3] == pytest.approx(seconds)
    assert image.header.get_xyzt_units() == ("mm", "sec")
    mask = nibabel.load(root / layout.brain_mask_file(SUBJECT, config.space))
    assert (image.affine == mask.affine).all()
    brain = np.asarray(mask.dataobj) > 0
    values = volume_of(root / layout.series_file(SUBJECT, config.space, 1, 1))
    assert (values[~brain] == 0).all()
    assert values[brain].min() > 300
    assert (values[brain].std(axis=1) > 0).all()


def test_sessions_with_rest_count_the_resting_runs(made):
    config, root = made
    folder = root / layout.series_file(SUBJECT, config.space, 1, 1)
    runs = {
        session: sorted(
            int(path.name[-9:-7]) for path in folder.parent.glob(f"*session{session:02d}*")
        )
        for session in (1, 2, 3)
    }
    assert runs == {1: [1, 2, 3, 4], 2: [1, 2, 3, 4, 5, 6], 3: [1, 2, 3, 4]}
    for session, numbers in runs.items():
        assert config.recorded_runs(SUBJECT, session) == len(numbers)
        resting = [run for run in numbers if not design_of(made, session, run).any()]
        assert resting == ([1, 6] if session == 2 else [])


def test_designs_name_the_picture_from_1_at_the_volume_of_its_onset(made):
    config, root = made
    _, per_slot = VOLUMES[config.space]
    numbers = shown_to(root, SUBJECT, 66)
    table = responses_of(root, SUBJECT)
    for session, offset in ((1, 0), (2, 1), (3, 0)):
        shown = []
        for run in range(1, 5):
            design = design_of(made, session, run + offset)
            onsets = np.flatnonzero(design)
            assert len(design) == (6 + 7) * per_slot + 1
            assert (onsets % per_slot == 0).all()
            # Blank slots come first and last.
            assert onsets.min() >= 3 * per_slot
            assert onsets.max() < len(design) - 4 * per_slot
            shown += design[onsets].tolist()
            times = table[(table["SESSION"] == session) & (table["RUN"] == run)]["TIME"]
            seconds = (times - times.iloc[0]) * 86_400
            steps = (onsets - onsets[0]) * VOLUMES[config.space][0]
            np.testing.assert_allclose(seconds, steps, atol=1e-3)
        assert (np.array(shown) - 1 == numbers[(session - 1) * 22 : session * 22]).all()


def test_no_betas_are_written_beside_series(made):
    _, root = made
    assert not (root / "nsddata_betas").exists()


def test_response_peaks_at_one_a_few_seconds_after_the_onset_and_undershoots():
    seconds = np.arange(-5, 30, 0.01)
    response = haemodynamic_response(seconds)
    assert (response[seconds < 0] == 0).all()
    assert response.max() == pytest.approx(1, abs=1e-3)
    assert 5 < seconds[response.argmax()] < 8
    assert -0.3 < response.min() < -0.02


def test_fitting_the_response_to_the_series_gives_the_betas_of_the_same_seed(made, tmp_path):
    config, root = made
    other = tiny(sessions={SUBJECT: 3}, space=config.space)
    simulate(other, tmp_path)
    (name,) = layout.betas_files(SUBJECT, config.space, config.betas, 3, "hdf5")
    index = load_truth(root / layout.truth_file(SUBJECT))["index"]
    with h5py.File(tmp_path / name) as file:
        betas = file["betas"][:].transpose(3, 2, 1, 0).reshape(-1, 22)[index].T / 300
    found = []
    for run in range(1, 5):
        design = design_of(made, 3, run)
        series = volume_of(root / layout.series_file(SUBJECT, config.space, 3, run))
        signal = series.reshape(-1, len(design))[index].T.astype(float)
        time = np.arange(len(design))[:, None]
        seconds = (time - np.flatnonzero(design)) * VOLUMES[config.space][0]
        slow = np.hstack([time**0, time, time**2])
        model = np.hstack([haemodynamic_response(seconds), slow / len(design)])
        fitted = np.linalg.lstsq(model, signal, rcond=None)[0][: seconds.shape[1]]
        found.append(100 * fitted / signal.mean(axis=0))
    assert np.corrcoef(np.concatenate(found).ravel(), betas.ravel())[0, 1] > 0.8
