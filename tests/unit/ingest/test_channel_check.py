"""Channels that no model may use are found while responses stream by."""

import numpy as np

from afterimage.ingest.subject import ChannelCheck


def reasons(
    values: np.ndarray,
    sessions: list[int],
    no_data: float | None = None,
    runs: list[int] | None = None,
) -> list[str]:
    """Show rows one block at a time: two, then the rest."""
    check = ChannelCheck(values.shape[1:], no_data)
    places = np.stack([sessions, runs or [1] * len(sessions)], axis=1)
    for rows in (slice(0, 2), slice(2, None)):
        check.see(values[rows], places[rows])
    return check.reasons().tolist()


def test_good_channels_have_no_reason():
    assert reasons(np.arange(8.0).reshape(4, 2), [1, 1, 2, 2], 0.0) == ["", ""]


def test_nan_and_constant_channels_are_told():
    values = np.array([[1, np.nan, 3], [1, 2, 4], [1, 5, np.inf], [1, 7, 8.0]])
    told = "NaN or infinite in some trial"
    assert reasons(values, [1, 1, 2, 2]) == ["constant over all trials", told, told]


def test_channels_without_data_in_whole_sessions_are_told_with_the_sessions():
    values = np.array([[0, 1, 0, 0], [0, 2, 3, 0], [5, 0, 0, 0], [6, 0, 4, 0], [7, 0, 1, 0.0]])
    sessions = [2, 2, 11, 11, 12]
    assert reasons(values, sessions, 0.0) == [
        "no data in session 02",
        "no data in sessions 11, 12",
        "",
        "constant over all trials",
    ]
    assert reasons(values, sessions) == ["", "", "", "constant over all trials"]


def test_nan_throughout_a_session_is_no_data_in_any_recording():
    values = np.array([[np.nan, 1], [np.nan, np.nan], [3, 4], [5, 6]])
    assert reasons(values, [1, 1, 2, 2]) == [
        "no data in session 01",
        "NaN or infinite in some trial",
    ]


def test_many_sessions_without_data_are_counted():
    values = np.zeros((6, 1))
    values[5] = 1
    told = "no data in sessions 01, 02, 03 and 2 more"
    assert reasons(values, [1, 2, 3, 4, 5, 6], 0.0) == [told]


def test_series_are_looked_at_over_time():
    values = np.zeros((4, 3, 2))
    values[0, 2, 0] = 1
    values[3, 1] = [2, 3]
    assert reasons(values, [1, 1, 2, 2], 0.0) == ["", "no data in session 01"]


def test_runs_without_data_are_told_unless_the_whole_session_has_none():
    values = np.array([[0, 0, 1], [0, 1, 2], [3, 0, 0], [4, 2, 0.0]])
    told = reasons(values, [1, 1, 2, 2], 0.0, runs=[1, 2, 1, 2])
    assert told == [
        "no data in session 01",
        "no data in runs 01 of session 01, 01 of session 02",
        "no data in session 02",
    ]
