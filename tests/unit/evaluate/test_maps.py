import nibabel
import numpy as np
import pandas as pd
import pytest

from afterimage.contracts.errors import ShapeError
from afterimage.contracts.geometry import Geometry
from afterimage.evaluate.maps import write_maps

AFFINE = ((-1.8, 0.0, 0.0, 70.0), (0.0, 1.8, 0.0, -90.0), (0.0, 0.0, 1.8, -60.0), (0, 0, 0, 1.0))


def tables(index):
    n = len(index)
    channels = pd.DataFrame({"channel": np.arange(n), "index": pd.array(index, dtype="Int64")})
    scores = pd.DataFrame(
        {"step": 0, "channel": [n - 1, 0], "r": [0.25, 0.5], "p_value": [0.5, np.nan]}
    )
    return channels, scores


def test_a_volume_gets_its_scores_at_their_voxels_with_the_affine_of_the_source(tmp_path):
    geometry = Geometry("volume", (3, 4, 5), "func1pt8mm", AFFINE, (1, 0))
    voxels = [(0, 0, 1), (1, 2, 3), (2, 3, 4)]
    index = [int(np.ravel_multi_index(v, (3, 4, 5))) for v in voxels]
    names = write_maps(tmp_path / "maps", geometry, *tables(index))
    assert sorted(names) == ["p_value.nii.gz", "r.nii.gz"]
    image = nibabel.load(tmp_path / "maps/r.nii.gz")
    volume = image.get_fdata()
    assert volume[voxels[2]] == 0.25
    assert volume[voxels[0]] == 0.5
    assert np.isnan(volume).sum() == 58
    np.testing.assert_allclose(image.affine, AFFINE)
    assert (int(image.header["sform_code"]), int(image.header["qform_code"])) == (1, 0)
    assert image.header.get_zooms() == pytest.approx((1.8, 1.8, 1.8))


def test_a_surface_is_cut_into_its_hemispheres(tmp_path):
    geometry = Geometry("surface", (6, 4), "fsaverage")
    write_maps(tmp_path / "maps", geometry, *tables([2, 5, 9]))
    left = nibabel.load(tmp_path / "maps/lh.r.mgh").get_fdata()
    right = nibabel.load(tmp_path / "maps/rh.r.mgh").get_fdata()
    assert left.shape == (6, 1, 1)
    assert left[2, 0, 0] == 0.5
    assert right[3, 0, 0] == 0.25
    assert np.isfinite(left).sum() + np.isfinite(right).sum() == 2


def test_the_same_maps_have_the_same_bytes_and_old_ones_go(tmp_path):
    geometry = Geometry("volume", (3, 4, 5), "func1pt8mm", AFFINE)
    write_maps(tmp_path / "maps", geometry, *tables([1, 2, 3]))
    first = (tmp_path / "maps/r.nii.gz").read_bytes()
    (tmp_path / "maps/old.nii.gz").write_bytes(b"")
    write_maps(tmp_path / "maps", geometry, *tables([1, 2, 3]))
    assert (tmp_path / "maps/r.nii.gz").read_bytes() == first
    assert not (tmp_path / "maps/old.nii.gz").exists()


def test_without_a_geometry_there_is_nothing_to_go_back_to(tmp_path):
    channels, scores = tables([0, 1, 2])
    assert write_maps(tmp_path / "maps", None, channels, scores) == []
    assert list((tmp_path / "maps").iterdir()) == []


def test_an_index_outside_of_the_grid_is_refused(tmp_path):
    geometry = Geometry("volume", (3, 4, 5), "func1pt8mm", AFFINE)
    with pytest.raises(ShapeError, match="index 60 is outside"):
        write_maps(tmp_path / "maps", geometry, *tables([1, 2, 60]))
    assert Geometry.from_dict(geometry.to_dict()) == geometry


@pytest.mark.parametrize(
    ("geometry", "files"),
    [
        (Geometry("volume", (3, 4, 5), "func1pt8mm", AFFINE), ["{}.nii.gz"]),
        (Geometry("surface", (30, 30), "fsaverage"), ["lh.{}.mgh", "rh.{}.mgh"]),
    ],
)
def test_maps_hold_the_table_value_by_value(tmp_path, geometry, files):
    rng = np.random.default_rng(0)
    index = rng.permutation(60)[:40]
    channels, _ = tables(index)
    names = ["r", "normalised_r", "q_value", "best"]
    scores = pd.DataFrame(rng.normal(size=(30, 4)).astype(np.float32), columns=names)
    scores = scores.assign(step=0, channel=rng.permutation(40)[:30])
    scores.loc[3, "normalised_r"] = np.nan
    write_maps(tmp_path / "maps", geometry, channels, scores)
    for name in names:
        images = [nibabel.load(tmp_path / "maps" / file.format(name)) for file in files]
        grid = np.concatenate([np.asarray(image.dataobj).ravel() for image in images])
        np.testing.assert_array_equal(grid[index[scores["channel"]]], scores[name])
        assert np.isfinite(grid).sum() == scores[name].notna().sum()


def test_steps_become_the_last_dimension_of_a_map(tmp_path):
    geometry = Geometry("volume", (3, 4, 5), "func1pt8mm", AFFINE)
    channels, _ = tables([7, 8])
    scores = pd.DataFrame({"step": [0, 1, 0, 1], "channel": [0, 0, 1, 1], "r": [1, 2, 3, 4.0]})
    write_maps(tmp_path / "maps", geometry, channels, scores)
    volume = nibabel.load(tmp_path / "maps/r.nii.gz").get_fdata()
    assert volume.shape == (3, 4, 5, 2)
    np.testing.assert_array_equal(volume.reshape(60, 2)[[7, 8]], [[1, 2], [3, 4]])
