"""Responses are normalised within the groups of trials that a mode names, by those it may see."""

from typing import get_args

import numpy as np
import pandas as pd
import pytest
from model_rows import N_TEST, VOXELS, write_array
from sklearn.preprocessing import StandardScaler

from afterimage.contracts.config import experiment
from afterimage.contracts.errors import DataError
from afterimage.contracts.registry import find_class, known
from afterimage.models import normalise, statistics
from afterimage.models.fitting import fit_model
from afterimage.models.folds import ResponseSettings
from afterimage.models.learning_curve import learning_curve
from afterimage.models.normalise import fit_normalisation, group_labels
from afterimage.models.raw_responses import raw_test_responses
from afterimage.models.ridge_decoder import RidgeConfig, RidgeDecoder

KEPT = np.delete(np.arange(VOXELS), 3)
RIDGE = RidgeConfig(name="ridge")
MODES = [mode for mode in get_args(normalise.Mode) if mode != "none"]
MODELS = [(seam, name) for seam in ("decoder", "encoder") for name in known(seam)]
COLUMNS = {"session": ["session"], "run": ["session", "run"]}


def groups_of(mode, trials):
    """The trials' group, by hand."""
    columns = COLUMNS.get(mode.split("_")[0], [])
    return trials[columns].astype(str).agg("/".join, axis=1) if columns else trials["subject"]


def role_of(recording, fold=0):
    splits = recording["splits"]
    return splits.loc[splits["fold"] == fold, "role"].to_numpy()


def scaled(recording, mode):
    """All responses by scikit-learn, group by group."""
    group = groups_of(mode, recording["trials"]).to_numpy()
    seen = np.isin(role_of(recording), ["train", "val"]) | mode.endswith("_all")
    raw = recording["raw"][:, KEPT].astype(np.float64)
    result = np.empty_like(raw)
    for name in np.unique(group):
        here = group == name
        result[here] = StandardScaler().fit(raw[here & seen]).transform(raw[here])
    return result


def all_rows(subject, normalisation, role="test"):
    samples = subject.test_samples(0)
    return subject.response_rows(samples, normalisation).read(np.arange(len(samples)))


def set_role(recording, role, which):
    """Give the trials that a function of the table of trials picks a role in every fold."""
    ids = recording["trials"].loc[which(recording["trials"]), "trial_id"]
    splits = recording["splits"]
    splits.loc[splits["trial_id"].isin(ids), "role"] = role


def rewritten(recording, path, change):
    """Write the responses again after a change of some rows; other files stay."""
    raw = recording["raw"].copy()
    change(raw)
    ids = recording["trials"]["trial_id"].tolist()
    recording["responses"] = write_array(path, "trial_id", ids, raw, ("voxel",))


@pytest.mark.parametrize("mode", MODES)
def test_each_group_is_scaled_as_scikit_learn_does(mode, recording, subject):
    chosen = subject(normalise=mode, average_test="none")
    data, preparation = chosen.training("decoder", 0, needs_validation=False)
    expected, role = scaled(recording, mode), role_of(recording)
    np.testing.assert_allclose(data.x, expected[np.isin(role, ["train", "val"])], atol=2e-5)
    np.testing.assert_allclose(all_rows(chosen, preparation), expected[role == "test"], atol=2e-5)
    n_groups = {"train": 1, "session": 2, "run": 4}[mode.split("_")[0]]
    fitted = preparation.normalisation
    assert fitted.mean.shape == fitted.sd.shape == (n_groups, len(KEPT))
    np.testing.assert_allclose(fitted.response_sd(), fitted.sd.mean(axis=0))


def test_a_run_of_the_same_number_in_another_session_is_another_run():
    trials = pd.DataFrame({"session": [1, 1, 2, 2], "run": [1, 1, 1, 1]})
    values = np.array([[1.0], [3.0], [10.0], [30.0]], np.float32)
    labels = group_labels("run_train", trials)
    fitted = fit_normalisation("run_train", lambda rows: values[rows], np.arange(4), labels)
    assert fitted.groups.tolist() == [[1, 1], [2, 1]]
    assert fitted.mean.ravel().tolist() == [2, 20]
    assert fitted.sd.ravel().tolist() == [1, 10]
    assert fitted.apply(values, labels).ravel().tolist() == [-1, 1, -1, 1]


def test_all_trials_of_a_session_count_whatever_their_role(recording, subject):
    set_role(recording, "unused", lambda trials: trials.index % 5 == 0)
    _, fitted = subject(normalise="session_all").training("decoder", 0, needs_validation=True)
    here = recording["raw"][recording["trials"]["session"] == 2][:, KEPT].astype(np.float64)
    np.testing.assert_allclose(fitted.normalisation.mean[1], here.mean(axis=0))
    np.testing.assert_allclose(fitted.normalisation.sd[1], here.std(axis=0))


def fits_before_and_after(model_class, config, recording, subject, work, **settings):
    """Fit twice; in between the responses of all test trials change. Returns tensors and card."""
    recording["splits"] = recording["splits"].loc[recording["splits"]["fold"] == 0]
    before, _ = fit_model(model_class, config, subject(**settings), **job(work / "one"))
    test = np.flatnonzero(role_of(recording) == "test")
    rewritten(recording, work / "other.arrow", lambda raw: raw.__setitem__(test, 1e6))
    after, card = fit_model(model_class, config, subject(**settings), **job(work / "two"))
    return before, after, card


@pytest.mark.parametrize("mode", ["none", *MODES])
def test_test_responses_change_a_fit_only_where_the_mode_says_so(mode, recording, subject, work):
    before, after, card = fits_before_and_after(
        RidgeDecoder, RIDGE, recording, subject, work, normalise=mode
    )
    changed = {key for key in before if before[key].tobytes() != after[key].tobytes()}
    if mode.endswith("_all"):
        assert {"fold0/normalisation/mean", "fold0/model/weights"} <= changed
    else:
        assert not changed
    assert card["uses_test_responses"] == mode.endswith("_all")


@pytest.mark.parametrize(("seam", "name"), MODELS)
def test_no_model_sees_test_responses_by_default(seam, name, recording, subject, work):
    model_class = find_class(seam, name)
    config = model_class.Config(name=name)
    assert ResponseSettings() == ResponseSettings(**experiment.Responses().model_dump())
    before, after, card = fits_before_and_after(model_class, config, recording, subject, work)
    assert card["uses_test_responses"] is False
    assert all(before[key].tobytes() == after[key].tobytes() for key in before)


def job(work):
    work.mkdir(parents=True, exist_ok=True)
    return {"seed": 0, "device": "cpu", "work": work}


@pytest.mark.parametrize(
    ("mode", "column", "named", "instead"),
    [
        ("session_train", "session", r"session 2,", "train, or to session_all"),
        ("run_train", "run", r"session 1, run 2; session 2, run 2,", "session_train or train, or"),
    ],
)
def test_groups_without_training_trials_are_named_with_the_alternatives(
    mode, column, named, instead, recording, subject
):
    set_role(recording, "test", lambda trials: trials[column] == 2)
    chosen = subject(normalise=mode)
    _, normalisation = chosen.training("decoder", 0, needs_validation=False)
    with pytest.raises(DataError, match=f"no training trial in {named}") as error:
        all_rows(chosen, normalisation)
    assert instead in error.value.remedy
    everything = subject(normalise=mode.replace("train", "all"))
    _, normalisation = everything.training("decoder", 0, needs_validation=False)
    assert len(all_rows(everything, normalisation)) > N_TEST


def test_a_group_with_one_training_trial_is_named(recording, subject):
    def all_but_one(trials):
        here = (trials["session"] == 2) & (trials["run"] == 1)
        return here & (trials.index != trials.index[here][0])

    set_role(recording, "test", all_but_one)
    with pytest.raises(DataError, match="a single training trial in session 2, run 1, so"):
        subject(normalise="run_train").training("decoder", 0, needs_validation=False)


def test_a_message_names_five_groups_and_the_log_all_of_them():
    with pytest.raises(DataError, match=r"session 5 and 2 more, so") as error:
        normalise.refuse("session_train", "no", np.arange(1, 8)[:, None])
    assert error.value.details[-1] == "session 7"


def test_a_single_training_trial_is_refused():
    with pytest.raises(DataError, match="a single training trial, so") as error:
        fit_normalisation("train", lambda rows: np.zeros((1, 2)), np.arange(1), np.zeros((1, 1)))
    assert "responses.normalise to none" in error.value.remedy


def test_nan_in_a_trial_that_only_the_normalisation_reads_names_the_file(recording, subject, work):
    work.mkdir()
    test_row = np.flatnonzero(role_of(recording) == "test")[0]
    rewritten(recording, work / "bad.arrow", lambda raw: raw.__setitem__((test_row, 0), np.nan))
    subject(normalise="session_train").training("decoder", 0, needs_validation=False)
    with pytest.raises(DataError, match=r"bad\.arrow: NaN"):
        subject(normalise="session_all").training("decoder", 0, needs_validation=False)


@pytest.mark.parametrize("mode", MODES)
def test_responses_are_read_in_blocks(mode, recording, subject, monkeypatch):
    monkeypatch.setattr(statistics, "BLOCK_ROWS", 7)
    sizes = []
    chosen = subject(normalise=mode)
    read = chosen.responses.read
    monkeypatch.setattr(
        chosen.responses, "read", lambda rows: sizes.append(len(rows)) or read(rows)
    )
    chosen.training("decoder", 0, needs_validation=False)
    assert 0 < max(sizes) <= 7


@pytest.mark.parametrize("mode", MODES)
def test_a_learning_curve_ends_with_the_fit_of_all_trials(mode, recording, subject, work):
    from afterimage.contracts.modelfiles import part
    from afterimage.models.normalise import Normalisation
    from afterimage.models.raw_weights import in_response_units

    chosen = subject(normalise=mode)
    curve = learning_curve(RidgeDecoder, RIDGE, chosen, fold=0, sizes=[58, 999])
    tensors, _ = fit_model(RidgeDecoder, RIDGE, chosen, **job(work))
    fitted = Normalisation.restore(mode, part(tensors, "fold0/normalisation"))
    weights = in_response_units(tensors["fold0/model/weights"], fitted, chosen.kept, VOXELS)
    np.testing.assert_array_equal(curve[60], weights)
    assert np.abs(curve[58] - weights).max() > 0


def test_a_learning_curve_too_short_for_a_run_names_the_size(recording, subject):
    chosen = subject(normalise="run_train")
    training = chosen.side(0, ["train", "val"])
    first_run = (training["session"] == 1) & (training["run"] == 1)
    size = int(first_run.sum()) + 1
    with pytest.raises(DataError, match=rf"learning_curve\.sizes, {size} trials: .*1, run 2, so"):
        learning_curve(RidgeDecoder, RIDGE, chosen, fold=0, sizes=[size])


@pytest.mark.parametrize("mode", MODES)
def test_raw_test_responses_undo_the_scale_but_not_the_drift(mode, recording, subject):
    chosen = subject(normalise=mode, average_test="none")
    raw = raw_test_responses(chosen, 0)
    _, fitted = chosen.training("decoder", 0, needs_validation=False)
    expected = all_rows(chosen, fitted) * fitted.normalisation.response_sd()
    np.testing.assert_allclose(raw.responses, expected, rtol=1e-6)


def test_the_configuration_offers_the_modes_that_exist():
    assert get_args(experiment.Normalise) == get_args(normalise.Mode)
