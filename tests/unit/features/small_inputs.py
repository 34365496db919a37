"""A small table of stimuli."""

import pandas as pd


def stimuli_table(n: int) -> pd.DataFrame:
    kinds = ["house", "face", "cat"]
    return pd.DataFrame(
        {
            "stimulus_id": [f"s{i:02d}" for i in range(n)],
            "source_id": [f"tile{i}" for i in range(n)],
            "category": [kinds[i % 3] for i in range(n)],
            "width": 64,
            "height": 64,
            "sha256": "0" * 64,
            "phash": "0" * 16,
        }
    )
