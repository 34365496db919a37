"""The parts of a Workflow Run RO-Crate: files, steps, and the actions of jobs."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from afterimage.contracts.records import JobRecord
from afterimage.publish.origin import Origin

Entity = dict[str, Any]
Jobs = dict[str, list[Origin]]

WORKFLOW = "Snakefile"
FORMATS = {
    ".arrow": "application/vnd.apache.arrow.file",
    ".csv": "text/csv",
    ".html": "text/html",
    ".json": "application/json",
    ".parquet": "application/vnd.apache.parquet",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".tex": "application/x-tex",
    ".yaml": "application/yaml",
}
WFRUN = "https://w3id.org/ro/wfrun"
PROFILES = (
    f"{WFRUN}/process/0.5",
    f"{WFRUN}/workflow/0.5",
    f"{WFRUN}/provenance/0.5",
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0",
)
PROFILE_NAMES = ("Process Run Crate", "Workflow Run Crate", "Provenance Run Crate")


def ids(names: Iterable[str]) -> list[Entity] | Entity:
    """Return references to entities; a single one without a list, as RO-Crate asks for."""
    references = [{"@id": name} for name in names]
    return references[0] if len(references) == 1 else references


def started(record: JobRecord) -> str:
    """Return when a job started, in ISO 8601."""
    return record.started


def ended(record: JobRecord) -> str:
    """Return when a job ended, in ISO 8601 and seconds."""
    end = datetime.fromisoformat(record.started) + timedelta(seconds=record.seconds)
    return end.isoformat(timespec="seconds")


def job_groups(origins: Iterable[Origin]) -> Jobs:
    """Return the outputs of each job together, by what names the job."""
    groups: Jobs = {}
    for origin in sorted(origins, key=lambda origin: origin.output):
        groups.setdefault(origin.job, []).append(origin)
    return dict(sorted(groups.items()))


def data_entity(root: Path, name: str, digest: str | None) -> Entity:
    """Describe an input or output: a file, a folder, or what is no longer there.

    Parameters
    ----------
    root : Path
    name : str
        Relative to the root.
    digest : str or None
        SHA-256, if one was noted.
    """
    path = root / name
    if path.is_dir():
        return {"@id": f"{name}/", "@type": "Dataset", "name": name}
    kind = FORMATS.get(path.suffix, "application/octet-stream")
    entity: Entity = {"@id": name, "@type": "File", "name": name, "encodingFormat": kind}
    if digest is not None:
        entity["sha256"] = digest
    if path.is_file():
        return entity | {"contentSize": str(path.stat().st_size)}
    return entity | {"@id": f"#{name}", "@type": "CreativeWork"}


def steps_of(root: Path, jobs: Jobs) -> list[Entity]:
    """Describe each rule as a step of the workflow, and its script as the step's tool."""
    rules = sorted({group[0].rule for group in jobs.values()})
    steps: list[Entity] = []
    for position, rule in enumerate(rules, 1):
        script = f"scripts/{rule}.py"
        there = (root / script).is_file()
        steps += [
            {
                "@id": f"{WORKFLOW}#{rule}",
                "@type": "HowToStep",
                "position": str(position),
                "workExample": {"@id": script if there else f"#{script}"},
            },
            {
                "@id": script if there else f"#{script}",
                "@type": ["File", "SoftwareSourceCode"] if there else "SoftwareApplication",
                "encodingFormat": "text/x-python",
                "name": rule,
            },
        ]
    return steps


def actions_of(root: Path, jobs: Jobs) -> list[Entity]:
    """Describe what each job did, the step that it was, and the engine that ran them all."""
    actions: list[Entity] = []
    controls = []
    for group in jobs.values():
        parameters = _parameters(group[0])
        action = _action(root, group, [entity["@id"] for entity in parameters])
        control = f"{action['@id']}-control"
        controls.append(control)
        actions += [
            action,
            {
                "@id": control,
                "@type": "ControlAction",
                "name": f"Orchestrate {group[0].rule}",
                "instrument": {"@id": f"{WORKFLOW}#{group[0].rule}"},
                "object": {"@id": action["@id"]},
            },
            *parameters,
            *_usage(action["@id"], group[0].record),
        ]
    engine = {
        "@id": "#engine-run",
        "@type": "OrganizeAction",
        "name": "Run of Snakemake",
        "instrument": {"@id": "#snakemake"},
        "object": ids(controls),
        "result": {"@id": "#run"},
    }
    unique = {entity["@id"]: entity for entity in (*actions, engine)}
    return list(unique.values())


def context_entities(jobs: Jobs) -> list[Entity]:
    """Describe the engine, its language, the profiles, and the terms."""
    records = [group[0].record for group in jobs.values() if group[0].record is not None]
    versions = sorted({record.versions["snakemake"] for record in records})
    url = "https://snakemake.readthedocs.io"
    language = {"@type": "ComputerLanguage", "name": "Snakemake", "url": url}
    engine = {"@type": "SoftwareApplication", "name": "Snakemake", "url": url}
    return [
        {"@id": "#snakemake-language", **language},
        {"@id": "#snakemake", **engine, "softwareVersion": ", ".join(versions) or "unknown"},
        *(
            {"@id": uri, "@type": "CreativeWork", "name": name, "version": uri.rsplit("/", 1)[-1]}
            for uri, name in zip(PROFILES, (*PROFILE_NAMES, "Workflow RO-Crate"), strict=True)
        ),
        {
            "@id": "#terms",
            "@type": "CreativeWork",
            "name": "Terms of use",
            "description": "The code is under the licence in its LICENSE file. What was computed "
            "from recordings is under the terms of their publishers.",
        },
    ]


def _action(root: Path, group: Sequence[Origin], parameters: list[str]) -> Entity:
    """Describe one job; `parameters` are ids."""
    first = group[0]
    script = f"scripts/{first.rule}.py"
    inputs = [data_entity(root, name, None)["@id"] for name in first.inputs]
    action: Entity = {
        "@id": f"#job-{_short_hash(first.job)}",
        "@type": "CreateAction",
        "name": f"Run of {first.rule}",
        "instrument": {"@id": script if (root / script).is_file() else f"#{script}"},
        "object": ids([*inputs, *parameters]),
        "result": ids(data_entity(root, origin.output, None)["@id"] for origin in group),
        "actionStatus": "http://schema.org/CompletedActionStatus",
    }
    if (record := first.record) is not None:
        action |= {
            "startTime": started(record),
            "endTime": ended(record),
            "description": _description(record),
            "resourceUsage": ids([f"{action['@id']}-memory", f"{action['@id']}-time"]),
        }
    return action


def _description(record: JobRecord) -> str:
    machine = record.machine
    code = f"commit {record.commit or 'unknown'}{', with changes' if record.dirty else ''}"
    kind = f"{machine['system']}, {machine['processor']}, {machine['cores']} cores"
    gpu = f", GPU {machine['gpu']}" if machine["gpu"] else ""
    return f"{code}; python {record.python}; lock {record.lock}; {kind}{gpu}; {record.executor}"


def _parameters(origin: Origin) -> list[Entity]:
    """Describe a job's parameters and the code that it reached; the same one has the same id."""
    values = {**origin.parameters, "code": [" ".join(line) for line in origin.code.items()]}
    texts = {name: json.dumps(value, sort_keys=True, default=str) for name, value in values.items()}
    return [
        {
            "@id": f"#parameter-{_short_hash(f'{name} {text}')}",
            "@type": "PropertyValue",
            "name": name,
            "value": text,
        }
        for name, text in sorted(texts.items())
    ]


def _usage(job: str, record: JobRecord | None) -> list[Entity]:
    if record is None:
        return []
    measured = {"memory": (record.peak_rss_mb, "MebiBYTE"), "time": (record.seconds, "SEC")}
    return [
        {
            "@id": f"{job}-{name}",
            "@type": "PropertyValue",
            "name": {"memory": "largest resident memory", "time": "time of the job's work"}[name],
            "propertyID": f"{WFRUN}#{name}",
            "value": str(value),
            "unitCode": f"https://qudt.org/vocab/unit/{unit}",
        }
        for name, (value, unit) in measured.items()
    ]


def _short_hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:16]
