"""What ran on what, in sentences and short tables."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from afterimage.report.content import ReportContent
from afterimage.report.rows import encoding_rows, feature_rows, picture_rows, truth_rows
from afterimage.report.words import DASH, MISSING, TIMES, count, listing, plural

SIMULATED_LINE = "Simulated data: no brain was measured."
# Rounding, by which a closed-form score may pass its bound.
EXCESS = 1e-6
ROLES = ("train", "val", "test", "unused")
SIDES = (("test_closest_bits", "test"), ("val_closest_bits", "validation"))


def first_line(content: ReportContent) -> str:
    """Say in one line what ran on what, and first of all whether a brain was measured."""
    config = content.config
    subjects = plural(len(content.recordings), "subject")
    trials = plural(sum(card["trials"] for card in content.recordings.values()), "trial")
    ran = listing(list(config["models"]))
    if config.get("generators"):
        generators = list(config["generators"])
        noun = "generator" if len(generators) == 1 else "generators"
        ran += f", with the {noun} {listing(generators)},"
    line = (
        f"Experiment “{config['experiment']}” ran {ran} on the data set "
        f"“{config['dataset']}”: {subjects}, {trials}."
    )
    return f"{SIMULATED_LINE} {line}" if content.simulated else line


def audit_sentences(audit: Mapping[str, Any]) -> list[str]:
    """Say what the audit checked, and how close test pictures come to training pictures."""
    found = [fold["test_closest_bits"] for fold in audit["folds"] if fold.get("test_closest_bits")]
    checks = ["no stimulus is on both sides of a split"]
    if audit["settings"].get("source", True):
        checks.append("no source is")
    bits = audit["settings"].get("near_duplicate_bits", -1)
    if found and bits >= 0:
        checks.append(f"no two pictures from different sides are within {bits} bits")
    lines = [f"Passed: {listing(checks)}." if audit["passed"] else "FAILED."]
    if found:
        lines.append(
            "Distance from a test picture to the nearest training picture, in bits of a 64-bit "
            f"perceptual hash: smallest {min(f['smallest'] for f in found):.0f}, "
            f"median {_median_range(found)}, largest {max(f['largest'] for f in found):.0f} "
            f"(two unrelated pictures: about 32)."
        )
    else:
        lines.append("Distances between pictures are not known: the stimuli came without pictures.")
    return lines


def _median_range(found: list[dict]) -> str:
    low, high = min(f["median"] for f in found), max(f["median"] for f in found)
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"


def switched_off(audit: Mapping[str, Any]) -> list[str]:
    """Return a loud line for each check of the audit that the configuration switched off."""
    lines = []
    if audit["settings"].get("near_duplicate_bits", 0) < 0:
        lines.append(
            "Near-duplicate pictures were NOT looked for (audit.near_duplicate_bits: -1): test "
            "pictures may be copies of training pictures."
        )
    if not audit["settings"]["source"]:
        lines.append(_known_sources(audit))
    return lines


def _known_sources(audit: Mapping[str, Any]) -> str:
    """Say how many tested sources are trained on, and who allowed it."""
    sides = [fold["test_sources"] for fold in audit["folds"] if "test_sources" in fold]
    shares = sorted({f"{side['known']} of {side['all']}" for side in sides})
    numbers = f"{listing(shares)} tested sources (photographs, concepts)"
    if protocol := audit["settings"]["known_sources"]:
        return f"Known concepts: the protocol '{protocol}' trains on {numbers}, by design."
    return f"Sources were NOT checked (audit.source: false): {numbers} are trained on."


def audit_table(audit: Mapping[str, Any]) -> tuple[list[str], list[list[str]]]:
    """Return the table of folds: stimuli per role, and distances of each held-out side."""
    roles = [r for r in ROLES if any(r in fold["stimuli"] for fold in audit["folds"])]
    sides = [side for side in SIDES if any(fold.get(side[0]) for fold in audit["folds"])]
    head = ["fold", *(f"{role} stimuli" for role in roles)]
    head += [f"{name} to train, bits: {n}" for _, name in sides for n in ("min", "median", "max")]
    lines = []
    for fold in audit["folds"]:
        line = [str(fold["fold"]), *(count(fold["stimuli"].get(role, 0)) for role in roles)]
        for key, _ in sides:
            bits = fold.get(key) or {}
            line += [_bits(bits.get(name)) for name in ("smallest", "median", "largest")]
        lines.append(line)
    return head, lines


def _bits(value: float | None) -> str:
    return MISSING if value is None else f"{value:g}"


def stimuli_sentence(audit: Mapping[str, Any]) -> str:
    """Return the number of stimuli per role, as a range where folds differ."""
    parts = []
    for role in ROLES:
        sizes = sorted({fold["stimuli"].get(role, 0) for fold in audit["folds"]})
        if sizes and sizes[-1]:
            low, high = count(sizes[0]), count(sizes[-1])
            parts.append(f"{low if low == high else f'{low}{DASH}{high}'} {role}")
    text = ", ".join(parts)
    return f"{text} (in each fold)" if len(audit["folds"]) > 1 else text


def recording_lines(content: ReportContent) -> list[dict[str, str]]:
    """Return one line per subject: trials, channels, exclusions, unit."""
    lines = []
    for subject, card in content.recordings.items():
        excluded = card.get("excluded", {})
        reasons = "; ".join(f"{count(n)} {why}" for why, n in sorted(excluded.items()))
        shape = f" {TIMES} ".join(count(n) for n in card["shape"])
        dims = f" {TIMES} ".join(card["dims"])
        lines.append(
            {
                "subject": subject,
                "trials": count(card["trials"]),
                "channels": count(card["channels"]),
                "excluded": reasons or "none",
                "response": f"{shape} ({dims})",
                "unit": card["unit"] or MISSING,
            }
        )
    return lines


def notes(content: ReportContent) -> list[str]:
    """Return what data sets say about themselves, each note once, with its subjects."""
    found: dict[str, list[str]] = {}
    for subject, card in content.recordings.items():
        for note in card.get("notes", []):
            found.setdefault(note, []).append(subject)
    everybody = len(content.recordings)
    return [
        note if len(who) == everybody else f"{listing(who)}: {note}" for note, who in found.items()
    ]


def truth_warnings(metrics: pd.DataFrame) -> list[str]:
    """Return a loud line for each subject whose scores contradict the truth."""
    rows = truth_rows(metrics)
    broken = rows[(rows["metric"] == "gap_consistent") & (rows["value"] == 0)]
    above = rows[(rows["metric"] == "closed_form_excess") & (rows["value"] > EXCESS)]
    lines = [
        f"{subject}: the measured gap to the best linear decoder does NOT agree with the gap in "
        "closed form. A leak of test trials into training looks like this."
        for subject in broken["subject"]
    ]
    return lines + [
        f"{subject}: a fitted decoder scores above the best linear one, which is impossible: the "
        "truth file does not belong to this recording."
        for subject in above["subject"]
    ]


def left_out(content: ReportContent) -> dict[str, str]:
    """Say for each section that cannot be filled why that is so."""
    reasons = {}
    if picture_rows(content.metrics).empty:
        reasons["pictures"] = "No pictures were reconstructed: " + (
            "the experiment names no generator."
            if not content.config.get("generators")
            else "no reconstruction could be scored."
        )
    if feature_rows(content.metrics).empty:
        reasons["features"] = "No features were decoded: the experiment names no decoder."
    if encoding_rows(content.metrics).empty:
        reasons["encoding"] = "No responses were predicted: the experiment names no encoder."
    elif not any(content.coordinates.values()) and not _timed(content):
        reasons["map"] = "No map: the channels of this data set have no coordinates."
    kinds = {figure.kind for figure in content.figures}
    if "ceilings" not in kinds:
        reasons["ceilings"] = (
            "Noise ceilings were not estimated: neither an encoder nor a comparison with the truth "
            "needs them."
        )
    if not content.simulated:
        reasons["truth"] = "Not possible: only of simulated data is the truth known."
    elif "learning_curve" not in kinds:
        reasons["truth"] = "The experiment names no learning_curve."
    return reasons


def _timed(content: ReportContent) -> bool:
    """Return whether responses have a time axis, so that sensors are drawn on the head."""
    return any(card.get("times") is not None for card in content.recordings.values())
