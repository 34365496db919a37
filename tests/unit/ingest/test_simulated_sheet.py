import numpy as np
import pytest

from afterimage.ingest.simulated.grid import affine, grid_around
from afterimage.ingest.simulated.sheet import AREAS, folded_sheet, is_right
from afterimage.ingest.simulated.sphere import sphere, surface_sheet, triangles

SHAPE = (21, 14, 17)


def rng(seed=0):
    return np.random.default_rng(seed)


def test_one_sheet_has_the_asked_number_of_voxels_and_areas_from_left_to_right():
    for voxels in (20, 800):
        sheet = folded_sheet(voxels, (20, 16, 10), 1, rng())
        assert len(sheet.places) == len(sheet.area) == voxels
        assert (np.diff(sheet.places) > 0).all()
        assert sheet.area.tolist() == sorted(sheet.area, key=list(AREAS).index)


def test_the_sheet_of_the_demo_is_the_one_its_margins_were_measured_with():
    x, y, z = np.indices((20, 16, 10))
    shift = rng(4).uniform(0, 2 * np.pi)
    surface = 4.5 + 2.6 * np.sin(2 * np.pi * (x + 0.35 * y) / 12 + shift) + 0.08 * (y - x)
    nearest = np.sort(np.argsort(abs(z - surface).ravel(), kind="stable")[:800])
    sheet = folded_sheet(800, (20, 16, 10), 1, rng(4))
    assert (sheet.places == nearest).all()
    assert (sheet.along == (y.ravel()[nearest] + 0.5) / 16).all()


def test_two_sheets_give_either_hemisphere_all_areas_in_the_same_shares():
    sheet = folded_sheet(1001, SHAPE, 2, rng())
    right = is_right(sheet.places, SHAPE)
    assert (right == (sheet.places // (14 * 17) >= 11)).all()
    assert right.sum() == 500
    for side in (right, ~right):
        counts = [np.mean(sheet.area[side] == area) for area in AREAS]
        np.testing.assert_allclose(counts, list(AREAS.values()), atol=0.01)
        assert 0 <= sheet.across[side].min() < 0.05
        assert 0.95 < sheet.across[side].max() <= 1


def test_the_sheets_of_a_volume_of_real_size_are_thin_and_cover_it():
    shape = (81, 104, 83)
    sheet = folded_sheet(15_724, shape, 2, rng())
    x, y, z = np.unravel_index(sheet.places, shape)
    columns = len(np.unique(x * 104 + y))
    assert columns > 0.85 * 81 * 104
    assert 15_724 / columns < 2.2
    assert np.ptp(z) > 40
    # The map is smooth: neighbours along the sheet belong together.
    order = np.lexsort((z, y, x))
    steps = abs(np.diff(sheet.along[order]))[(np.diff(x[order]) == 0) & (np.diff(y[order]) <= 1)]
    assert steps.max() < 0.02


def test_subjects_differ_in_their_folds():
    first, second = (folded_sheet(300, SHAPE, 2, rng(seed)).places for seed in (0, 1))
    assert set(first) != set(second)


def test_the_brain_is_liberal_and_the_cortex_surrounds_the_sheet():
    sheet = folded_sheet(500, SHAPE, 2, rng())
    grid = grid_around(sheet)
    assert set(sheet.places) < set(grid.cortex) < set(grid.brain)
    assert len(grid.brain) < np.prod(SHAPE)
    assert (grid.brain[grid.columns(sheet.places)] == sheet.places).all()


def test_the_origin_of_the_affine_is_the_middle_of_the_volume():
    matrix = affine(SHAPE, 1.8)
    assert matrix[:3, :3].tolist() == (1.8 * np.eye(3)).tolist()
    np.testing.assert_allclose(matrix @ [10.5, 7, 8.5, 1], [0, 0, 0, 1], atol=1e-12)


@pytest.mark.parametrize("count", [20, 501])
def test_points_spread_evenly_over_a_closed_sphere(count):
    points = sphere(count)
    np.testing.assert_allclose((points**2).sum(axis=1), 1)
    assert abs(points.mean(axis=0)).max() < 2 / count
    corners = triangles(points)
    assert len(corners) == 2 * count - 4
    a, b, c = points[corners].transpose(1, 0, 2)
    assert (np.einsum("ij,ij->i", np.cross(b - a, c - a), a) > 0).all()


def test_areas_of_a_surface_are_rings_around_the_back_pole():
    sheet = surface_sheet(301, (sphere(400), sphere(350)), rng())
    assert len(sheet.places) == 301
    assert (np.diff(sheet.places) > 0).all()
    right = is_right(sheet.places, (400, 350))
    assert right.sum() == 150
    points = np.concatenate([sphere(400), sphere(350)])[sheet.places]
    for side in (right, ~right):
        inner, outer = (points[side & (sheet.area == area), 1] for area in ("V1", "ventral"))
        assert inner.max() < outer.min()
    assert sheet.along.min() >= 0
    assert sheet.along.max() < 1
