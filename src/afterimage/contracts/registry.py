"""Names of the classes behind the five seams: built-ins and entry points alike.

Only names stand here. A class is imported when its entry is used, so that an edit of one
decoder is an edit of that decoder alone.
"""

import importlib
from difflib import get_close_matches
from functools import cache
from importlib.metadata import entry_points
from typing import Any

from afterimage.contracts.errors import ConfigError

BUILT_IN: dict[str, dict[str, str]] = {
    "dataset": {
        "arrays": "afterimage.ingest.arrays.adapter:Arrays",
        "bids": "afterimage.ingest.bids.adapter:Bids",
        "nsd": "afterimage.ingest.nsd.adapter:Nsd",
        "things_eeg2": "afterimage.ingest.things_eeg2.adapter:ThingsEeg2",
        "things_meg": "afterimage.ingest.things_meg.adapter:ThingsMeg",
    },
    # A function, not a class: its module is kept apart, so that an edit of the simulator does not
    # plan the ingestion of real recordings.
    "simulator": {
        "nsd": "afterimage.ingest.nsd.simulator.simulate:simulate",
        "things_eeg2": "afterimage.ingest.things_eeg2.simulator.simulate:simulate",
        "things_meg": "afterimage.ingest.things_meg.simulator.simulate:simulate",
    },
    "extractor": {
        "category": "afterimage.features.category:Category",
        "clip_caption_tokens": "afterimage.features.clip_caption_tokens:ClipCaptionTokens",
        "clip_picture_tokens": "afterimage.features.clip_picture_tokens:ClipPictureTokens",
        "colour": "afterimage.features.colour:Colour",
        "gabor": "afterimage.features.gabor:Gabor",
        "huggingface": "afterimage.features.huggingface:HuggingFace",
        "pixels": "afterimage.features.pixels:Pixels",
        "thumbnail": "afterimage.features.thumbnail:Thumbnail",
        "vdvae": "afterimage.features.vdvae:Vdvae",
    },
    "decoder": {
        "chance": "afterimage.models.chance:Chance",
        "contrastive_mlp": "afterimage.models.contrastive_mlp:ContrastiveMlp",
        "mean": "afterimage.models.mean:Mean",
        "ridge": "afterimage.models.ridge_decoder:RidgeDecoder",
    },
    "encoder": {
        "banded_ridge_encoder": "afterimage.models.banded_ridge_encoder:BandedRidgeEncoder",
        "ridge_encoder": "afterimage.models.ridge_encoder:RidgeEncoder",
    },
    "generator": {
        "linear": "afterimage.generate.linear:Linear",
        "retrieval": "afterimage.generate.retrieval:Retrieval",
        "vae": "afterimage.generate.vae:Vae",
    },
    "metric": {
        "accuracy": "afterimage.evaluate.metric_accuracy:Accuracy",
        "auc": "afterimage.evaluate.metric_auc:Auc",
        "encoding_median_r": "afterimage.evaluate.metric_encoding:EncodingMedianR",
        "encoding_normalised_r": "afterimage.evaluate.metric_normalised:EncodingNormalisedR",
        "encoding_normalised_r2": "afterimage.evaluate.metric_normalised:EncodingNormalisedR2",
        "encoding_r": "afterimage.evaluate.metric_encoding:EncodingR",
        "encoding_r2": "afterimage.evaluate.metric_encoding:EncodingR2",
        "pixel_correlation": "afterimage.evaluate.metric_pixel_correlation:PixelCorrelation",
        "ssim": "afterimage.evaluate.metric_ssim:Ssim",
        "top1": "afterimage.evaluate.metric_top_k:Top1",
        "top5": "afterimage.evaluate.metric_top_k:Top5",
        "two_way": "afterimage.evaluate.metric_two_way:TwoWay",
        "two_way_raw": "afterimage.evaluate.metric_two_way:TwoWayRaw",
        "two_way_within_category": "afterimage.evaluate.metric_two_way:TwoWayWithinCategory",
    },
}


@cache
def known(seam: str) -> dict[str, str]:
    """Return name and "module:Class" of everything registered for a seam, sorted by name."""
    added = {point.name: point.value for point in entry_points(group=f"afterimage.{seam}s")}
    return dict(sorted({**added, **BUILT_IN[seam]}.items()))


def module_of(seam: str, name: str) -> str:
    """Return the module that holds a registered class.

    Raises
    ------
    ConfigError
        If nothing of that name is registered; it names the closest one.
    """
    return location_of(seam, name).split(":")[0]


def location_of(seam: str, name: str) -> str:
    """Return "module:Class" of a registered name, or raise ConfigError."""
    names = known(seam)
    if name not in names:
        close = get_close_matches(str(name), names, n=1)
        hint = f" Did you mean '{close[0]}'?" if close else ""
        raise ConfigError(
            f"there is no {seam} named '{name}'.{hint}",
            f"Known {seam}s: {', '.join(names)}.",
        )
    return names[name]


def find_class(seam: str, name: str) -> Any:
    """Import and return the class that is registered under a name."""
    module, _, attribute = location_of(seam, name).partition(":")
    return getattr(importlib.import_module(module), attribute)


def configured(seam: str, entry: dict[str, Any]) -> tuple[Any, Any]:
    """Return the class that an entry's ``name`` chooses, and its validated configuration."""
    chosen = find_class(seam, entry["name"])
    return chosen, chosen.Config.model_validate(entry)


def build(seam: str, entry: dict[str, Any], **arguments: Any) -> Any:
    """Make the object that a plain dictionary of the configuration describes.

    Parameters
    ----------
    seam : str
    entry : dict
        Its ``name`` chooses the class, the whole is validated by the class's ``Config``.
    **arguments
        Passed to the constructor beside the validated configuration.
    """
    chosen, config = configured(seam, entry)
    return chosen(config, **arguments)
