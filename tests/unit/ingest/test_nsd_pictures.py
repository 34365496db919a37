"""Pictures and what is known of them: sources, categories, captions."""

import json
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
from nsd_bucket import dataset, made, shown, stimulus_table, write_coco, write_tables

from afterimage.contracts.annotations import ANNOTATIONS
from afterimage.contracts.errors import DataError, ShapeError
from afterimage.contracts.tables import check_table
from afterimage.ingest.nsd import layout
from afterimage.ingest.stimuli import annotations_of


@pytest.fixture
def root(tmp_path) -> Path:
    write_tables(tmp_path)
    return tmp_path


@pytest.fixture
def coco(root) -> Path:
    """Captions and objects of the pictures 3 (train2017) and 2 (val2017); outlines and all."""
    objects = [
        {"id": 1, "image_id": 1003, "category_id": 1, "area": 50.5, "segmentation": [[1, 2.5]]},
        {"id": 2, "image_id": 1003, "category_id": 3, "area": 40, "iscrowd": 1},
        {"id": 3, "image_id": 1003, "category_id": 3, "area": 20.25},
        {"id": 4, "image_id": 77, "category_id": 18, "area": 1e6},
    ]
    captions = [
        {"id": 9, "image_id": 1003, "caption": "A second  one.\n"},
        {"id": 8, "image_id": 1003, "caption": "A man \u00e0 car."},
        {"id": 7, "image_id": 77, "caption": "Never shown."},
    ]
    write_coco(root, "train2017", captions, objects)
    others = [{"id": 5, "image_id": 1002, "category_id": 18, "area": 1}]
    write_coco(root, "val2017", [{"id": 1, "image_id": 1002, "caption": "A dog."}], others)
    return root


def named(stimuli) -> dict:
    return {one.stimulus_id: one for one in stimuli}


def test_stimuli_are_the_pictures_that_some_subject_saw_by_ascending_number(root):
    stimuli = list(dataset(sessions={"subj01": 1, "subj02": [2]}).stimuli(root))
    seen = {*shown("subj01")[:12].tolist(), *shown("subj02")[12:24].tolist()}
    assert [one.stimulus_id for one in stimuli] == [layout.stimulus_id(n) for n in sorted(seen)]
    with h5py.File(root / layout.PICTURES) as file:
        brick = file["imgBrick"][:]
    for one in stimuli:
        assert (one.image == brick[int(one.stimulus_id[3:])]).all()
        assert one.source_id == f"coco{1000 + int(one.stimulus_id[3:])}"
        assert one.category is None


def test_published_columns_travel_along_as_annotations(root):
    one = named(dataset().stimuli(root))["nsd00002"]
    assert one.annotations == (
        ("coco_id", "1002"),
        ("coco_split", "val2017"),
        ("crop_box", "(0, 0, 0.1, 0.1)"),
    )


def test_captions_and_objects_come_from_coco(coco):
    found = named(dataset(coco=True).stimuli(coco))
    assert found["nsd00003"].category == "car"
    assert found["nsd00003"].annotations[3:] == (
        ("caption", "A man à car."),
        ("caption", "A second one."),
        ("category", "car"),
        ("category", "person"),
    )
    assert found["nsd00002"].category == "dog"
    assert found["nsd00005"].category is None
    rows = [row for one in found.values() for row in annotations_of(one)]
    check_table(pd.DataFrame(rows, columns=ANNOTATIONS.names), ANNOTATIONS, "annotations")


def test_categories_of_one_area_are_ordered_by_their_number(coco):
    objects = [{"id": n, "image_id": 1003, "category_id": n, "area": 5} for n in (18, 3, 1)]
    write_coco(coco, "train2017", [{"id": 1, "image_id": 1003, "caption": "x"}], objects)
    assert named(dataset(coco=True).stimuli(coco))["nsd00003"].category == "person"


def test_a_simulation_tells_its_own_sources_and_categories(root):
    table = stimulus_table()[["nsdId"]].assign(source_id="astronaut/3", category="face")
    table.loc[2, "category"] = None
    table.to_csv(made(root / layout.SIDECAR), index=False)
    found = named(dataset().stimuli(root))
    assert (found["nsd00003"].source_id, found["nsd00003"].category) == ("astronaut/3", "face")
    assert found["nsd00002"].category is None


# ------------------------------------------------------------------------------------- bad input


def test_picture_that_is_not_in_the_file_is_refused(root):
    with h5py.File(root / layout.PICTURES, "a") as file:
        fewer = file["imgBrick"][:-5]
        del file["imgBrick"]
        file["imgBrick"] = fewer
    with pytest.raises(DataError, match="23 pictures, but picture 27 was shown"):
        list(dataset().stimuli(root))


def test_pictures_of_another_form_are_refused(root):
    with h5py.File(root / layout.PICTURES, "w") as file:
        file["imgBrick"] = np.zeros((28, 3, 8, 8), dtype=np.uint8)
    with pytest.raises(ShapeError, match="expected uint8 of pictures x height x width x 3"):
        list(dataset().stimuli(root))


def test_truncated_pictures_are_named(root):
    path = root / layout.PICTURES
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(DataError, match=r"nsd_stimuli\.hdf5: not a complete HDF5 file"):
        list(dataset().stimuli(root))


def test_tables_without_a_shown_picture_are_refused(root):
    stimulus_table().iloc[1:].to_csv(root / layout.STIMULUS_TABLE)
    with pytest.raises(DataError, match=r"merged\.csv: no row for picture 0"):
        list(dataset().stimuli(root))
    stimulus_table().to_csv(root / layout.STIMULUS_TABLE)
    table = stimulus_table()[["nsdId"]].assign(source_id="x", category="y")
    table.iloc[1:].to_csv(made(root / layout.SIDECAR), index=False)
    with pytest.raises(DataError, match=r"afterimage_stimuli\.csv: no row for picture 0"):
        list(dataset().stimuli(root))


def test_missing_coco_file_is_named_with_its_source(coco):
    (coco / layout.coco_files("val2017")[1]).unlink()
    with pytest.raises(DataError, match=r"instances_val2017\.json.*missing") as caught:
        list(dataset(coco=True).stimuli(coco))
    assert "cocodataset.org" in caught.value.remedy


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"annotations": [{"image_id": 1, "id": 2, "capt', "not a complete file of annotations"),
        ("", "not a complete file of annotations"),
        ('{"annotation": []}', "no 'annotations' in it"),
        ('{"annotations": [{"id": 2}]}', "has no 'image_id'"),
    ],
)
def test_damaged_coco_file_is_named(coco, content, message):
    (coco / layout.coco_files("train2017")[0]).write_text(content)
    with pytest.raises(DataError, match=message) as caught:
        list(dataset(coco=True).stimuli(coco))
    assert "captions_train2017.json" in caught.value.what


def test_object_without_a_named_category_is_refused(coco):
    path = coco / layout.coco_files("train2017")[1]
    content = json.loads(path.read_text())
    content["categories"] = content["categories"][:1]
    path.write_text(json.dumps(content))
    with pytest.raises(DataError, match="no name for category 3"):
        list(dataset(coco=True).stimuli(coco))


def test_pictures_of_no_coco_split_are_refused(coco):
    stimulus_table().assign(cocoSplit="simulated").to_csv(coco / layout.STIMULUS_TABLE)
    with pytest.raises(DataError, match="cocoSplit 'simulated'"):
        list(dataset(coco=True).stimuli(coco))
