"""Make some files once more, in a folder of their own, and compare."""

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from afterimage.contracts.config.load import load_configuration
from afterimage.contracts.config.plan import Plan
from afterimage.contracts.config.yaml_file import read_yaml
from afterimage.contracts.errors import ConfigError, DataError
from afterimage.publish.compare import Verdict, compare
from afterimage.publish.scratch import link_results, made_again, scratch_folder

LAST_WORDS = 1500


def verify(
    root: Path,
    files: Sequence[str],
    configfile: Path,
    values: Sequence[str],
    tolerance: float | None,
    cores: str,
) -> dict[str, Verdict]:
    """Run the jobs behind some files again and compare all that these jobs make.

    Their inputs are the files that are there. The originals are not touched.

    Parameters
    ----------
    root : Path
        The working directory of the workflow, with its Snakefile.
    files : sequence of str
        Results or derivatives, relative to the root.
    configfile : Path
        The experiment's file.
    values : sequence of str
        What was given by ``--config``, KEY=VALUE.
    tolerance : float or None
        See :func:`compare`.
    cores : str
        For Snakemake.

    Returns
    -------
    dict of str to Verdict
        By file.

    Raises
    ------
    ConfigError
        If a file does not exist, or the configuration is wrong.
    DataError
        If Snakemake fails, in its own words.
    """
    for file in files:
        if not (root / file).exists():
            raise ConfigError(
                f"{file}: there is no such file, so there is nothing to compare with.",
                "Name a file under results/ or derivatives/, relative to the project's folder.",
            )
    configuration = load_configuration(read_yaml(configfile), root, [configfile])
    plan = Plan(configuration, root, restoring=True)
    folders = [f"derivatives/{plan.dataset}", f"results/{plan.experiment}"]
    with scratch_folder(root) as scratch:
        linked = link_results(root, scratch, folders)
        simulated = root / "raw" / plan.dataset
        if plan.simulated and simulated.is_dir():
            # Copied, as a simulator writes into it.
            shutil.copytree(simulated, scratch / "raw" / plan.dataset)
        _run(root, scratch, files, configfile, values, cores)
        again = made_again(scratch, linked)
        if not again:
            raise DataError(
                f"{', '.join(files)}: no job makes this, so nothing was made again.",
                "Name a file that the workflow makes.",
            )
        return {name: compare(root / name, scratch / name, tolerance) for name in again}


def _run(
    root: Path,
    scratch: Path,
    files: Sequence[str],
    configfile: Path,
    values: Sequence[str],
    cores: str,
) -> None:
    command = [
        sys.executable, "-m", "snakemake", *files, "--force", "--cores", cores,
        "--snakefile", str((root / "Snakefile").resolve()), "--directory", str(scratch.resolve()),
        "--configfile", str(configfile.resolve()),
    ]  # fmt: skip
    if values:
        command += ["--config", *map(_absolute, values)]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = (done.stdout + done.stderr).strip()
        raise DataError(
            f"snakemake could not make them again: {said[-LAST_WORDS:]}",
            "Mend it and run again; nothing was changed.",
            said.splitlines(),
        )


def _absolute(value: str) -> str:
    """Return a value of --config that means the same in another folder."""
    key, _, text = value.partition("=")
    return f"{key}={Path(text).resolve()}" if key == "data_root" else value
