import numpy as np
import pytest

from afterimage.contracts.arrays import ArrayFile
from afterimage.contracts.errors import DataError
from afterimage.contracts.images import ImageFile, ImageWriter
from afterimage.contracts.registry import build
from afterimage.features.extract import extract_features


@pytest.fixture
def image_file(tmp_path, pictures, stimuli):
    """The pictures in another order than the table's."""
    path = tmp_path / "images.arrow"
    with ImageWriter(path, keys={"stimulus_id": "string"}, provenance={}) as writer:
        writer.write({"stimulus_id": stimuli["stimulus_id"][::-1]}, pictures[::-1])
    return ImageFile(path)


@pytest.mark.parametrize("batch_size", [1, 3, 7, 100])
def test_rows_are_the_stimuli_in_their_order_whatever_the_batch(
    tmp_path, stimuli, pictures, image_file, batch_size
):
    path = tmp_path / "thumbnail.arrow"
    extractor = build("extractor", {"name": "thumbnail"})
    extract_features(stimuli, image_file, extractor, path, batch_size, {"dataset": "demo"})
    file = ArrayFile(path)
    assert file.keys["stimulus_id"].tolist() == stimuli["stimulus_id"].tolist()
    assert (file.dims, file.unit) == (extractor.dims, extractor.unit)
    assert file.provenance == {"dataset": "demo"}
    np.testing.assert_array_equal(file.read(), extractor.extract(pictures, stimuli))


def test_the_same_inputs_give_the_same_bytes(tmp_path, stimuli, image_file):
    paths = [tmp_path / name for name in ("a.arrow", "b.arrow")]
    for path in paths:
        extract_features(stimuli, image_file, build("extractor", {"name": "gabor"}), path)
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_a_table_extractor_needs_no_pictures_and_leaves_its_labels(tmp_path, stimuli):
    path = tmp_path / "category.arrow"
    extract_features(stimuli.assign(width=0), None, build("extractor", {"name": "category"}), path)
    assert ArrayFile(path).provenance == {"labels": ["cat", "face", "house"]}


def test_stimuli_without_pictures_are_named(tmp_path, stimuli, image_file):
    stimuli.loc[3, ["width", "height"]] = 0
    path = tmp_path / "gabor.arrow"
    with pytest.raises(DataError, match=r"1 of 7 .*'s03'.*'gabor'"):
        extract_features(stimuli, image_file, build("extractor", {"name": "gabor"}), path)
    assert not path.exists()


def test_a_picture_missing_from_the_file_is_named(tmp_path, stimuli, image_file):
    stimuli.loc[3, "stimulus_id"] = "another"
    with pytest.raises(DataError, match="another"):
        extract_features(
            stimuli, image_file, build("extractor", {"name": "thumbnail"}), tmp_path / "x.arrow"
        )


def test_a_data_set_without_any_pictures_is_told_so(tmp_path, stimuli):
    with pytest.raises(DataError, match="7 of 7"):
        extract_features(
            stimuli, None, build("extractor", {"name": "thumbnail"}), tmp_path / "x.arrow"
        )


def test_an_empty_table_is_refused(tmp_path, stimuli, image_file):
    with pytest.raises(DataError, match="no stimuli"):
        extract_features(
            stimuli.iloc[:0],
            image_file,
            build("extractor", {"name": "gabor"}),
            tmp_path / "x.arrow",
        )


def test_nan_names_the_stimulus_and_leaves_no_file(tmp_path, stimuli, image_file):
    extractor = build("extractor", {"name": "thumbnail"})
    plain = extractor.extract

    def with_nan(images, rows):
        values = plain(images, rows)
        values[(rows["stimulus_id"] == "s05").to_numpy(), 0, 0, 0] = np.nan
        return values

    extractor.extract = with_nan
    path = tmp_path / "x.arrow"
    with pytest.raises(DataError, match=r"features of 1 stimuli .*'s05'"):
        extract_features(stimuli, image_file, extractor, path, batch_size=2)
    assert list(tmp_path.glob("*x*")) == []
