"""What parts hand over: written and read again, joined into few lines, and left out of tables."""

import numpy as np
import pandas as pd
import pytest

from afterimage.contracts.arrays import ArrayFile
from afterimage.contracts.behaviour import BEHAVIOUR
from afterimage.contracts.errors import DataError, ShapeError
from afterimage.contracts.parts import Findings, Note, Part
from afterimage.contracts.published import PUBLISHED
from afterimage.contracts.tables import read_table
from afterimage.contracts.trials import TRIALS, Recording
from afterimage.ingest.findings import read_findings, write_findings
from afterimage.ingest.meeg.silent import SilentSensors
from afterimage.ingest.parts import joined, write_part
from afterimage.ingest.subject import ingest_subject
from afterimage.ingest.told import told_by

REPAIRED = "{repaired} of {epochs} epochs were repaired."
NAMES = ("trials", "responses", "channels", "published", "behaviour", "card")


def findings(*notes: Note, **excluded: list[str]) -> Findings:
    found = Findings()
    found.tell(notes)
    for reason, ids in excluded.items():
        found.exclude(ids, reason)
    return found


# ------------------------------------------------------------------------------------ the file


def test_findings_are_read_as_they_were_written(tmp_path):
    found = findings(Note("z first."), Note(REPAIRED, {"repaired": 2, "epochs": 9}), noise=["t3"])
    write_findings(tmp_path / "a.json", "session01", found)
    assert read_findings(tmp_path / "a.json") == ("session01", found)
    assert list(read_findings(tmp_path / "a.json")[1].counts) == ["z first.", REPAIRED]


def test_nothing_learnt_is_a_file_too(tmp_path):
    write_findings(tmp_path / "a.json", "session01", Findings())
    assert read_findings(tmp_path / "a.json") == ("session01", Findings())


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"3",
        b"{}",
        b'{"part": "a", "notes": [], "excl',
        b'{"part": "a", "notes": ["text"], "excluded": {}}',
        b'{"part": "a", "notes": [{"text": "b"}], "excluded": {}}',
        b'{"part": "a", "notes": [{"text": "b", "counts": {"n": "x"}}], "excluded": {}}',
        b'{"part": "a", "notes": [], "excluded": {"noise": "t1"}}',
        b'{"part": "a", "notes": [], "excluded": []}',
        b"\xff\xfe",
    ],
)
def test_a_damaged_file_is_told_by_name(tmp_path, content):
    path = tmp_path / "a.json"
    path.write_bytes(content)
    with pytest.raises(DataError, match="not the notes of a part") as caught:
        read_findings(path)
    assert str(path) in caught.value.what
    assert "Delete it" in caught.value.remedy


def test_a_missing_file_is_told_by_name(tmp_path):
    with pytest.raises(DataError, match=r"a\.json: the notes of a part are missing"):
        read_findings(tmp_path / "a.json")


# ---------------------------------------------------------------------------------- the lines


def test_equal_notes_of_all_parts_are_one_line():
    found = {f"run-{i:03d}": findings(Note("aliasing is possible.")) for i in range(120)}
    assert told_by(found) == ["All 120 parts: aliasing is possible."]


def test_counts_are_summed_over_the_parts_that_tell_them():
    one = Note(REPAIRED, {"repaired": 2, "epochs": 10})
    other = Note(REPAIRED, {"repaired": 3, "epochs": 12})
    found = {"run-1": findings(one), "run-2": Findings(), "run-3": findings(other)}
    assert told_by(found) == ["run-1, run-3: 5 of 22 epochs were repaired."]


def test_many_parts_are_counted_and_other_notes_stay_apart():
    found = {f"run-{i}": findings(Note("odd.") if i % 2 else Note("even.")) for i in range(10)}
    assert told_by(found) == [
        "run-0, run-2, run-4 and 2 more: even.",
        "run-1, run-3, run-5 and 2 more: odd.",
    ]


def test_the_only_part_is_not_named():
    note = Note("components are taken out.")
    assert told_by({"recording": findings(note, noise=["t1"])}) == [
        "Components are taken out.",
        "1 trial is left out, because noise.",
    ]


def test_trials_left_out_are_counted_by_reason():
    found = {
        "run-1": findings(noise=["t1", "t2"]),
        "run-2": findings(movement=["t5"], noise=["t6"]),
        "run-3": Findings(),
    }
    assert told_by(found) == [
        "3 trials are left out, because noise (run-1, run-2).",
        "1 trial is left out, because movement (run-2).",
    ]


def test_within_a_part_a_text_is_told_once_and_its_counts_are_added():
    note = Note(REPAIRED, {"repaired": 1, "epochs": 5})
    assert findings(note, note, Note("a."), Note("a.")).counts == {
        REPAIRED: {"repaired": 2, "epochs": 10},
        "a.": {},
    }


def test_braces_that_are_no_counts_stay():
    assert told_by({"a": findings(Note("sensor {x} and {n}.", {"n": 3}))}) == ["Sensor {x} and 3."]


# ------------------------------------------------------------------------------- silent sensors


def test_flat_and_broken_sensors_are_named_in_one_pass():
    values = np.random.default_rng(0).standard_normal((6, 4, 4)).astype(np.float32)
    values[:, :, 1] = 3
    values[4, 2, 2] = np.nan
    values[1, 0, 3] = np.inf
    silent = SilentSensors(["A", "B", "C", "D"])
    for block in (values[:2], values[2:2], values[2:]):
        silent.see(block)
    assert [note.text for note in silent.notes()] == [
        "sensor B: flat in all epochs.",
        "sensors C, D: NaN or infinite in some epoch.",
    ]


def test_a_sensor_that_changes_between_blocks_is_not_flat():
    silent = SilentSensors(["A"])
    silent.see(np.zeros((2, 3, 1)))
    silent.see(np.ones((2, 3, 1)))
    assert silent.notes() == []


def test_many_silent_sensors_are_counted_and_no_epoch_tells_nothing():
    silent = SilentSensors([f"S{i}" for i in range(9)])
    assert silent.notes() == []
    silent.see(np.zeros((2, 3, 9)))
    assert silent.notes()[0].text == "sensors S0, S1, S2, S3, S4 and 4 more: flat in all epochs."


# ------------------------------------------------------------------------------ trials left out

VALUES = np.arange(24, dtype=np.float32).reshape(8, 3) ** 2


def recording(blocks, found) -> Recording:
    trials = pd.DataFrame(
        {
            "trial_id": [f"t{i}" for i in range(8)],
            "subject": "s",
            "session": np.repeat([1, 2], 4).astype(np.int32),
            "run": np.int32(1),
            "onset": np.nan,
            "stimulus_id": list("abababab"),
            "repetition": np.repeat(np.arange(4), 2).astype(np.int32),
        }
    )
    channels = pd.DataFrame({"channel": np.arange(3, dtype=np.int32), "name": list("ABC")})
    channels = channels.assign(index=None, x=np.nan, y=np.nan, z=np.nan, rois=[[], [], []])
    behaviour = pd.DataFrame({"trial_id": trials["trial_id"], "measure": "rt", "value": 0.5})
    return Recording(
        trials,
        channels,
        ("sensor",),
        (3,),
        "V",
        blocks,
        ["First."],
        found,
        behaviour=behaviour.assign(unit="s"),
    )


def blocks_of(rows, found: Findings, left_out=()):
    for row in rows:
        if row in left_out:
            found.exclude([f"t{row}"], "noise")
        else:
            yield [f"t{row}"], VALUES[[row]]


def ingested(source: Recording, folder):
    outputs = {name: str(folder / name) for name in NAMES}
    roles = {"own": {f"t{i}": "train" for i in range(8)}}
    return ingest_subject(source, roles, outputs, {}), outputs


def check_kept(outputs, rows) -> None:
    ids = [f"t{row}" for row in rows]
    responses = ArrayFile(outputs["responses"])
    assert responses.keys["trial_id"].tolist() == ids
    assert (responses.read() == VALUES[rows]).all()
    trials = read_table(outputs["trials"], TRIALS)
    assert trials["trial_id"].tolist() == ids
    counted = trials.groupby("stimulus_id").cumcount()
    assert trials["repetition"].tolist() == counted.tolist()
    for name, schema in (("published", PUBLISHED), ("behaviour", BEHAVIOUR)):
        assert read_table(outputs[name], schema)["trial_id"].tolist() == ids


@pytest.mark.parametrize("left_out", [(), (0,), (3, 4), (7,), (0, 1, 2, 3), (1, 2, 5, 6, 7)])
def test_trials_left_out_are_in_no_table_whether_read_in_parts_or_at_once(tmp_path, left_out):
    kept = [row for row in range(8) if row not in left_out]
    rows = {"one": range(4), "two": range(4, 8)}
    found = {name: Findings() for name in rows}

    def blocks():
        for name, own in rows.items():
            yield from blocks_of(own, found[name], left_out)

    at_once, outputs = ingested(recording(blocks, found), tmp_path)
    check_kept(outputs, kept)
    paths = []
    for name, own in rows.items():
        paths.append([str(tmp_path / f"{name}.{kind}") for kind in ("arrow", "json")])
        learnt = Findings()
        part = Part(("sensor",), (3,), "V", blocks_of(own, learnt, left_out), learnt)
        write_part(*paths[-1], name, part, {})
    whole = joined(recording(None, {}), *zip(*paths, strict=True))
    card, outputs = ingested(whole, tmp_path)
    check_kept(outputs, kept)
    assert card == at_once
    assert card["trials"] == len(kept)
    assert card["notes"][0] == "First."
    who = "1 trial is" if len(left_out) == 1 else f"{len(left_out)} trials are"
    told = f"{who} left out, because noise"
    assert [line.startswith(told) for line in card["notes"][1:]] == [True] * bool(left_out)


def test_nothing_left_is_refused_with_the_reasons(tmp_path):
    found = {"one": Findings()}
    source = recording(lambda: blocks_of(range(8), found["one"], range(8)), found)
    with pytest.raises(DataError, match="no trial is left of 8: 8 trials are left out, because"):
        ingested(source, tmp_path)


def test_a_response_that_is_lacking_without_a_reason_is_refused(tmp_path):
    found = {"one": Findings()}
    source = recording(lambda: blocks_of(range(7), found["one"], [2]), found)
    with pytest.raises(ShapeError, match="6 responses for 8 trials without 1 that are left out"):
        ingested(source, tmp_path)
    source = recording(lambda: blocks_of([0, 2], Findings()), {})
    with pytest.raises(DataError, match=r"another order than the trials \(row 1, 't2'\)"):
        ingested(source, tmp_path)


@pytest.mark.parametrize(("name", "told"), [("t3", "another order"), ("t9", "that are none")])
def test_excluding_a_trial_that_has_a_response_or_is_none_is_refused(tmp_path, name, told):
    found = {"one": findings(noise=[name])}
    with pytest.raises(DataError, match=told):
        ingested(recording(lambda: blocks_of(range(8), Findings()), found), tmp_path)


def test_a_trial_that_is_excluded_after_its_response_is_refused(tmp_path):
    found = {"one": Findings()}

    def blocks():
        yield from blocks_of(range(8), Findings())
        found["one"].exclude(["t7"], "noise")

    with pytest.raises(ShapeError, match="8 responses for 8 trials without 1"):
        ingested(recording(blocks, found), tmp_path)
