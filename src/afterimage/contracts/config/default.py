"""The embedded default experiment: the simulated demo."""

from typing import Any

RIDGE_TARGETS = ["thumbnail", "gabor", "pixels", "latents"]

DEFAULT: dict[str, Any] = {
    "experiment": "demo",
    "title": "Pictures decoded from a simulated brain",
    "dataset": "demo",
    "subjects": "all",
    "seed": 0,
    "data_root": None,
    "split": {"protocol": "published", "validation": 0.1},
    "audit": {"near_duplicate_bits": 4, "source": True},
    "responses": {
        "normalise": "session_train",
        "average_train": "none",
        "average_test": "stimulus",
        "roi": "all",
    },
    "targets": {
        "thumbnail": {"extractor": "thumbnail"},
        "gabor": {
            "extractor": "gabor",
            "transform": {"name": "pca", "n_components": 40, "whiten": True},
        },
        "pixels": {"extractor": "pixels64", "transform": {"name": "pca", "n_components": 200}},
        "latents": {"generator": "vae"},
    },
    "models": {
        "ridge": {"decoder": {"name": "ridge"}, "targets": RIDGE_TARGETS, "null_refits": 50},
        "contrastive": {
            "decoder": {"name": "contrastive_mlp"},
            "targets": ["thumbnail"],
            "null_refits": 2,
        },
        "mean": {"decoder": {"name": "mean"}, "targets": ["pixels", "latents"]},
        "voxelwise": {
            "encoder": {"name": "ridge_encoder"},
            "targets": ["gabor"],
            "null_refits": 5,
        },
    },
    "generators": {
        "linear": {
            "generator": {"name": "linear"},
            "target": "pixels",
            "models": ["ridge", "mean"],
            "null_refits": 5,
        },
        "retrieval": {
            "generator": {"name": "retrieval"},
            "target": "gabor",
            "models": ["ridge"],
            "null_refits": 5,
        },
        "vae": {
            "generator": {"name": "vae", "steps": 300},
            "target": "latents",
            "models": ["ridge", "mean"],
            "null_refits": 5,
        },
    },
    "evaluation": {
        "metrics": [
            "two_way",
            "two_way_raw",
            "two_way_within_category",
            "top1",
            "top5",
            "pixel_correlation",
            "ssim",
            "encoding_r",
            "encoding_r2",
            "encoding_normalised_r",
        ],
        "spaces": ["pixels64", "gabor"],
        "bootstrap": 1000,
        "permutations": 1000,
    },
    "learning_curve": {
        "model": "ridge",
        "target": "thumbnail",
        "sizes": [100, 200, 400, 800, 1200],
    },
    "report": {"grid_columns": 9, "rank_by": "two_way"},
    "execution": {"device": "cpu", "blas_threads": 1, "batch_size": 64, "max_mem_mb": 4000},
}
