import pyarrow as pa
import pytest
from tests.unit.packaging import hostile_files as hostile

from afterimage.contracts.arrays import ArrayFile
from afterimage.contracts.config.yaml_file import read_yaml
from afterimage.contracts.errors import UserError
from afterimage.contracts.images import ImageFile, ImageWriter
from afterimage.contracts.modelfiles import load_card, load_tensors
from afterimage.contracts.tables import read_table
from afterimage.contracts.trials import TRIALS
from afterimage.features.vdvae_checkpoint import _tensors
from afterimage.ingest.arrays.fields import Source
from afterimage.ingest.arrays.files import check_file, open_array
from afterimage.ingest.arrays.images import decoded
from afterimage.ingest.nsd.design import read_design
from afterimage.ingest.nsd.hdf5 import Hdf5Betas
from afterimage.ingest.things_eeg2.pictures import _picture
from afterimage.ingest.things_meg import layout as meg
from afterimage.ingest.things_meg.released import open_epochs


def values_of(path, key=None):
    """Read an array of a user's own data set to its last value."""
    return open_array(path, Source(file=path.name, key=key), key).whole()


def keyed(path):
    return values_of(path, "x")


def fif(path):
    """Read a file as the epochs of a participant of THINGS-MEG."""
    target = path.parent / meg.epochs_file("P1", 0)
    target.parent.mkdir(parents=True, exist_ok=True)
    path.rename(target)
    return open_epochs(path.parent, "P1", 1, 10)


CASES = {
    "objects in .npy": (hostile.objects_npy, values_of),
    "objects in .npz": (hostile.objects_npz, values_of),
    "a pickle called .npy": (hostile.bare_pickle(".npy"), values_of),
    "an endless .npy": (hostile.huge_npy, values_of),
    "code in a checkpoint": (hostile.torch_zip, _tensors),
    "a pickle called .pth": (hostile.bare_pickle(".pth"), _tensors),
    "a pickle called .mat": (hostile.bare_pickle(".mat"), keyed),
    "a pickle called .mat (NSD)": (hostile.bare_pickle(".mat"), read_design),
    "storage elsewhere (HDF5)": (hostile.external_storage(".h5"), keyed),
    "a link elsewhere (HDF5)": (hostile.external_link(".h5"), keyed),
    "virtual values (HDF5)": (hostile.virtual_values(".h5"), keyed),
    "a pickle called .hdf5": (hostile.bare_pickle(".hdf5"), keyed),
    "a pickle called .fif": (hostile.bare_pickle(".fif"), fif),
    "code in an Arrow extension": (hostile.arrow_extension, ArrayFile),
    "code in an Arrow extension, pictures": (hostile.arrow_extension, ImageFile),
    "code in a Parquet extension": (
        hostile.parquet_extension,
        lambda path: read_table(path, TRIALS),
    ),
    "a tag that calls (YAML)": (
        hostile.text("x.yaml", "x: !!python/object/apply:os.system ['touch MARK']\n"),
        read_yaml,
    ),
    "a tag that names (YAML)": (
        hostile.text("x.yaml", "x: !!python/name:os.system ''\n"),
        read_yaml,
    ),
    "depth without end (YAML)": (hostile.text("x.yaml", "x: " + "[" * 5000), read_yaml),
    "depth without end (JSON)": (hostile.text("x.json", "[" * 100_000), load_card),
    "a long header (safetensors)": (hostile.safetensors({}, length=1 << 60), load_tensors),
    "a false shape (safetensors)": (
        hostile.safetensors(hostile.tensor(shape=[1 << 40])),
        load_tensors,
    ),
    "a false place (safetensors)": (
        hostile.safetensors(hostile.tensor(data_offsets=[0, 1 << 40])),
        load_tensors,
    ),
    "the same place twice (safetensors)": (
        hostile.safetensors({**hostile.tensor(), "y": hostile.tensor()["x"]}),
        load_tensors,
    ),
    "an unknown type (safetensors)": (
        hostile.safetensors(hostile.tensor(dtype="F8_E4M3", shape=[16])),
        load_tensors,
    ),
}


@pytest.mark.parametrize(("make", "read"), CASES.values(), ids=CASES.keys())
def test_a_malicious_file_is_refused_in_two_lines_and_nothing_of_it_runs(tmp_path, make, read):
    path = make(tmp_path)
    with pytest.raises(UserError) as refused:
        read(path)
    assert path.name in str(refused.value) or "P1" in str(refused.value)
    assert str(refused.value).count("\n") == 1
    assert not hostile.mark_of(tmp_path).exists()


def test_the_malicious_files_would_run_code_if_they_were_unpickled(tmp_path):
    import pickle

    pickle.loads(hostile.evil(tmp_path))
    assert hostile.mark_of(tmp_path).exists(), "else the test above could not fail"


@pytest.mark.parametrize(
    "make",
    [
        hostile.external_link(".mat"),
        hostile.external_storage(".mat"),
        hostile.virtual_values(".mat"),
    ],
)
def test_a_matlab_file_takes_no_values_from_other_files(tmp_path, make):
    with pytest.raises(UserError, match="takes its values from another file"):
        keyed(make(tmp_path))


def test_a_session_of_nsd_takes_no_values_from_other_files(tmp_path):
    import h5py
    import numpy as np

    from afterimage.ingest.nsd.hdf5 import BETA_KEY

    path = tmp_path / "betas.hdf5"
    with h5py.File(path, "w") as file:
        other = str(hostile.secret(tmp_path))
        file.create_dataset(BETA_KEY, (1, 1, 1, 1), "<i2", external=[(other, 0, 2)])
    with (
        pytest.raises(UserError, match="takes its values from another file"),
        Hdf5Betas(path, np.ones((1, 1, 1), bool)),
    ):
        pass


def test_virtual_values_of_the_same_file_are_its_own(tmp_path):
    import h5py

    path = tmp_path / "own.h5"
    with h5py.File(path, "w") as file:
        file["values"] = [1.0, 2.0]
        layout = h5py.VirtualLayout((2,), "f8")
        layout[:] = h5py.VirtualSource(".", "values", (2,))
        file.create_virtual_dataset("x", layout)
    assert keyed(path).tolist() == [1.0, 2.0]


def test_a_picture_that_would_fill_the_memory_is_refused(tmp_path):
    bomb = tmp_path / "bomb.png"
    bomb.write_bytes(hostile.png_bomb())
    with pytest.raises(UserError, match=r"bomb\.png: not a readable image"):
        decoded(bomb.read_bytes(), "bomb.png")
    with pytest.raises(UserError, match=r"bomb\.png: not a readable picture"):
        _picture(bomb)


def test_a_bomb_among_our_own_pictures_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "images.arrow"
    monkeypatch.setattr("afterimage.contracts.images.encode_png", lambda image: hostile.png_bomb())
    with ImageWriter(path, keys={"stimulus_id": "string"}, provenance={}) as writer:
        writer.write({"stimulus_id": ["a"]}, [b""])
    with pytest.raises(UserError, match=r"images\.arrow, row 0: not a readable picture"):
        ImageFile(path).image(0)


@pytest.mark.parametrize("named", ["../secret", "/etc/passwd", "a/../../secret"])
def test_a_data_set_reads_no_file_outside_of_its_folder(tmp_path, named):
    with pytest.raises(UserError, match="lies outside the data set's folder"):
        check_file(tmp_path / named, named)


def test_no_extension_type_of_arrow_is_unpickled():
    # Older versions unpickled these; the lock file may not go back to one of them.
    assert not hasattr(pa, "PyExtensionType")
