"""Files of tensors."""

import os

import numpy as np

from afterimage.contracts.modelfiles import load_tensors, save_tensors


def test_others_may_read_a_file_as_far_as_the_umask_says(tmp_path):
    before = os.umask(0o022)
    try:
        save_tensors(tmp_path / "model.safetensors", {"a": np.arange(3)})
    finally:
        os.umask(before)
    assert (tmp_path / "model.safetensors").stat().st_mode & 0o777 == 0o644
    assert load_tensors(tmp_path / "model.safetensors")["a"].tolist() == [0, 1, 2]
