"""Regressions of published decoders: one solve for all tokens, against one of scikit-learn each."""

from pathlib import Path

import numpy as np
import pytest
from model_rows import N_TEST, N_TRAIN, N_VAL, write_array
from sklearn.linear_model import Ridge

from afterimage.contracts.arrays import ArrayFile
from afterimage.contracts.config.load import load_configuration
from afterimage.contracts.config.plan import Plan
from afterimage.contracts.config.yaml_file import read_yaml
from afterimage.evaluate.assemble import Shown
from afterimage.evaluate.score_decoder import score_decoder
from afterimage.evaluate.summarise import Identity
from afterimage.models.fitting import fit_model, predict_model
from afterimage.models.ridge_decoder import RidgeConfig, RidgeDecoder
from afterimage.models.rows import write_rows

ROOT = Path(__file__).parents[3]
TOKENS, FEATURES, PENALTY = 3, 4, 7.0
ENTRY = {"name": "ridge", "penalty_scale": "absolute", "standardise": True}
PUBLISHED = {
    "brain_diffuser": {
        "latents": ("latents", "vdvae_31", 50_000),
        "captions": ("captions", "vd_caption_tokens", 100_000),
        "pictures": ("pictures", "vd_picture_tokens", 60_000),
    },
    "brain_captioning": {"tokens": ("tokens", "git_base_coco_tokens", 60_000)},
}


@pytest.fixture
def tokens(recording, tmp_path):
    """Replace the values of the recording's pictures by tokens; they follow the old values."""
    ids = recording["values"].keys["stimulus_id"].tolist()
    mixing = np.random.default_rng(1).normal(size=(5, TOKENS * FEATURES))
    values = (recording["values"].read() @ mixing + 3).astype(np.float32)
    values = values.reshape(-1, TOKENS, FEATURES)
    dims = ("token", "feature")
    recording["values"] = write_array(tmp_path / "tokens.arrow", "stimulus_id", ids, values, dims)
    return dict(zip(ids, values.astype(np.float64), strict=True))


def averaged(recording, fold):
    """Mean responses to each picture of the training and the test side, and the pictures."""
    role = recording["splits"].query("fold == @fold")["role"].to_numpy()
    shown = recording["trials"]["stimulus_id"].to_numpy()
    kept = np.delete(recording["raw"], 3, axis=1).astype(np.float64)
    sides = []
    for side in (np.isin(role, ["train", "val"]), role == "test"):
        ids = list(dict.fromkeys(shown[side]))
        sides.append((np.stack([kept[side & (shown == name)].mean(axis=0) for name in ids]), ids))
    return sides


def published(recording, tokens, fold, penalty):
    """The regression scripts of Brain-Diffuser, line by line; by picture."""
    (train, train_ids), (test, test_ids) = averaged(recording, fold)
    mean, sd = train.mean(axis=0), train.std(axis=0, ddof=1)
    train, test = (train - mean) / sd, (test - mean) / sd
    targets = np.stack([tokens[name] for name in train_ids])
    plain = np.empty((len(test_ids), TOKENS, FEATURES))
    rescaled = np.empty_like(plain)
    for token in range(TOKENS):
        regression = Ridge(alpha=penalty, fit_intercept=True).fit(train, targets[:, token])
        predicted = regression.predict(test)
        z = (predicted - predicted.mean(axis=0)) / predicted.std(axis=0)
        plain[:, token] = predicted
        of_token = targets[:, token]
        rescaled[:, token] = z * of_token.std(axis=0) + of_token.mean(axis=0)
    return dict(zip(test_ids, plain, strict=True)), dict(zip(test_ids, rescaled, strict=True))


def decoded(subject, work, penalty, rescale):
    chosen = subject(normalise="train", average_train="stimulus", average_test="stimulus")
    config = RidgeConfig(**ENTRY, penalties=[penalty])
    tensors, card = fit_model(RidgeDecoder, config, chosen, seed=0, device="cpu", work=work)
    rows = predict_model(RidgeDecoder, config, chosen, tensors, device="cpu", rescale=rescale)
    work.mkdir(exist_ok=True)
    write_rows(work / "predictions.arrow", rows, "decoder", chosen, {})
    return ArrayFile(work / "predictions.arrow"), card


@pytest.mark.parametrize("rescale", ["none", "test"])
def test_one_solve_for_all_tokens_is_a_regression_of_scikit_learn_for_each(
    rescale, recording, tokens, subject, work
):
    n = N_TRAIN + N_VAL
    # Ours divides by the SD with n, theirs by that with n - 1: penalties differ by that factor.
    file, card = decoded(subject, work, PENALTY * n / (n - 1), rescale)
    assert file.shape == (TOKENS, FEATURES)
    assert file.dims == ("token", "feature")
    assert len(file) == 2 * N_TEST
    assert [fold["targets"] for fold in card["folds"]] == [TOKENS * FEATURES] * 2
    expected = [published(recording, tokens, fold, PENALTY)[rescale == "test"] for fold in (0, 1)]
    names = zip(file.keys["fold"], file.keys["stimulus_id"], strict=True)
    wanted = np.stack([expected[fold][name] for fold, name in names])
    np.testing.assert_allclose(file.read(), wanted, rtol=1e-4, atol=1e-4)


def test_the_published_penalty_itself_changes_weights_by_one_in_five_thousand_at_most():
    """With the SD of 8,859 pictures, and with more shrinkage than signal."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(200, 30)), rng.normal(size=200)
    n = 8859
    one, other = (Ridge(alpha=a).fit(x, y).coef_ for a in (400.0, 400.0 * (n - 1) / n))
    assert np.abs(one - other).max() < 2e-4 * np.abs(one).max()


def test_predicted_tokens_are_scored_as_one_space(recording, tokens, subject, work):
    file, _ = decoded(subject, work, PENALTY, "test")
    trials = recording["trials"]
    stimuli = trials[["stimulus_id"]].drop_duplicates().assign(category=None)
    metrics = [{"name": "two_way"}, {"name": "top1"}]
    table = score_decoder(
        file,
        None,
        recording["values"],
        Shown(trials, recording["splits"], stimuli),
        kind="features",
        space_per_fold=False,
        evaluation={"metrics": metrics, "bootstrap": 100, "permutations": 100},
        identity=Identity("x", "s1", "ridge", "tokens"),
        seed=0,
    )
    scores = table.set_index("metric")["value"]
    assert scores["two_way"] > 0.9
    assert table["n"].tolist() == [2 * N_TEST] * 2


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_the_presets_have_the_published_numbers(name):
    content = read_yaml(ROOT / f"config/experiments/{name}.yaml")
    configuration = load_configuration({**content, "data_root": "."}, ROOT, [])
    plan = Plan(configuration, ROOT)
    assert plan.subjects == ["subj01", "subj02", "subj05", "subj07"]
    assert {len(plan.parts[subject]) for subject in plan.subjects} == {37}
    assert plan.section("split")["version"] == "shared982"
    responses = plan.section("responses")
    assert responses["average_train"] == responses["average_test"] == "stimulus"
    for model, (target, extractor, penalty) in PUBLISHED[name].items():
        assert plan.target(target)["extractor"] == extractor
        chosen = plan.model(model)
        assert chosen["rescale"] == "test"
        config = RidgeConfig.model_validate(chosen["entry"])
        assert config.penalties == (penalty,)
        assert config.penalty_scale == "absolute"
        assert config.standardise
    captions = [extractor for extractor in plan.extractors if plan.reads_captions(extractor)]
    assert captions == (["vd_caption_tokens"] if name == "brain_diffuser" else [])
