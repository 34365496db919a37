import h5py
import nibabel
import numpy as np
import pytest
from in_memory import ncsnr
from nilearn.datasets import load_fsaverage
from nsd_examples import (
    shown_to,
    surface_betas,
    tiny,
    volume_betas,
    volume_of,
)

from afterimage.contracts.truth import load_truth
from afterimage.ingest.nsd import layout
from afterimage.ingest.nsd.simulator.simulate import simulate
from afterimage.ingest.nsd.simulator.subject import draw_subject
from afterimage.ingest.simulated.sphere import sphere, unit_spheres, white_surfaces

SUBJECT = "subj01"
SHAPE = (10, 7, 9)
VERTICES = (150, 130)
# Long enough for noise ceilings that say which voxel is which.
LONG = {
    "trials_per_session": 100,
    "sessions": {SUBJECT: 3},
    "simulate": {"pictures": 90, "shared": 10, "ncsnr_log_sd": 1.0},
}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Return a function that simulates once per form: the configuration and its folder."""
    kept = {}

    def make(space, form=None):
        if (space, form) not in kept:
            config = tiny(**LONG, space=space, format=form, voxels=("brain", "lh.nsdgeneral"))
            root = tmp_path_factory.mktemp(f"{space}-{form}")
            simulate(config, root)
            kept[space, form] = config, root
        return kept[space, form]

    return make


def truth_of(root):
    return load_truth(root / layout.truth_file(SUBJECT))


def test_hdf5_volumes_have_the_published_name_type_order_and_chunks(made):
    config, root = made("func1pt8mm")
    (name,) = layout.betas_files(SUBJECT, config.space, config.betas, 2, "hdf5")
    with h5py.File(root / name) as file:
        betas = file["betas"]
        assert betas.dtype == np.int16
        assert betas.shape == (100, *SHAPE[::-1])
        assert betas.chunks == (100, 1, 1, 1)
        assert betas.compression is None
        # Every chunk is there, also of voxels outside of the brain.
        assert betas.id.get_num_chunks() == np.prod(SHAPE)


@pytest.mark.parametrize("space", ["func1pt8mm", "func1mm"])
def test_nifti_volumes_hold_the_same_values_with_the_affine_of_the_masks(made, space):
    config, root = made(space, "nifti")
    (name,) = layout.betas_files(SUBJECT, space, config.betas, 2, "nifti")
    image = nibabel.load(root / name)
    assert image.shape == (*SHAPE, 100)
    assert image.header.get_data_dtype() == np.int16
    mask = nibabel.load(root / layout.brain_mask_file(SUBJECT, space))
    assert (image.affine == mask.affine).all()
    size = {"func1pt8mm": 1.8, "func1mm": 1.0}[space]
    np.testing.assert_allclose(image.header.get_zooms()[:3], size, rtol=1e-6)
    hdf5 = made(space)
    assert (volume_of(root / name) == np.round(300 * volume_betas(*hdf5[::-1], SUBJECT, 2))).all()


def test_betas_are_zero_outside_of_a_brain_that_is_larger_than_the_cortex(made):
    config, root = made("func1pt8mm")
    brain = volume_of(root / layout.brain_mask_file(SUBJECT, config.space)) > 0
    cortex = volume_of(root / layout.atlas_files(SUBJECT, config.space, "nsdgeneral")[0]) > 0
    betas = volume_betas(root, config, SUBJECT, 1)
    assert (betas[~brain] == 0).all()
    assert (betas[brain].std(axis=1) > 0).all()
    assert cortex.sum() == 60
    assert (brain | ~cortex).all()
    assert 1.2 * cortex.sum() < brain.sum() < brain.size


def test_voxels_repeat_as_the_truth_says_in_the_c_order_of_the_volume(made):
    # Read in any other order, another voxel's noise ceiling would be found.
    config, root = made("func1pt8mm")
    truth = truth_of(root)
    betas = [volume_betas(root, config, SUBJECT, session) for session in (1, 2, 3)]
    trials = np.concatenate([part.reshape(-1, 100) for part in betas], axis=1).T
    _, numbers = np.unique(shown_to(root, SUBJECT, 300), return_inverse=True)
    estimated = np.nan_to_num(ncsnr(trials, np.repeat([0, 1, 2], 100), numbers))
    known = estimated[truth["index"]]
    assert np.corrcoef(known, truth["ncsnr_population"])[0, 1] > 0.95
    assert np.median(np.delete(estimated, truth["index"])) < 0.2
    (name,) = layout.ncsnr_files(SUBJECT, config.space, config.betas)
    released = nibabel.load(root / name)
    assert released.header.get_data_dtype() == np.float32
    np.testing.assert_allclose(volume_of(root / name).ravel(), estimated, atol=1e-6)


@pytest.mark.parametrize(("space", "form"), [("nativesurface", "hdf5"), ("fsaverage", "mgh")])
def test_surfaces_repeat_as_the_truth_says_with_the_right_after_the_left(made, space, form):
    config, root = made(space)
    truth = truth_of(root)
    trials = [
        np.concatenate(surface_betas(root, config, SUBJECT, session)).T for session in (1, 2, 3)
    ]
    assert trials[0].shape == (100, sum(VERTICES))
    _, numbers = np.unique(shown_to(root, SUBJECT, 300), return_inverse=True)
    estimated = ncsnr(np.concatenate(trials), np.repeat([0, 1, 2], 100), numbers)
    assert np.corrcoef(estimated[truth["index"]], truth["ncsnr_population"])[0, 1] > 0.95
    released = [
        volume_of(root / path)[:, 0, 0] for path in layout.ncsnr_files(SUBJECT, space, config.betas)
    ]
    assert [len(half) for half in released] == list(VERTICES)
    np.testing.assert_allclose(np.concatenate(released), estimated, atol=1e-6)


def test_files_of_surfaces_have_the_published_types_and_orders(made):
    config, root = made("nativesurface")
    for path, count in zip(
        layout.betas_files(SUBJECT, config.space, config.betas, 1, "hdf5"), VERTICES, strict=True
    ):
        with h5py.File(root / path) as file:
            assert file["betas"].shape == (100, count)
            assert file["betas"].dtype == np.int16
    config, root = made("fsaverage")
    for path, count in zip(
        layout.betas_files(SUBJECT, config.space, config.betas, 1, "mgh"), VERTICES, strict=True
    ):
        image = nibabel.load(root / path)
        assert image.shape == (count, 1, 1, 100)
        assert image.header.get_data_dtype() == np.dtype(">f4")
        assert 0.3 < np.asarray(image.dataobj).std() < 10


@pytest.mark.parametrize("space", ["nativesurface", "fsaverage"])
def test_white_surfaces_are_closed_and_have_a_vertex_for_each_value(made, space):
    _, root = made(space)
    for path, count in zip(layout.surface_files(SUBJECT, space), VERTICES, strict=True):
        points, triangles = nibabel.freesurfer.read_geometry(root / path)
        assert len(points) == count
        assert len(triangles) == 2 * count - 4
        assert set(triangles.ravel()) == set(range(count))
        assert (points[:, 0].mean() < 0) == ("lh" in path.split("/")[-1])
    assert f"freesurfer/{layout.anatomy(SUBJECT, space)}/surf" in path


def test_visual_cortex_of_a_surface_lies_at_the_back_of_both_hemispheres(made):
    _, root = made("nativesurface")
    index = truth_of(root)["index"]
    for path, start in zip(layout.surface_files(SUBJECT, "nativesurface"), (0, 150), strict=True):
        points, _ = nibabel.freesurfer.read_geometry(root / path)
        mine = index[(index >= start) & (index < start + len(points))] - start
        assert len(mine) == 30
        others = np.delete(points[:, 1], mine)
        assert points[mine, 1].max() < others.min()


def test_a_cortex_on_fsaverage5_is_a_patch_of_the_mesh_that_figures_draw():
    mesh = load_fsaverage("fsaverage5")["white_matter"]
    config = tiny({"voxels": 600, "vertices": [10_242, 10_242]}, space="fsaverage")
    _, sheet = draw_subject(config, SUBJECT)
    for number, side in enumerate(("left", "right")):
        mine = sheet.places[(sheet.places >= 10_242) == bool(number)] - number * 10_242
        assert len(mine) == 300
        faces = mesh.parts[side].faces
        whole = faces[np.isin(faces, mine).all(axis=1)]
        assert np.isin(mine, whole).mean() > 0.95
        # The occipital pole, whose medial side holds V1: in mm, on the folded surface.
        assert mesh.parts[side].coordinates[mine, 1].max() < -60


def test_only_fsaverage5_has_the_mesh_of_the_average_brain():
    for space, vertices in (("nativesurface", (10_242, 10_242)), ("fsaverage", (150, 130))):
        left, right = unit_spheres(space, vertices)
        assert (len(left), len(right)) == vertices
        np.testing.assert_array_equal(left, sphere(len(left)))
    left, _ = unit_spheres("fsaverage", (10_242, 10_242))
    np.testing.assert_allclose(np.linalg.norm(left, axis=1), 1)
    white, faces = white_surfaces("fsaverage", (10_242, 10_242))[0]
    assert left[white[:, 1].argmin()] == pytest.approx([0, -1, 0])
    # Turned, not mirrored: faces are still seen anticlockwise from outside.
    a, b, c = left[faces].transpose(1, 0, 2)
    assert (np.einsum("ij,ij->i", np.cross(b - a, c - a), a) > 0).mean() > 0.99


def test_the_average_brain_is_the_same_for_all_subjects(tmp_path):
    for name, sessions in (("a", {"subj01": 3}), ("b", {"subj02": 3})):
        simulate(tiny(space="fsaverage", sessions=sessions), tmp_path / name)
    folder = "nsddata/freesurfer/fsaverage"
    names = sorted(path.relative_to(tmp_path / "a") for path in (tmp_path / "a").rglob("*.mgz"))
    assert len(names) == 6
    assert all(str(name).startswith(folder) for name in names)
    for name in [*names, f"{folder}/surf/lh.white"]:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_ceilings_are_unknown_where_no_picture_came_twice(tmp_path):
    config = tiny({"shared": 4, "pictures": 76}, sessions={SUBJECT: [4], "subj03": 3})
    simulate(config, tmp_path)
    assert len(set(shown_to(tmp_path, SUBJECT, 88)[66:])) == 22
    (path,) = layout.ncsnr_files(SUBJECT, config.space, config.betas)
    released = volume_of(tmp_path / path)
    brain = volume_of(tmp_path / layout.brain_mask_file(SUBJECT, config.space)) > 0
    assert np.isnan(released[brain]).all()
    assert (released[~brain] == 0).all()
