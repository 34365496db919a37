"""Pickles are read without running them: data of every form, and nothing else."""

import base64
import contextlib
import importlib
import io
import os
import pickle
import zlib
from pathlib import Path

import numpy as np
import pytest
from eeg2_folder import save

from afterimage.contracts.errors import DataError
from afterimage.ingest.things_eeg2.pickles import read_dictionary
from afterimage.ingest.things_eeg2.simulator.pickled import save_dictionary

BIG = np.arange(60_000.0).reshape(3, 200, 100)
CONTENT = {
    "data": BIG,
    "small": np.arange(6, dtype=np.int16).reshape(2, 3),
    "columns": np.asfortranarray(np.arange(12.0).reshape(3, 4)),
    "big_endian": np.arange(4, dtype=">f4"),
    "flags": np.array([True, False]),
    "names": np.array(["Pz", "Cz1"]),
    "bytes": np.array([b"ab", b"c"]),
    "empty": np.zeros((0, 3)),
    "one": np.float64(0.25),
    "word": np.str_("Oz"),
    "list": ["Pz", "O1", "Pz"],
    "plain": {"a": [1, 2.5, None, True, -7, 2**70], "b": ("x", ()), "c": {1, 2}, "ü": "é"},
}
# {"data": arange(6.).reshape(2, 3), "ch_names": ["Pz"], "rate": float64(250)}, by numpy 1.26.4:
# np.save, and pickles of protocol 2 and 4; zlib, base85.
NUMPY_1 = {
    "np.save": "c-o~<OHaZ;7~BFX))y-HepD|l2_YVdF@c1{gN=nWF~I{N+jdD!pk=m;2?~i9LC*eB|ACek4;(x>hn?@6oy=_Z(|EYAKT718ys8chY_47_>aeC36t(Sh!Kv5sxx;4iE$sv>)B~6HSh#EXf-+M62l*{&d;M;2P_%u{irs!kJW<Z+KyGnn`(7Y;-xe}R?2<hvzJ;WdcO<Hkh2#V&6HA&d<>w|x40=q)aw9<qsg<xY{g@zaVpY?V4Jp)ykPXAQ`wkHudRbu2nl`aM!iLsJg%*bjicOceQPGwgwq#6fhb?+SPmZzU#_{bEc4zTf6S?2`8|*E{6M=neTD>9*_$tqbN=)fFXXc!(;6UKeYNW%(c3U3pvH(X-97oOd7o5=Ot(*#m(?9+(uxW>K8E0;;nvU!I3eLw+OkDJ-z@=6E0ayu&f&",  # noqa: E501
    "protocol 2": "c-nPPyH3ME5IoySFvrV4ct1kvDpEQMBwTY+gj`*NqRZLHk&<)fd@h27L_<RUhJWD0;NqADi7j?kyF0U^eRE$yLf#;RB*F+dQk9eGtSfV!b|>Z7jD*%=Mh7~Txhjk<rJ-=wTT~_MDLh8r(U1d~C#fuGs#XO>lRH*;h!$^I91Am2J#5V3$Jkte#@Gs(!(8Ugv0Y0hW;V6V9qwAj^DTCl9}Dco2twvnYIoT0_xlguHmbyk!NG8uHF=Nxjjzx9x{B7|*BI2;j&PV+L+uzx2FFA0+osG0N=(uMCr>!7d_2D3OjJ+O!lXF==ShVWW1%T7vcTH$e_cd*gv-^Hs~FdFbYk3;-5>X;W^M",  # noqa: E501
    "protocol 4": "c-mD?yK2Kg5R_yoR*@ox<R4s#lr9VrsLO#c>4RCHF34a>=5#6)2&9Q0u$?FWnIACD#iu4y>@4ie?0kmbXV2jSQw|F<1b(QyYTGBW(JHCBjaie{)PrxATFItvjqaqu2^?L8;Bj3z$qB;yLgufq#|x&y7l9b<P(~aTrr)YRQ}8y!@!;+w_UFj+{P|*W9l|qM9kWO8AAX*OC3O@Jd^hlY3Txw7mdlzd)#BCuS-gWd)MOOOfNxq!8`8ExImu!d)}+|k9$oSa2%=Xl",  # noqa: E501
}


def as_numpy_1(content: bytes) -> bytes:
    """Name NumPy's module as NumPy 1 did; both forms of globals are told by their length."""
    old, new = b"numpy._core.multiarray", b"numpy.core.multiarray"
    return content.replace(b"\x8c\x16" + old, b"\x8c\x15" + new).replace(b"c" + old, b"c" + new)


def check_equal(found: dict, expected: dict) -> None:
    assert list(found) == list(expected)
    for key, value in expected.items():
        if isinstance(value, np.ndarray):
            assert found[key].dtype == value.dtype, key
            np.testing.assert_array_equal(found[key], value)
        else:
            assert type(found[key]) is type(value)
            assert found[key] == value, key


@pytest.mark.parametrize("numpy", [1, 2])
@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize("protocol", [2, 3, 4])
def test_every_published_form_gives_the_dictionary(tmp_path, numpy, header, protocol):
    # Older protocols write sets, and protocol 2 empty byte strings, as calls.
    unusual = {2: ("plain", "empty"), 3: ("plain",), 4: ()}[protocol]
    content = {k: v for k, v in CONTENT.items() if k not in unusual}
    whole = pickle.dumps(np.array(content, dtype=object) if header else content, protocol)
    start = io.BytesIO()
    if header:
        np.save(start, {}, allow_pickle=True)
    path = tmp_path / "eeg.npy"
    whole = as_numpy_1(whole) if numpy == 1 else whole
    assert (b"numpy._core" in whole) == (numpy == 2)
    path.write_bytes(start.getvalue()[: 128 if header else 0] + whole)
    found = read_dictionary(path)
    check_equal(found, content)
    # Protocol 2 writes byte strings as text.
    assert isinstance(found["data"], np.memmap) == (protocol > 2)
    assert not isinstance(found["small"], np.memmap)


@pytest.mark.parametrize("form", list(NUMPY_1))
def test_files_that_numpy_1_wrote_are_read(tmp_path, form):
    path = tmp_path / "old.npy"
    path.write_bytes(zlib.decompress(base64.b85decode(NUMPY_1[form])))
    expected = {"data": np.arange(6.0).reshape(2, 3), "ch_names": ["Pz"], "rate": np.float64(250)}
    check_equal(read_dictionary(path), expected)


def test_np_save_and_long_arrays_in_columns(tmp_path):
    content = {"data": np.asfortranarray(BIG[0]), "times": np.arange(3.0)}
    found = read_dictionary(save(tmp_path / "eeg.npy", content))
    check_equal(found, content)
    assert isinstance(found["data"], np.memmap)
    assert found["data"].flags.f_contiguous
    assert not found["data"].flags.writeable


@pytest.mark.parametrize("header", [True, False])
def test_what_the_simulator_writes_is_read_by_numpy_and_by_us(tmp_path, header):
    path = tmp_path / "eeg.npy"
    plain = {"ch_names": ["a", "b", "a"], "times": np.arange(5.0)}
    save_dictionary(path, plain, "data", BIG.shape, iter(BIG), header)
    loaded = np.load(path, allow_pickle=True)
    check_equal(loaded.item() if header else loaded, {**plain, "data": BIG})
    check_equal(read_dictionary(path), {**plain, "data": BIG})


# ------------------------------------------------------------------------------ refusals

TRACE = "trace.txt"


class Calls:
    """Pickles to a call."""

    def __init__(self, name: str, *arguments: object) -> None:
        module, _, attribute = name.rpartition(".")
        self.call = (getattr(importlib.import_module(module), attribute), arguments)

    def __reduce__(self):
        return self.call


class State:
    """Pickles to an array that is given a state which holds a call."""

    def __init__(self, call: Calls) -> None:
        self.call = call

    def __reduce__(self):
        return (*np.empty(0).__reduce__()[:2], (1, (1,), np.dtype(object), False, [self.call]))


MALICIOUS = {
    "posix.system": lambda: Calls("os.system", f"touch {TRACE}"),
    "builtins.eval": lambda: Calls("builtins.eval", f"open('{TRACE}', 'w')"),
    "builtins.exec": lambda: Calls("builtins.exec", f"open('{TRACE}', 'w')"),
    "io.open": lambda: Calls("builtins.open", TRACE, "w"),
    "numpy.memmap": lambda: Calls("numpy.memmap", TRACE, "u1", "w+", 0, (10,)),
    "subprocess.Popen": lambda: Calls("subprocess.Popen", ["touch", TRACE]),
    "_pickle.loads": lambda: Calls("pickle.loads", b"cos\nsystem\n(V touch\ntR."),
}


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def check_refused(path: Path, name: str) -> None:
    before = sorted(os.listdir(path.parent))
    with pytest.raises(DataError, match="refused") as caught:
        read_dictionary(path)
    assert name in caught.value.what
    assert str(path) in caught.value.what
    assert "Nothing of it was run" in caught.value.what
    assert len(str(caught.value).splitlines()) == 2
    assert sorted(os.listdir(path.parent)) == before


@pytest.mark.parametrize("protocol", [2, 3, 4])
@pytest.mark.parametrize("name", list(MALICIOUS))
def test_calls_are_refused_by_name_and_leave_no_trace(here, name, protocol):
    content = {"data": np.zeros(3), "times": MALICIOUS[name]()}
    path = here / "eeg.npy"
    path.write_bytes(pickle.dumps(content, protocol))
    # Protocol 2 tells the modules' names of Python 2.
    check_refused(path, name if protocol > 2 else f".{name.rpartition('.')[2]}'")


@pytest.mark.parametrize("name", list(MALICIOUS))
def test_calls_inside_object_arrays_are_refused_too(here, name):
    inside = np.array([MALICIOUS[name](), None], dtype=object)
    check_refused(save(here / "eeg.npy", {"data": inside}), name.rpartition(".")[2])
    (here / "state.npy").write_bytes(pickle.dumps(State(MALICIOUS[name]()), 4))
    check_refused(here / "state.npy", name.rpartition(".")[2])


@pytest.mark.parametrize(
    ("told", "program"),
    {
        # An allowed function would keep the attribute, or a default argument, for later.
        "a state given to the function '_reconstruct'": (
            b"\x80\x02cnumpy.core.multiarray\n_reconstruct\n}X\x03\x00\x00\x00docX\x01\x00\x00\x00x"
            b"sb."
        ),
        "a state given to dict": b"\x80\x02}K\x01b.",
        "'numpy.load'": b"\x80\x02cnumpy\nload\nX\x01\x00\x00\x00x\x85R.",
        "a call of 'ndarray'": b"\x80\x02cnumpy\nndarray\nK\x01\x85R.",
        "a call of '_reconstruct'": (
            b"\x80\x02cnumpy.core.multiarray\n_reconstruct\ncnumpy\ndtype\nK\x00\x85C\x01b\x87R."
        ),
        "a call of 'encode'": (
            b"\x80\x02c_codecs\nencode\nX\x01\x00\x00\x00aX\x03\x00\x00\x00hex\x86R."
        ),
        "a call of something that is no global": b"\x80\x02K\x01K\x02\x85R.",
        "the instruction INST": b"\x80\x02(ios\nsystem\n.",
        "the instruction OBJ": b"\x80\x02(cnumpy\nndarray\no.",
        "the instruction NEWOBJ": b"\x80\x02cnumpy\nndarray\n)\x81.",
        "the instruction EXT1": b"\x80\x02\x82\x01.",
        "the instruction PERSID": b"\x80\x02Px\n.",
        "items added to a Name": b"\x80\x02cnumpy\nndarray\nK\x01a.",
        "type 'O'": b"\x80\x02cnumpy\ndtype\nX\x01\x00\x00\x00O\x89\x88\x87R.",
        "type 'f8,f8'": b"\x80\x02cnumpy\ndtype\nX\x05\x00\x00\x00f8,f8\x89\x88\x87R.",
    }.items(),
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_other_programs_are_refused(here, told, program):
    (here / "eeg.npy").write_bytes(program)
    check_refused(here / "eeg.npy", told)


def test_objects_records_and_newer_pickles_are_refused(here):
    check_refused(save(here / "a.npy", {"x": np.array(["a", None], object)}), "Python objects")
    check_refused(save(here / "b.npy", {"x": np.zeros(2, [("a", "f4")])}), "type 'V4'")
    (here / "c.npy").write_bytes(pickle.dumps({"x": np.zeros(2)}, protocol=5))
    check_refused(here / "c.npy", "_frombuffer")
    (here / "d.npy").write_bytes(pickle.dumps(Path("x"), protocol=4))
    check_refused(here / "d.npy", "pathlib")


def test_every_truncation_is_a_clear_error(tmp_path):
    whole = save(tmp_path / "whole.npy", {"data": BIG, "ch_names": ["Pz"]}).read_bytes()
    path = tmp_path / "cut.npy"
    places = [0, 5, 60, *range(128, 400), 10_000, len(whole) - 1]
    for place in places:
        path.write_bytes(whole[:place])
        with pytest.raises(DataError) as caught:
            read_dictionary(path)
        assert len(str(caught.value).splitlines()) == 2


def test_wrong_bytes_never_escape_as_another_error(tmp_path):
    whole = bytearray(save(tmp_path / "whole.npy", {"a": np.zeros(3), "n": ["x"]}).read_bytes())
    random = np.random.default_rng(0)
    path = tmp_path / "odd.npy"
    for _ in range(1500):
        changed = bytearray(whole)
        for place in random.integers(128, len(whole), 2).tolist():
            changed[place] = int(random.integers(256))
        path.write_bytes(changed)
        with contextlib.suppress(DataError):
            read_dictionary(path)


def test_other_files_are_told(tmp_path):
    with pytest.raises(DataError, match="missing"):
        read_dictionary(tmp_path / "no.npy")
    np.save(tmp_path / "array.npy", np.zeros((2, 3)))
    with pytest.raises(DataError, match=r"array of \(2, 3\) float64"):
        read_dictionary(tmp_path / "array.npy")
    (tmp_path / "list.npy").write_bytes(pickle.dumps([1], protocol=4))
    with pytest.raises(DataError, match="a list, expected a dictionary"):
        read_dictionary(tmp_path / "list.npy")
    (tmp_path / "page.npy").write_text("<html>Not found</html>")
    with pytest.raises(DataError):
        read_dictionary(tmp_path / "page.npy")
