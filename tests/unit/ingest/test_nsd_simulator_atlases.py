import nibabel
import numpy as np
import pytest
from nsd_examples import tiny, volume_of

from afterimage.contracts.truth import load_truth
from afterimage.ingest.nsd import layout
from afterimage.ingest.nsd.simulator.atlases import NAMES
from afterimage.ingest.nsd.simulator.simulate import simulate
from afterimage.ingest.nsd.simulator.subject import atlases_of

SUBJECT = "subj01"
PUBLISHED = {
    "streams": "early midventral midlateral midparietal ventral lateral parietal",
    "prf-visualrois": "V1v V1d V2v V2d V3v V3d hV4",
    "prf-eccrois": "ecc0pt5 ecc1 ecc2 ecc4 ecc4+",
    "floc-faces": "OFA FFA-1 FFA-2 mTL-faces aTL-faces",
    "floc-bodies": "EBA FBA-1 FBA-2 mTL-bodies",
    "floc-places": "OPA PPA RSC",
    "floc-words": "OWFA VWFA-1 VWFA-2 mfs-words mTL-words",
    "Kastner2015": "V1v V1d V2v V2d V3v V3d hV4 VO1 VO2 PHC1 PHC2 TO2 TO1 LO2 LO1 V3B V3A "
    "IPS0 IPS1 IPS2 IPS3 IPS4 IPS5 SPL1 FEF",
}


@pytest.fixture(scope="module", params=["func1pt8mm", "nativesurface"])
def made(request, tmp_path_factory):
    config = tiny(
        {"voxels": 2400, "volume": [24, 21, 18], "vertices": [2600, 2500]},
        sessions={SUBJECT: 3},
        space=request.param,
        atlases=sorted(NAMES),
    )
    root = tmp_path_factory.mktemp(request.param)
    simulate(config, root)
    return config, root


def labels_of(made, atlas):
    """Labels of all places, in the order of the truth's index."""
    config, root = made
    files = layout.atlas_files(SUBJECT, config.space, atlas)
    return np.concatenate([volume_of(root / path).ravel() for path in files])


def names_of(made, atlas):
    config, root = made
    text = (root / layout.names_file(SUBJECT, config.space, atlas)).read_text()
    return dict(line.split() for line in text.splitlines())


@pytest.mark.parametrize("atlas", sorted(PUBLISHED))
def test_labels_have_the_published_names_and_numbers_and_one_stray_tab(made, atlas):
    config, root = made
    names = PUBLISHED[atlas].split()
    expected = {"0": "Unknown", **{str(k): name for k, name in enumerate(names, start=1)}}
    assert names_of(made, atlas) == expected
    text = (root / layout.names_file(SUBJECT, config.space, atlas)).read_text()
    assert text.count("\t") == 1


@pytest.mark.parametrize("atlas", sorted(NAMES))
def test_every_label_that_occurs_has_a_name_and_most_names_occur(made, atlas):
    labels = labels_of(made, atlas)
    known = {int(number) for number in names_of(made, atlas)}
    found = set(labels[labels > 0].tolist())
    assert found <= known
    # The atlas of the whole cortex names regions that are not visual.
    assert len(found) >= (14 if atlas == "HCP_MMP1" else 0.9 * (len(known) - 1))


def test_hemispheres_are_files_of_their_own_and_make_up_the_whole(made):
    config, root = made
    if config.space == "nativesurface":
        left, right = layout.atlas_files(SUBJECT, config.space, "streams")
        assert left.endswith("lh.streams.mgz")
        assert volume_of(root / left).shape == (2600, 1, 1)
        assert volume_of(root / right).shape == (2500, 1, 1)
        return
    whole, left, right = (
        volume_of(root / layout.atlas_files(SUBJECT, config.space, side + "streams")[0])
        for side in ("", "lh.", "rh.")
    )
    assert (np.maximum(left, right) == whole).all()
    assert (left[12:] == -1).all()
    assert (right[:12] == -1).all()
    assert set(left[left > 0]) == set(right[right > 0]) == set(range(1, 8))


def test_nsdgeneral_is_exactly_what_the_truth_knows(made):
    config, root = made
    labels = labels_of(made, "nsdgeneral")
    index = load_truth(root / layout.truth_file(SUBJECT))["index"]
    assert (np.flatnonzero(labels == 1) == index).all()
    outside = {-1, 0} if config.space == "func1pt8mm" else {0}
    assert set(np.delete(labels, index).tolist()) == outside


def test_retinotopic_regions_follow_the_receptive_fields(made):
    _, root = made
    truth = load_truth(root / layout.truth_file(SUBJECT))
    visual, rings = (
        labels_of(made, atlas)[truth["index"]] for atlas in ("prf-visualrois", "prf-eccrois")
    )
    assert (truth["rf_y"][np.isin(visual, (1, 3, 5))] < 0.5).all()
    assert ((visual > 0) == (rings > 0)).all()
    degrees = 8.4 * np.hypot(truth["rf_x"] - 0.5, truth["rf_y"] - 0.5)
    assert degrees[rings == 1].max() <= 0.5
    assert degrees[rings == 5].min() > 4
    early = labels_of(made, "streams")[truth["index"]] == 1
    assert truth["rf_size"][early].max() < 0.16


def test_regions_are_contiguous_patches(made):
    from scipy.ndimage import label

    config, _root = made
    if config.space == "nativesurface":
        pytest.skip("voxels only")
    for number in (5, 6, 7):
        patch = labels_of(made, "streams").reshape(24, 21, 18) == number
        pieces, count = label(patch, structure=np.ones((3, 3, 3)))
        sizes = np.bincount(pieces.ravel())[1:]
        # One piece in each hemisphere, but for crumbs at the folds.
        assert np.sort(sizes)[-2:].sum() > 0.9 * patch.sum(), (number, count)


def test_only_the_atlases_of_the_configuration_are_written(tmp_path):
    config = tiny(voxels=["lh.streams:early", "brain", "floc-faces"], atlases=["Kastner2015"])
    assert atlases_of(config) == {"streams", "floc-faces", "Kastner2015"}
    simulate(config, tmp_path)
    found = {path.name for path in tmp_path.rglob("*.ctab")}
    assert found == {f"{atlas}.mgz.ctab" for atlas in atlases_of(config)}


def test_labels_are_whole_numbers(made):
    config, root = made
    for path in layout.atlas_files(SUBJECT, config.space, "streams"):
        assert nibabel.load(root / path).header.get_data_dtype().kind == "i"
