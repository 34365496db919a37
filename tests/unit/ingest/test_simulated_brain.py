import numpy as np
import pytest

from afterimage.contracts.errors import DataError
from afterimage.contracts.truth import (
    MOMENTS,
    TRUTH_ARRAYS,
    load_truth,
    save_truth,
    thumbnail,
    truth_of_channels,
)
from afterimage.ingest.simulated.brain import (
    draw_brain,
    moments_of,
    record,
    responses,
    truth_of,
)
from afterimage.ingest.simulated.features import views
from afterimage.ingest.simulated.pictures import Pictures, draw_reference
from afterimage.ingest.simulated.procedural import draw_gratings
from afterimage.ingest.simulated.sheet import AREAS, folded_sheet

REFERENCE = 300
SHAPE = (20, 16, 10)


def sheet_of(voxels, rng):
    return folded_sheet(voxels, SHAPE, 1, rng)


@pytest.fixture(scope="module")
def population():
    return draw_reference(REFERENCE, 64, 0)


@pytest.fixture(scope="module")
def sheet():
    return sheet_of(60, np.random.default_rng(1))


@pytest.fixture(scope="module")
def brain(sheet):
    return draw_brain(sheet, 0.7, 0.5, np.random.default_rng(1))


@pytest.fixture(scope="module")
def clean(brain, population):
    return responses(brain, views(population), REFERENCE)


@pytest.fixture(scope="module")
def truth(brain, sheet, population, clean):
    known = truth_of(brain, sheet, clean.mean(axis=0), clean.std(axis=0), clean[:50])
    return known | moments_of(clean, thumbnail(population.images))


def test_population_has_exactly_the_drawn_signal_to_noise_ratio(brain, truth):
    np.testing.assert_allclose(truth["ncsnr_population"], brain.ncsnr, rtol=1e-12)


def test_signal_to_noise_ratio_is_log_normal():
    random = np.random.default_rng(0)
    large = draw_brain(sheet_of(1600, random), 0.7, 0.5, random)
    assert np.median(large.ncsnr) == pytest.approx(0.7, rel=0.06)
    assert np.log(large.ncsnr).std() == pytest.approx(0.5, rel=0.06)


def test_moments_are_those_of_numpy(truth, population, clean):
    target = thumbnail(population.images)
    joint = np.cov(clean.T, target.T, bias=True)
    voxels = clean.shape[1]
    np.testing.assert_allclose(truth["sigma_ss"], joint[:voxels, :voxels], atol=1e-12)
    np.testing.assert_allclose(truth["sigma_sy"], joint[:voxels, voxels:], atol=1e-12)
    np.testing.assert_allclose(truth["var_y"], np.diag(joint)[voxels:], atol=1e-12)


def test_no_linear_decoder_scores_above_the_best_one(truth):
    rng = np.random.default_rng(0)
    for repetitions in (1, 3):
        total = truth["sigma_ss"] + np.diag(truth["sigma_e"]) / repetitions
        best = np.linalg.solve(total, truth["sigma_sy"])
        limit = np.sqrt((truth["sigma_sy"] * best).sum(axis=0) / truth["var_y"])
        assert 0.3 < limit.mean() < 1
        for spread in (0.0, 0.1, 1.0, 10.0):
            weights = best + spread * best.std() * rng.standard_normal(best.shape)
            power = (weights * (total @ weights)).sum(axis=0)
            score = (weights * truth["sigma_sy"]).sum(axis=0) / np.sqrt(power * truth["var_y"])
            assert (score - limit).max() <= 1e-9


def test_noise_has_the_stated_variance_and_drift_keeps_the_ratio(brain, clean):
    many = record(np.repeat(clean[:1], 4000, axis=0), brain, np.random.default_rng(0))
    assert np.median(many.std(axis=0) / brain.noise_sd) == pytest.approx(1, abs=0.03)
    shown = np.repeat(clean[:50], 80, axis=0)
    trials = record(shown, brain, np.random.default_rng(1)).reshape(50, 80, -1)
    noise = trials.var(axis=1, ddof=1).mean(axis=0)
    signal = trials.mean(axis=1).var(axis=0, ddof=1) - noise / 80
    expected = clean[:50].std(axis=0, ddof=1) / brain.noise_sd
    np.testing.assert_allclose(np.sqrt(np.maximum(signal, 0) / noise), expected, atol=0.06)


def test_sessions_drift_apart_in_offset_and_gain(brain, clean):
    first, second = (record(clean, brain, np.random.default_rng(seed)) for seed in (0, 1))
    shift = first.mean(axis=0) - second.mean(axis=0)
    assert 0.4 < shift.std() < 1.1


def test_early_areas_have_smaller_fields_and_no_category(brain):
    area = brain.area
    assert set(area) == set(AREAS)
    assert brain.rf_size[area == "V1"].max() < brain.rf_size[area == "ventral"].min()
    assert (brain.parts[area == "V1", 2] == 0).all()
    assert brain.parts[area == "ventral", 2].mean() > 0.5


def test_voxel_prefers_the_orientation_it_is_tuned_to():
    random = np.random.default_rng(0)
    brain = draw_brain(sheet_of(400, random), 0.7, 0.0, random)
    gratings = draw_gratings(400, 64, np.random.default_rng(0))
    seen = views(Pictures(gratings, [""] * 400, ["grating"] * 400))
    pooled = seen.energy.mean(axis=(1, 3))
    voxels = np.flatnonzero(brain.area == "V1")
    clean = responses(brain, seen, 400)[:, voxels]
    correlation = np.corrcoef(pooled.T, clean.T)[:4, 4:]
    centre = np.round(brain.orientation[voxels] / (np.pi / 4)).astype(int) % 4
    preferred = correlation[centre, np.arange(len(voxels))].mean()
    orthogonal = correlation[(centre + 2) % 4, np.arange(len(voxels))].mean()
    assert preferred > orthogonal + 0.15


def test_thumbnail_is_the_mean_of_blocks():
    images = np.random.default_rng(0).integers(0, 256, (3, 64, 64, 3), dtype=np.uint8)
    expected = np.empty((3, 8, 8, 3))
    for row in range(8):
        for column in range(8):
            block = images[:, 8 * row : 8 * row + 8, 8 * column : 8 * column + 8] / 255
            expected[:, row, column] = block.mean(axis=(1, 2))
    np.testing.assert_allclose(thumbnail(images), expected.reshape(3, 192), atol=1e-12)


def test_truth_survives_the_file_and_a_damaged_one_is_refused(truth, tmp_path):
    path = tmp_path / "truth.safetensors"
    save_truth(path, truth)
    read = load_truth(path)
    assert set(read) == set(TRUTH_ARRAYS)
    assert all((read[name] == truth[name]).all() for name in truth)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(DataError, match=r"truth\.safetensors"):
        load_truth(path)


@pytest.mark.parametrize("change", ["missing", "shape"])
def test_truth_of_the_wrong_layout_is_refused(truth, tmp_path, change):
    wrong = dict(truth)
    if change == "missing":
        del wrong["rf_x"]
    else:
        wrong["rf_x"] = wrong["rf_x"][1:]
    with pytest.raises(DataError, match="rf_x"):
        save_truth(tmp_path / "truth.safetensors", wrong)


def test_truth_of_many_voxels_goes_without_its_moments(truth, tmp_path):
    path = tmp_path / "truth.safetensors"
    some = {name: values for name, values in truth.items() if name not in MOMENTS}
    save_truth(path, some)
    assert set(load_truth(path)) == set(TRUTH_ARRAYS) - set(MOMENTS)
    some["var_y"] = truth["var_y"]
    with pytest.raises(DataError, match="sigma_ss"):
        save_truth(path, some)


def test_truth_of_some_channels_keeps_their_order_and_their_noise_only_neighbours(truth, tmp_path):
    index = truth["index"]
    other = np.setdiff1d(np.arange(3200), index)[0]
    chosen = truth_of_channels(truth, [index[7], other, index[2]])
    save_truth(tmp_path / "truth.safetensors", chosen)
    assert chosen["index"].tolist() == [index[7], other, index[2]]
    known = [7, 2]
    for name in ("ncsnr_shared", "noise_sd", "rf_x", "mean_s", "sigma_e"):
        assert (chosen[name][[0, 2]] == truth[name][known]).all()
    assert (
        chosen["sigma_ss"][np.ix_([0, 2], [0, 2])] == truth["sigma_ss"][np.ix_(known, known)]
    ).all()
    assert (chosen["sigma_sy"][[0, 2]] == truth["sigma_sy"][known]).all()
    assert chosen["ncsnr_population"][1] == 0
    assert not chosen["sigma_ss"][1].any()
    assert np.isnan(chosen["rf_x"][1])
    assert chosen["sigma_e"][1] == truth["noise_sd_elsewhere"][0] ** 2
    whole = truth_of_channels(truth, index)
    assert all((whole[name] == truth[name]).all() for name in truth)


def test_responses_do_not_depend_on_how_many_voxels_are_asked_at_once(brain, population, clean):
    seen = views(population)
    parts = [responses(brain.voxels(slice(s, s + 20)), seen, REFERENCE) for s in (0, 20, 40)]
    np.testing.assert_allclose(np.concatenate(parts, axis=1), clean, atol=1e-4)
