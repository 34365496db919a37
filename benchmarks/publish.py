"""Publish and restore against copying and hashing the same files.

    python benchmarks/publish.py [MEGABYTES] [FILES]

Random files stand for results. Compared, per direction: one copy of each file and its SHA-256,
made with the standard library. What publishing does beyond that, for DVC: a copy into the cache
and one into the remote, an MD5 for each; restoring: a copy from the remote, one from the cache.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from afterimage.contracts.config.experiment import Publish
from afterimage.contracts.files import sha256_of
from afterimage.publish import restore as restoring
from afterimage.publish.metadata import write_metadata
from afterimage.publish.plan import Planned
from afterimage.publish.publish import publish

MEGABYTE = 1 << 20


def seconds(work: Callable[[], object]) -> float:
    os.sync()
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def git(root: Path, *arguments: str) -> None:
    who = ("-c", "user.name=benchmark", "-c", "user.email=benchmark@example.org")
    subprocess.run(["git", *who, *arguments], cwd=root, check=True)


def make(root: Path, megabytes: int, count: int) -> list[str]:
    """Write random results with Snakemake's records of them."""
    names = [f"results/x/file{number}.arrow" for number in range(count)]
    table = "results/x/tables/headline.csv"
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as stream:
            for _ in range(max(1, megabytes // count)):
                stream.write(os.urandom(MEGABYTE))
    (root / table).parent.mkdir()
    (root / table).write_text("subject,roi,model,target,generator,metric,value\n")
    made = {
        name: {"rule": "fit", "log": [f"logs/{number}.log"], "input": [], "params": []}
        for number, name in enumerate([*names, table])
    }
    write_metadata(root, made)
    return [*names, table]


def copy_and_hash(root: Path, names: list[str], target: Path) -> dict[str, str]:
    hashes = {}
    for name in names:
        copy = target / hashlib.sha256(name.encode()).hexdigest()
        shutil.copyfile(root / name, copy)
        hashes[name] = sha256_of(copy)
    return hashes


def new_lab(folder: Path, remote: Path) -> None:
    folder.mkdir()
    git(folder, "init", "--quiet")
    subprocess.run([sys.executable, "-m", "dvc", "init", "--quiet"], cwd=folder, check=True)
    (folder / ".dvc/config").write_text(
        f"[core]\n    remote = store\n['remote \"store\"']\n    url = {remote}\n"
    )
    (folder / ".gitignore").write_text("/results/\n/.snakemake/\n/provenance/*.tar\n")


def main(megabytes: int, count: int) -> None:
    # What a dry run of Snakemake costs does not depend on the files.
    restoring.planned = lambda snakefile, configuration: Planned({}, [])
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as place:
        folder = Path(place)
        lab, clone, plain = folder / "lab", folder / "clone", folder / "plain"
        new_lab(lab, folder / "remote")
        names = make(lab, megabytes, count)
        plain.mkdir()
        reference = seconds(lambda: copy_and_hash(lab, names, plain))
        shutil.rmtree(plain)
        out = seconds(lambda: publish(lab, "x", names, {"seed": 1}, Publish(), licensed=False))
        again = seconds(lambda: publish(lab, "x", names, {"seed": 1}, Publish(), licensed=False))
        git(lab, "add", "--all")
        git(lab, "commit", "--quiet", "--message", "published")
        git(folder, "clone", "--quiet", str(lab), str(clone))
        back = seconds(
            lambda: restoring.restore(clone, "x", {"seed": 1}, Publish(), clone / "Snakefile", {})
        )
    found = {
        "megabytes": megabytes,
        "files": len(names),
        "copy_and_hash_s": round(reference, 2),
        "publish_s": round(out, 2),
        "publish_again_s": round(again, 2),
        "restore_s": round(back, 2),
        "publish_speed_against_copying": round(reference / out, 2),
        "restore_speed_against_copying": round(reference / back, 2),
    }
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    given = [int(argument) for argument in sys.argv[1:]]
    main(*(given + [1000, 20][len(given) :]))
