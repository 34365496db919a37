"""Validate an RO-Crate against the profile Provenance Run Crate, without the network.

    python -m venv /tmp/validator && /tmp/validator/bin/pip install roc-validator rocrate
    /tmp/validator/bin/python tests/validate_crate.py FOLDER

An environment of its own, because the validator wants older versions than the lock file's. The
JSON-LD contexts come from the package rocrate; only that they can be downloaded is not checked.
"""

import json
import sys
from pathlib import Path
from typing import Any

import rdflib.plugins.parsers.jsonld as parser
import rdflib.plugins.shared.jsonld.context as context
import rdflib.plugins.shared.jsonld.util as util
import rocrate

RUN_TERMS = "https://w3id.org/ro/terms/workflow-run"
BIOSCHEMAS = "https://bioschemas.org/"
NEED_THE_NETWORK = ["ro-crate-1.1_3.1", "ro-crate-1.1_3.2"]
original = util.source_to_json


def crate_terms() -> dict[str, Any]:
    """Return the context that comes with rocrate, a later one, as of version 1.1."""
    file = Path(rocrate.__file__).parent / "data" / "ro-crate.jsonld"
    content = json.loads(file.read_text(encoding="utf-8"))
    for name, meaning in content["@context"].items():
        if isinstance(meaning, str) and meaning.startswith(BIOSCHEMAS):
            content["@context"][name] = BIOSCHEMAS + name
    return content


def local(source: Any, *more: Any, **named: Any) -> Any:
    """Answer for the two contexts that a crate names; everything else is read as usual."""
    if str(source) == "https://w3id.org/ro/crate/1.1/context":
        return crate_terms(), None
    if str(source) == f"{RUN_TERMS}/context":
        return {"@context": {n: f"{RUN_TERMS}#{n}" for n in ("sha256", "resourceUsage")}}, None
    return original(source, *more, **named)


def main(folder: str) -> int:
    """Print the violations of what is required; return their number."""
    util.source_to_json = context.source_to_json = parser.source_to_json = local
    # Only now: the validator keeps the loader that it finds when it is imported.
    from rocrate_validator import models, services

    settings = services.ValidationSettings(
        rocrate_uri=folder,
        profile_identifier="provenance-run-crate",
        requirement_severity=models.Severity.REQUIRED,
        skip_checks=NEED_THE_NETWORK,
    )
    issues = services.validate(settings).get_issues()
    for issue in issues:
        print(issue.check.identifier, issue.violatingEntity, issue.message)
    print(f"{len(issues)} violations")
    return len(issues)


if __name__ == "__main__":
    raise SystemExit(min(1, main(sys.argv[1])))
