"""The provenance of results as a Workflow Run RO-Crate: ``python -m afterimage crate FOLDER``.

The folder in which the workflow ran is the crate: its Snakefile, scripts, derivatives and results
are named by relative paths, and ``ro-crate-metadata.json`` beside them says which job made what.

References
----------
Leo, Crusoe, Rodriguez-Navas et al. (2024), Recording provenance of workflow runs with RO-Crate.
Profile "Provenance Run Crate" 0.5, https://w3id.org/ro/wfrun/provenance.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from afterimage.contracts.errors import DataError, UserError
from afterimage.contracts.files import write_text
from afterimage.publish.chain import Chain, chain_of
from afterimage.publish.crate_entities import (
    PROFILES,
    WORKFLOW,
    Entity,
    actions_of,
    context_entities,
    data_entity,
    ended,
    ids,
    job_groups,
    started,
    steps_of,
)
from afterimage.publish.origin import METADATA, origin_of, outputs_below

NAME = "ro-crate-metadata.json"
CONTEXT = [
    "https://w3id.org/ro/crate/1.1/context",
    "https://w3id.org/ro/terms/workflow-run/context",
]


def add_command(commands: Any) -> None:
    """Add ``crate`` to the commands of ``python -m afterimage``."""
    parser = commands.add_parser(
        "crate", help=f"describe what made results in {NAME}, a Workflow Run RO-Crate"
    )
    parser.add_argument("folder", type=Path, help="results/<experiment>")
    parser.set_defaults(run=crate)


def crate(arguments: argparse.Namespace) -> int:
    """Write the crate's metadata into the working directory, or say why it cannot be."""
    root = Path.cwd()
    try:
        content = crate_of(root, arguments.folder)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    write_text(root / NAME, json.dumps(content, indent=1, sort_keys=True) + "\n")
    print(f"wrote {NAME}: {len(content['@graph'])} entities")
    return 0


def crate_of(root: Path, folder: Path) -> dict[str, Any]:
    """Describe what made the results in a folder.

    Parameters
    ----------
    root : Path
        The working directory of the workflow, with its Snakefile.
    folder : Path
        Results, relative to it.

    Returns
    -------
    dict
        JSON-LD: the same for the same results and records; no absolute path, no time of now.

    Raises
    ------
    DataError
        If no result is known in the folder, or there is no Snakefile.
    """
    if not (root / WORKFLOW).is_file():
        raise DataError(
            f"{WORKFLOW}: expected the workflow in the working directory, found none.",
            "Go to the clone in which snakemake was started, and name the results from there.",
        )
    starts = [origin_of(root, output) for output in outputs_below(root, folder)]
    found = [origin for origin in starts if origin is not None]
    if not found:
        raise DataError(
            f"{folder}: expected results of an experiment, found no file that Snakemake "
            f"({METADATA}) remembers.",
            "Name a folder that it has filled: results/<experiment>.",
        )
    chain = chain_of(root, *found)
    jobs = job_groups(chain.origins)
    data = _data(root, chain)
    actions = actions_of(root, jobs)
    steps = steps_of(root, jobs)
    context = context_entities(jobs)
    done = [action["@id"] for action in actions if action["@type"].endswith("Action")]
    times = [origin.record for origin in chain.origins if origin.record is not None]
    graph = [
        _descriptor(),
        _root(folder, data, steps, done, last=max(map(ended, times), default="1970-01-01")),
        _workflow(steps, sorted({record.commit or "unknown" for record in times})),
        _run(found, chain, times),
        *data,
        *steps,
        *actions,
        *context,
    ]
    return {"@context": CONTEXT, "@graph": graph}


def _data(root: Path, chain: Chain) -> list[Entity]:
    hashes = {path: digest for origin in chain.origins for path, digest in origin.inputs.items()}
    for origin in chain.origins:
        if origin.record is not None and origin.record.sha256 is not None:
            hashes[origin.output] = origin.record.sha256
    names = sorted({*(origin.output for origin in chain.origins), *chain.sources})
    return [data_entity(root, name, hashes.get(name)) for name in names]


def _descriptor() -> Entity:
    versions = [
        "https://w3id.org/ro/crate/1.1",
        "https://w3id.org/workflowhub/workflow-ro-crate/1.0",
    ]
    return {
        "@id": NAME,
        "@type": "CreativeWork",
        "about": {"@id": "./"},
        "conformsTo": ids(versions),
    }


def _root(
    folder: Path, data: list[Entity], steps: list[Entity], done: list[str], last: str
) -> Entity:
    scripts = [step["@id"] for step in steps if step["@type"] != "HowToStep"]
    # What is named by a "#" is no longer there: described, but no part of the crate.
    files = [entity["@id"] for entity in data if not entity["@id"].startswith("#")]
    return {
        "@id": "./",
        "@type": "Dataset",
        "name": f"Results of {folder.name}, computed with Afterimage",
        "description": "What a Snakemake workflow made of brain recordings of people who looked "
        "at pictures, and the jobs that made it.",
        "datePublished": last,
        "license": {"@id": "#terms"},
        "conformsTo": ids(PROFILES),
        "hasPart": ids([WORKFLOW, *scripts, *files]),
        "mainEntity": {"@id": WORKFLOW},
        "mentions": ids(["#run", *done]),
    }


def _workflow(steps: list[Entity], commits: list[str]) -> Entity:
    return {
        "@id": WORKFLOW,
        "@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow", "HowTo"],
        "name": "Afterimage",
        "version": ", ".join(commits) or "unknown",
        "encodingFormat": "text/plain",
        "programmingLanguage": {"@id": "#snakemake-language"},
        "hasPart": ids(step["@id"] for step in steps if step["@type"] != "HowToStep"),
        "step": ids(step["@id"] for step in steps if step["@type"] == "HowToStep"),
    }


def _run(found: list[Any], chain: Chain, times: list[Any]) -> Entity:
    run: Entity = {
        "@id": "#run",
        "@type": "CreateAction",
        "name": "Run of the workflow",
        "description": "All jobs together, from the first to the last.",
        "instrument": {"@id": WORKFLOW},
        "object": ids(chain.sources),
        "result": ids(sorted(origin.output for origin in found)),
    }
    if times:
        run |= {"startTime": min(map(started, times)), "endTime": max(map(ended, times))}
    return run
