"""Which voxels are read, where they lie, and what their regions are called."""

import gzip
from pathlib import Path

import numpy as np
import pytest
from nsd_bucket import (
    AFFINE,
    REGIONS,
    SHAPE,
    VERTICES,
    dataset,
    is_left,
    labels,
    save_mgh,
    save_volume,
    write_surface_labels,
    write_surfaces,
    write_volume_labels,
)

from afterimage.contracts.errors import DataError, ShapeError
from afterimage.ingest.nsd import layout
from afterimage.ingest.nsd.labels import read_names
from afterimage.ingest.nsd.voxels import Voxels, read_voxels


@pytest.fixture
def volume(tmp_path) -> Path:
    write_volume_labels(tmp_path, "subj01")
    return tmp_path


@pytest.fixture
def surface(tmp_path) -> Path:
    write_surface_labels(tmp_path, "subj01")
    return tmp_path


def voxels(root: Path, *chosen: str, **changes) -> Voxels:
    return read_voxels(root, dataset(voxels=list(chosen), **changes).config, "subj01")


def roi(root: Path, atlas: str) -> Path:
    return root / layout.atlas_files("subj01", "func1pt8mm", atlas)[0]


def mask_of(atlas: str, *numbers: int) -> np.ndarray:
    values = labels(atlas, SHAPE)
    return np.isin(values, numbers) if numbers else values > 0


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (["nsdgeneral"], mask_of("nsdgeneral")),
        (["streams"], mask_of("streams")),
        (["streams:ventral"], mask_of("streams", 5)),
        (["streams:5"], mask_of("streams", 5)),
        (["prf-visualrois:V1d"], mask_of("prf-visualrois", 2)),
        (["prf-visualrois:V1"], mask_of("prf-visualrois", 1, 2)),
        (
            ["streams:early", "prf-visualrois:hV4"],
            mask_of("streams", 1) | mask_of("prf-visualrois", 7),
        ),
        (["lh.nsdgeneral"], mask_of("nsdgeneral") & is_left()),
        (["rh.streams:early"], mask_of("streams", 1) & ~is_left()),
        (
            ["lh.streams:1", "rh.nsdgeneral"],
            np.where(is_left(), mask_of("streams", 1), mask_of("nsdgeneral")),
        ),
        (["brain"], np.indices(SHAPE).sum(axis=0) > 1),
    ],
)
def test_voxels_of_a_volume_are_the_union_of_what_is_chosen(volume, chosen, expected):
    found = voxels(volume, *chosen)
    (mask,) = found.masks
    assert mask.tolist() == expected.tolist()
    assert found.index.tolist() == np.flatnonzero(expected).tolist()


def test_coordinates_and_regions_are_in_the_order_of_the_mask(volume):
    found = voxels(volume, "nsdgeneral", atlases=["prf-visualrois"])
    mask, areas = mask_of("nsdgeneral"), labels("prf-visualrois", SHAPE)
    places = [(x, y, z) for x in range(5) for y in range(4) for z in range(3) if mask[x, y, z]]
    named = {1: ["V1", "V1v"], 2: ["V1", "V1d"], 3: ["V2", "V2v"], 7: ["hV4"]}
    assert len(places) == len(found.rois) == len(found.index)
    for place, where, rois in zip(places, found.millimetres, found.rois, strict=True):
        assert where.tolist() == [-10 + 2 * place[0], -20 + 3 * place[1], -30 + 4 * place[2]]
        assert rois == ["nsdgeneral", *named.get(int(areas[place]), [])]


def test_geometry_is_that_of_the_files(volume):
    geometry = voxels(volume, "streams").geometry
    assert (geometry.kind, geometry.shape, geometry.space) == ("volume", SHAPE, "func1pt8mm")
    assert np.array(geometry.affine).tolist() == AFFINE.tolist()


def test_chosen_labels_and_sides_are_regions(volume):
    found = voxels(volume, "lh.streams:early", "HCP_MMP1:2", atlases=[])
    streams, side = labels("streams", SHAPE)[found.masks[0]], is_left()[found.masks[0]]
    other = labels("HCP_MMP1", SHAPE)[found.masks[0]]
    for rois, stream, left, area in zip(found.rois, streams, side, other, strict=True):
        expected = {"early", "lh"} if stream == 1 and left else set()
        assert set(rois) == expected | ({"HCP_MMP1:2"} if area == 2 else set())


def test_a_name_of_two_atlases_is_told_apart(volume):
    found = voxels(volume, "brain", atlases=["prf-visualrois", "HCP_MMP1"])
    areas, other = (
        labels(atlas, SHAPE)[found.masks[0]] for atlas in ("prf-visualrois", "HCP_MMP1")
    )
    for rois, area, glasser in zip(found.rois, areas, other, strict=True):
        assert ("V1" in rois) == (area in (1, 2))
        assert ("HCP_MMP1:V1" in rois) == (glasser == 1)
        assert ("MST" in rois) == (glasser == 2)


def test_surfaces_count_right_vertices_after_left_ones(surface):
    values = labels("nsdgeneral", (sum(VERTICES),))
    found = voxels(surface, "nsdgeneral", space="nativesurface")
    assert found.index.tolist() == np.flatnonzero(values > 0).tolist()
    assert [len(mask) for mask in found.masks] == list(VERTICES)
    assert np.concatenate(found.masks).tolist() == (values > 0).tolist()
    assert (found.geometry.kind, found.geometry.shape) == ("surface", VERTICES)
    assert found.geometry.affine is None
    sides = ["lh" if number < VERTICES[0] else "rh" for number in found.index]
    assert [rois[-1] for rois in found.rois] == sides
    assert np.isnan(found.millimetres).all()


def test_surfaces_give_hemispheres_labels_and_everything(surface):
    values = labels("streams", (sum(VERTICES),))
    left = np.arange(sum(VERTICES)) < VERTICES[0]
    for text, expected in (
        ("brain", np.ones(sum(VERTICES), dtype=bool)),
        ("lh.brain", left),
        ("rh.streams", ~left & (values > 0)),
        ("rh.streams:ventral", ~left & (values == 5)),
    ):
        found = voxels(surface, text, space="nativesurface", atlases=[])
        assert found.index.tolist() == np.flatnonzero(expected).tolist()


def test_coordinates_of_vertices_come_from_the_white_surfaces(surface):
    points = write_surfaces(surface, "subj01")
    found = voxels(surface, "nsdgeneral", space="nativesurface")
    np.testing.assert_allclose(found.millimetres, points[found.index], atol=1e-4)


def test_names_may_carry_stray_tabs_colours_and_spaces(tmp_path):
    path = tmp_path / "atlas.mgz.ctab"
    path.write_text("# no name\n0 Unknown\n1 V1v\t\n2\tFFA-1 255 0 0 0\n3 calcarine sulcus\n\n")
    assert read_names(path) == {0: "Unknown", 1: "V1v", 2: "FFA-1", 3: "calcarine sulcus"}


# ------------------------------------------------------------------------------------- bad input


def test_unknown_label_is_told_with_the_known_names(volume):
    with pytest.raises(DataError, match=r"streams\.mgz\.ctab: no label 'earli'") as caught:
        voxels(volume, "streams:earli")
    assert "early (1), ventral (5)" in caught.value.remedy
    with pytest.raises(DataError, match=r"streams\.nii\.gz: no label '4'"):
        voxels(volume, "streams:4")


def test_label_without_a_name_is_refused(volume):
    path = volume / layout.names_file("subj01", "func1pt8mm", "streams")
    path.write_text("0 Unknown\n1 early\n")
    with pytest.raises(DataError, match="no name for label 5"):
        voxels(volume, "brain")


def test_names_that_are_no_table_are_refused(volume):
    path = volume / layout.names_file("subj01", "func1pt8mm", "streams")
    path.write_text("one early\n")
    with pytest.raises(DataError, match="not a list of label numbers"):
        voxels(volume, "brain")
    path.unlink()
    with pytest.raises(DataError, match="missing or unreadable"):
        voxels(volume, "brain")


def test_a_part_of_the_union_without_voxels_is_noted(volume):
    save_volume(roi(volume, "lh.streams"), np.zeros(SHAPE, dtype=np.int16))
    found = voxels(volume, "nsdgeneral", "lh.streams:early")
    assert found.notes == ["No voxel of subj01 belongs to 'lh.streams:early'."]
    assert len(found.index) == mask_of("nsdgeneral").sum()


def test_empty_mask_is_refused(volume):
    save_volume(roi(volume, "nsdgeneral"), np.zeros(SHAPE, dtype=np.int16))
    with pytest.raises(DataError, match=r"nsdgeneral\.nii\.gz: no voxel of subj01 has a label"):
        voxels(volume, "nsdgeneral")
    save_volume(volume / layout.brain_mask_file("subj01", "func1pt8mm"), np.zeros(SHAPE))
    with pytest.raises(DataError, match=r"brainmask\.nii\.gz: no voxel"):
        voxels(volume, "brain")


def test_outside_of_a_mask_may_be_nan(volume):
    mask = np.where(mask_of("nsdgeneral"), 1.0, np.nan).astype(np.float32)
    save_volume(roi(volume, "nsdgeneral"), mask)
    assert voxels(volume, "nsdgeneral").masks[0].tolist() == mask_of("nsdgeneral").tolist()


def test_mask_of_another_shape_or_place_is_refused(volume):
    save_volume(roi(volume, "streams"), np.ones((2, 3, 4), dtype=np.int16))
    with pytest.raises(ShapeError, match=r"streams.nii.gz: shape \(2, 3, 4\)"):
        voxels(volume, "nsdgeneral")
    moved = AFFINE.copy()
    moved[2, 3] += 0.5
    save_volume(roi(volume, "streams"), labels("streams", SHAPE), moved)
    with pytest.raises(ShapeError, match=r"streams.nii.gz: its affine .* 0.5 mm"):
        voxels(volume, "nsdgeneral")
    moved[2, 3] = AFFINE[2, 3] + 1e-4
    save_volume(roi(volume, "streams"), labels("streams", SHAPE), moved)
    voxels(volume, "nsdgeneral")


def test_truncated_mask_is_named(volume):
    path = roi(volume, "nsdgeneral")
    whole = path.read_bytes()
    for content in (whole[: len(whole) // 2], b"", gzip.compress(b"not a volume")):
        path.write_bytes(content)
        with pytest.raises(DataError, match=r"nsdgeneral\.nii\.gz: not a complete NIfTI volume"):
            voxels(volume, "nsdgeneral")
    path.unlink()
    with pytest.raises(DataError, match=r"nsdgeneral\.nii\.gz: the file is missing"):
        voxels(volume, "nsdgeneral")


def test_labels_of_another_surface_are_refused(surface):
    path = surface / layout.atlas_files("subj01", "nativesurface", "streams")[1]
    save_mgh(path, np.ones((9, 1, 1), dtype=np.float32))
    with pytest.raises(ShapeError, match=r"\(7, 9\) vertices .* has \(7, 5\)"):
        voxels(surface, "nsdgeneral", space="nativesurface")
    path.write_bytes(path.read_bytes()[:30])
    with pytest.raises(DataError, match=r"rh\.streams\.mgz: not a complete MGZ file"):
        voxels(surface, "nsdgeneral", space="nativesurface")


def test_surface_with_other_vertices_than_the_labels_is_refused(surface):
    write_surfaces(surface, "subj01")
    left, right = layout.surface_files("subj01", "nativesurface")
    (surface / left).write_bytes((surface / right).read_bytes())
    with pytest.raises(ShapeError, match=r"lh\.white: 5 vertices, but the labels have 7"):
        voxels(surface, "nsdgeneral", space="nativesurface")
    (surface / left).write_bytes(b"nothing")
    with pytest.raises(DataError, match=r"lh\.white: not a complete surface"):
        voxels(surface, "nsdgeneral", space="nativesurface")


def test_bucket_has_voxels_of_every_label():
    for atlas, names in REGIONS.items():
        assert set(names) <= set(labels(atlas, SHAPE).ravel().tolist())
