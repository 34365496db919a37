"""A small experiment that never ran: inputs of a report, as the rules would hand them over."""

from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from afterimage.contracts.geometry import Geometry
from afterimage.contracts.images import ImageFile, ImageWriter
from afterimage.contracts.metrics import METRICS
from afterimage.contracts.time_resolved import TIME_RESOLVED
from afterimage.evaluate.compare_targets import COMPARED
from afterimage.evaluate.frames import frame_of
from afterimage.report.content import ReportContent
from afterimage.report.grid_figure import GridRow

SUBJECTS = ["subj01", "subj02", "subj03"]
SPACES = ["pixels64", "gabor", "colour"]
N = 100
CONFIG = {
    "experiment": "demo",
    "title": "Pictures from a simulated visual cortex",
    "dataset": "nsd_simulated",
    "subjects": SUBJECTS,
    "seed": 0,
    "split": {"protocol": "published", "validation": 0.1},
    "audit": {"near_duplicate_bits": 4, "source": True},
    "responses": {
        "whiten": "none",
        "statistics": "moments",
        "pool_time": False,
        "clamp": None,
        "normalise": "session_train",
        "average_train": "none",
        "average_test": "stimulus",
        "roi": "all",
    },
    "targets": {
        "thumbnail": {"extractor": "thumbnail"},
        "pixels": {"extractor": "pixels64", "transform": {"name": "pca", "components": 100}},
        "gabor": {"extractor": "gabor", "transform": {"name": "pca", "components": 100}},
        "vae_latents": {"generator": "vae"},
    },
    "models": {
        "ridge": {
            "decoder": {"name": "ridge"},
            "targets": ["thumbnail", "pixels", "gabor"],
            "learn_from": "own",
            "rescale": "none",
        },
        "contrastive": {
            "decoder": {"name": "contrastive_mlp"},
            "targets": ["gabor"],
            "learn_from": "own",
            "rescale": "none",
        },
        "chance": {
            "decoder": {"name": "chance"},
            "targets": ["gabor"],
            "learn_from": "own",
            "rescale": "none",
        },
        "mean": {
            "decoder": {"name": "mean"},
            "targets": ["pixels"],
            "learn_from": "own",
            "rescale": "none",
        },
        "ridge_encoder": {
            "encoder": {"name": "ridge_encoder"},
            "targets": ["gabor"],
            "learn_from": "own",
            "rescale": "none",
        },
    },
    "evaluation": {"blocks": "stimulus", "fdr": 0.05, "ceiling_floor": 0.1},
    "generators": {
        "linear": {"generator": {"name": "linear"}, "target": "pixels"},
        "retrieval": {"generator": {"name": "retrieval"}, "target": "gabor"},
        "vae": {"generator": {"name": "vae"}, "target": "vae_latents"},
    },
}
AUDIT = {
    "settings": {"near_duplicate_bits": 4, "source": True, "known_sources": ""},
    "folds": [
        {
            "fold": 0,
            "stimuli": {"test": N, "train": 540, "val": 60},
            "test_closest_bits": {"smallest": 6.0, "median": 14.0, "largest": 24.0},
            "val_closest_bits": {"smallest": 6.0, "median": 14.0, "largest": 22.0},
        }
    ],
    "passed": True,
}
RECORDINGS = {
    subject: {
        "trials": 1500 if subject == "subj01" else 700,
        "channels": 800,
        "excluded": {"constant": 3} if subject == "subj02" else {},
        "notes": ["Simulated with receptive fields, orientation energy and session drift."],
        "unit": "percent signal change",
        "dims": ["voxel"],
        "shape": [800],
        "geometry": None,
    }
    for subject in SUBJECTS
}
DECODED = [
    ("ridge", "thumbnail"),
    ("ridge", "pixels"),
    ("ridge", "gabor"),
    ("ridge", "vae_latents"),
    ("contrastive", "gabor"),
    ("chance", "gabor"),
    ("mean", "pixels"),
]
PICTURED = [("ridge", "linear"), ("ridge", "retrieval"), ("ridge", "vae"), ("mean", "linear")]
LEVEL = {"two_way": 0.96, "two_way_raw": 0.9, "two_way_within_category": 0.86}


def example_metrics() -> pd.DataFrame:
    """Return a table of metrics with decoders, generators, encoders and truth."""
    rng = np.random.default_rng(0)
    rows: list[dict] = []

    def add(subject: str, metric: str, value: float, **other: object) -> None:
        row = dict.fromkeys(METRICS.names, np.nan) | {
            "experiment": "demo",
            "subject": subject,
            "roi": "all",
            "generator": "",
            "metric": metric,
            "value": value,
            "n": N,
            "unit": "proportion",
            "transductive": "",
        }
        value = min(value, 1.0)
        spread = 0.01 + 0.02 * rng.random()
        row |= {
            "ci_low": value - spread,
            "ci_high": min(value + 0.8 * spread, 1.0),
            "p_value": 0.000999,
        }
        rows.append(row | other)

    for subject in SUBJECTS:
        less = 0.0 if subject == "subj01" else 0.03
        for model, target in DECODED:
            baseline = model in ("chance", "mean")
            of = {"model": model, "target": target, "chance": 0.5}
            for metric, level in LEVEL.items():
                value = 0.5 if baseline else level - less + 0.02 * rng.normal()
                nulls = {"null_mean": 0.5 + 0.01 * rng.normal(), "p_value": 0.47}
                add(subject, metric, min(value, 0.995), **(of | (nulls if baseline else {})))
            of |= {"unit": f"proportion (gallery {N})", "chance": 1 / N, "null_mean": 0.012}
            add(subject, "top1", 0.01 if baseline else 0.84 - 3 * less + 0.04 * rng.normal(), **of)
            add(subject, "top5", 0.05 if baseline else 0.96 - less, **(of | {"chance": 5 / N}))
        for model, generator in PICTURED:
            prior = model == "mean"
            of = {"model": model, "generator": generator, "unit": "r", "target": "pixels"}
            add(subject, "pixel_correlation", 0.05 if prior else 0.6 - less, chance=0.03, **of)
            add(subject, "ssim", 0.11 if prior else 0.3 - less, chance=0.1, **of)
            for space in SPACES:
                of |= {"target": space, "unit": "proportion", "chance": 0.5, "null_mean": 0.498}
                if prior:
                    of |= {"ci_low": 0.5, "ci_high": 0.5, "p_value": 1.0, "null_mean": np.nan}
                level = 0.95 - less + 0.02 * rng.normal()
                add(subject, "two_way", 0.5 if prior else level, **of)
                add(subject, "two_way_within_category", 0.5 if prior else level - 0.1, **of)
        for roi, level in [("all", 0.52), ("V1", 0.61), ("V2", 0.56), ("hV4", 0.47), ("FFA", 0.35)]:
            of = {"roi": roi, "model": "ridge_encoder", "target": "gabor", "chance": 0.0}
            of |= {"ceiling": level + 0.2, "null_mean": 0.003, "unit": "r"}
            add(subject, "encoding_r", level - less, **of)
            add(subject, "encoding_r2", level**2, **(of | {"unit": "R2", "ceiling": np.nan}))
            of |= {"ceiling": np.nan, "unit": "r / ceiling (612 of 800 channels, 3 above 1)"}
            add(subject, "encoding_normalised_r", level + 0.2, **of)
            of |= {"null_mean": np.nan, "chance": np.nan, "p_value": np.nan, "n": 800}
            of |= {"unit": "share of channels (FDR 0.05)", "ci_low": np.nan, "ci_high": np.nan}
            add(subject, "encoding_significant", 0.714, **of)
        of = {"model": "ridge", "target": "thumbnail", "unit": "r", "p_value": np.nan}
        flat = {"ci_low": np.nan, "ci_high": np.nan}
        add(subject, "closed_form_r", 0.89, **of, **flat)
        add(subject, "best_linear_r", 0.935, **of, **flat)
        add(subject, "closed_form_fraction", 0.952 - less, **of, **flat)
        add(subject, "closed_form_excess", -0.004, **of, **flat)
        add(subject, "gap_consistent", 1.0, **(of | flat | {"unit": "1 = yes"}))
        add(subject, "closed_form_gap", -0.045, **of, **flat)
        add(subject, "measured_gap", -0.048, **of)
        add(
            subject,
            "ceiling_correlation",
            0.94,
            **(of | {"model": "noise ceiling", "target": ""} | flat),
        )
    frame = pd.DataFrame(rows, columns=METRICS.names)
    return frame.astype({"n": "int64"})


def example_neighbours() -> pd.DataFrame:
    """Return nearest training pictures; the first test picture is a copy in one space."""
    rng = np.random.default_rng(3)
    frames = []
    for space in SPACES:
        distance = rng.uniform(0.1, 0.5, N)
        distance[:2] = (0.0, 0.02) if space == "colour" else (0.1, 0.5)
        frames.append(
            pd.DataFrame(
                {
                    "fold": np.zeros(N, dtype=np.int32),
                    "space": space,
                    "stimulus_id": [f"s{i:03d}" for i in range(N)],
                    "nearest_id": [f"s{i + 500:03d}" for i in range(N)],
                    "distance": distance,
                    "reference": 0.3,
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def scene(index: int, side: int = 64) -> np.ndarray:
    """Draw a picture of a sky, a ground and a thing."""
    rng = np.random.default_rng(index)
    picture = np.empty((side, side, 3))
    horizon = int(side * rng.uniform(0.35, 0.7))
    picture[:horizon] = rng.uniform(0.4, 1, 3)
    picture[horizon:] = rng.uniform(0, 0.6, 3)
    y, x = np.mgrid[:side, :side] / side
    cx, cy, size = rng.uniform(0.12, 0.7, 3) * (1, 1, 0.4)
    thing = (x - cx) ** 2 + (y - cy) ** 2 < size**2
    if index % 2:
        thing = (abs(x - cx) < size) & (abs(y - cy) < size)
    picture[thing] = rng.uniform(0, 1, 3)
    picture += rng.normal(0, 0.02, picture.shape)
    return (picture.clip(0, 1) * 255).astype(np.uint8)


def blurred(image: np.ndarray, cells: int, noise: float, seed: int) -> np.ndarray:
    """Return what little a decoder may recover of a picture."""
    side = image.shape[0]
    small = Image.fromarray(image).resize((cells, cells), Image.Resampling.BOX)
    back = np.asarray(small.resize((side, side), Image.Resampling.BILINEAR), dtype=float)
    coarse = np.random.default_rng(seed).normal(0, noise, (cells, cells, 3))
    grain = coarse.repeat(side // cells, 0).repeat(side // cells, 1)
    return (back + grain).clip(0, 255).astype(np.uint8)


def example_items(seed: int, prior: bool = False) -> pd.DataFrame:
    """Return scores per reconstruction, with ties at the top."""
    rng = np.random.default_rng(seed)
    parts = []
    for metric, space in [("two_way", "gabor"), ("pixel_correlation", "pixels")]:
        score = 1 - np.round(rng.beta(0.5, 6, N), 2) if metric == "two_way" else rng.random(N)
        parts.append(
            pd.DataFrame(
                {
                    "fold": np.zeros(N, dtype=np.int32),
                    "stimulus_id": [f"s{i:03d}" for i in range(N)],
                    "trial_id": [f"t{i:03d}" for i in range(N)],
                    "metric": metric,
                    "space": space,
                    "score": np.full(N, 0.5) if prior else score,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def write_pictures(folder: Path) -> tuple[ImageFile, list[GridRow]]:
    """Write stimuli and reconstructions of one subject; return them as a grid needs them."""
    ids = [f"s{i:03d}" for i in range(N)]
    seen = [scene(i) for i in range(N)]
    with ImageWriter(folder / "images.arrow", keys={"stimulus_id": "string"}, provenance={}) as to:
        to.write({"stimulus_id": ids}, seen)
    mean = np.mean(seen, axis=0).astype(np.uint8)
    made = {
        "ridge → linear": [blurred(p, 8, 25, i) for i, p in enumerate(seen)],
        "ridge → retrieval": [seen[(i * 7 + 3) % N] for i in range(N)],
        "ridge → vae": [blurred(p, 16, 18, i) for i, p in enumerate(seen)],
        "mean → linear\n(prior alone)": [mean] * N,
    }
    keys = {"fold": "int32", "stimulus_id": "string", "trial_id": "string", "n_trials": "int32"}
    values = {"fold": [0] * N, "stimulus_id": ids, "n_trials": [3] * N}
    values["trial_id"] = [f"t{i:03d}" for i in range(N)]
    rows = []
    for number, (label, pictures) in enumerate(made.items()):
        path = folder / f"made_{number}.arrow"
        with ImageWriter(path, keys=keys, provenance={}) as writer:
            writer.write(values, pictures)
        rows.append(GridRow(label, ImageFile(path), example_items(number, "prior" in label)))
    return ImageFile(folder / "images.arrow"), rows


def example_channels() -> pd.DataFrame:
    """Return channels on the shell of an ellipsoid, on a 2 mm grid."""
    x, y, z = np.mgrid[-24:25:2, -30:31:2, -16:17:2]
    radius = (x / 22) ** 2 + (y / 28) ** 2 + (z / 16) ** 2
    shell = (radius < 1.0) & (radius > 0.55) & (y < 4)
    table = pd.DataFrame({"x": x[shell], "y": y[shell], "z": z[shell]}, dtype=np.float64)
    table.insert(0, "channel", np.arange(len(table), dtype=np.int32))
    table["index"] = pd.array(np.flatnonzero(shell), dtype="Int64")
    return table.assign(excluded=False, reason="", rois=[["V1"]] * len(table))


def example_geometry() -> Geometry:
    """Return the volume that these channels are a part of."""
    affine = ((2.0, 0, 0, -24.0), (0, 2.0, 0, -30.0), (0, 0, 2.0, -16.0), (0, 0, 0, 1.0))
    return Geometry("volume", (25, 31, 17), "func1pt8mm", affine)


def example_voxels(channels: pd.DataFrame) -> pd.DataFrame:
    """Return scores that fall off towards the front."""
    rng = np.random.default_rng(1)
    ceiling = (0.62 - channels["y"] / 110 + rng.normal(0, 0.1, len(channels))).clip(0.05, 0.97)
    r = ceiling * rng.uniform(0.55, 0.95, len(channels)) - 0.05
    ncsnr = ceiling / np.sqrt(3 * (1 - ceiling**2))
    return pd.DataFrame(
        {"channel": channels["channel"], "r": r, "r2": r**2, "p_value": 0.001, "ncsnr": ncsnr}
    ).assign(ceiling_r=ceiling)


def example_ceilings() -> tuple[dict[str, pd.DataFrame], dict[str, np.ndarray]]:
    """Return estimated and true signal-to-noise ratios of three subjects."""
    rng = np.random.default_rng(2)
    tables, true = {}, {}
    for subject in SUBJECTS:
        true[subject] = np.exp(rng.normal(np.log(0.7), 0.5, (1, 800)))
        ncsnr = np.abs(true[subject][0] + rng.normal(0, 0.11, 800))
        percent = 100 * ncsnr**2 / (ncsnr**2 + 1 / 3)
        tables[subject] = pd.DataFrame(
            {"step": 0, "channel": np.arange(800), "ncsnr": ncsnr, "noise_ceiling": percent}
        )
    return tables, true


def example_curve() -> pd.DataFrame:
    """Return the approach to the best linear decoder."""
    rows = []
    for subject in SUBJECTS:
        best = 0.937 if subject == "subj01" else 0.925
        for n, fraction in [(100, 0.885), (200, 0.917), (400, 0.942), (800, 0.955), (1200, 0.962)]:
            if subject == "subj01" or n <= 400:
                fraction -= 0.0 if subject == "subj01" else 0.01
                rows.append((subject, n, best * fraction, best, fraction))
    columns = ["subject", "n_trials", "closed_form_r", "best_linear_r", "fraction"]
    return pd.DataFrame(rows, columns=columns)


def example_time_resolved() -> pd.DataFrame:
    """Two subjects who can be decoded from 100 ms on, and best at 150 ms."""
    rows = []
    for subject in SUBJECTS[:2]:
        for window in range(20):
            first = -0.1 + 0.025 * window
            value = 0.5 + 0.3 * np.exp(-(((first + 0.0125 - 0.15) / 0.04) ** 2))
            rows.append(
                {
                    "subject": subject,
                    "analysis": "sliding",
                    "fitted": window,
                    "tested": window,
                    "fitted_first": first,
                    "fitted_last": first + 0.025,
                    "tested_first": first,
                    "tested_last": first + 0.025,
                    "value": value,
                    "ci_low": value - 0.05,
                    "ci_high": value + 0.05,
                    "null_low": 0.45,
                    "null_high": 0.55,
                    "null_max": 0.58,
                    "chance": 0.5,
                    "p_value": 0.01,
                    "n": N,
                    "unit": "proportion",
                }
            )
    return frame_of(rows, TIME_RESOLVED)


def example_content(**changes: object) -> ReportContent:
    """Return the content of a whole report, with some fields replaced."""
    fields: dict = {
        "config": CONFIG,
        "simulated": True,
        "metrics": example_metrics(),
        "recordings": RECORDINGS,
        "coordinates": dict.fromkeys(SUBJECTS, True),
        "audit": AUDIT,
        "neighbours": example_neighbours(),
        "time_resolved": frame_of([], TIME_RESOLVED),
        "compared": frame_of([], COMPARED),
        "links": [
            ("configuration", "configuration.yaml"),
            ("headline table (CSV)", "tables/headline.csv"),
            ("log of fit_model, subj01", "../../logs/demo/subj01/fit_model.log"),
            ("benchmark of fit_model, subj01", "../../logs/demo/subj01/fit_model.tsv"),
        ],
        "versions": {"afterimage": "0.1.0", "numpy": "2.4.6", "python": "3.11.7"},
    }
    return ReportContent(**(fields | changes))


def example_sensors() -> tuple[pd.DataFrame, pd.DataFrame, list[float]]:
    """Ratios, channels and times of a few sensors; occipital ones carry signal at 100 ms."""
    regions = ("occipital", "temporal", "parietal", "frontal", "central")
    words = dict(zip("OTPFC", regions, strict=True))
    names = [f"M{side}{region}{n}-1609" for side in "LR" for region in words for n in (11, 12, 21)]
    times = [round(-0.1 + 0.02 * step, 3) for step in range(26)]
    channels = pd.DataFrame({"channel": range(len(names)), "name": names, "excluded": False})
    channels["rois"] = [["mag", words[name[2]]] for name in names]
    strength = np.array([1.0 if name[2] == "O" else 0.2 for name in names])
    course = np.exp(-(((np.array(times) - 0.1) / 0.03) ** 2))
    table = pd.DataFrame(
        {
            "step": np.repeat(np.arange(len(times)), len(names)),
            "channel": np.tile(np.arange(len(names)), len(times)),
            "mean": 1e-13 * np.outer(course, strength).ravel(),
            "ncsnr": 0.5 * np.outer(course, strength).ravel(),
        }
    )
    return table, channels, times


def example_course() -> tuple[pd.DataFrame, pd.DataFrame, list[float]]:
    """Correlations of the same sensors, in the columns that a course of time needs."""
    table, channels, times = example_sensors()
    noise = np.random.default_rng(4).normal(0, 0.03, len(table))
    voxels = table[["step", "channel"]].assign(
        r=table["ncsnr"] + noise,
        q_value=np.where(table["ncsnr"] > 0.05, 0.001, 0.6),
        ceiling_r=np.sqrt(table["ncsnr"] * 1.6),
    )
    return voxels, channels, times
