"""A clone with a few made-up results and Snakemake's records of them: publishing in a second."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from afterimage.contracts.config.experiment import Publish
from afterimage.publish.metadata import write_metadata
from afterimage.publish.plan import Planned
from afterimage.publish.publish import publish
from afterimage.publish.restore import restore

HEADLINE = "subject,roi,model,target,generator,metric,value\n"
ROW = "sub-01,all,ridge,pixels,,two_way,{}\n"
CODE = "'afterimage.models.ridge 0123456789abcdef'"


@dataclass
class Lab:
    """Someone's clone; `hand_out` gives a colleague one."""

    root: Path
    remote: Path

    def git(self, *arguments: str) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=self.root, check=True, capture_output=True, text=True
        )
        return done.stdout

    def made(
        self, file: str, content: str, rule: str, inputs: tuple[str, ...] = (), params=(CODE,)
    ) -> None:
        """Put an output there, as if a job of Snakemake's had made it."""
        path = self.root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        log = f"logs/{Path(file).parent.relative_to(Path(file).parts[0])}/{rule}.log"
        record = {"rule": rule, "log": [log], "input": list(inputs), "params": list(params)}
        self.remember(file, record)

    def remember(self, output: str, record: dict) -> None:
        """Let Snakemake remember an output."""
        write_metadata(self.root, {output: {**record, "starttime": 1.5, "job_hash": 7}})

    def run(self, experiment: str = "x", score: float = 0.75, derivatives=("pixels",)) -> None:
        """Make an experiment's results."""
        self.made("derivatives/d/raw.json", "{}", "list_stimuli")
        for name in derivatives:
            file = f"derivatives/d/features/{name}/values.arrow"
            self.made(file, f"values of {name}", "extract_features", ("derivatives/d/raw.json",))
        made_from = tuple(f"derivatives/d/features/{name}/values.arrow" for name in derivatives)
        table = f"results/{experiment}/tables/headline.csv"
        self.made(table, HEADLINE + ROW.format(score), "write_tables", made_from)
        page = f"results/{experiment}/report.html"
        self.made(page, f"report of {experiment}: {score}", "build_report", (table,))

    def publish(
        self, experiment: str = "x", licensed: bool = False, seed: int = 1, targets=(), **settings
    ) -> None:
        publish(
            self.root,
            experiment,
            [f"results/{experiment}/report.html", *targets],
            {"experiment": experiment, "seed": seed},
            Publish(**settings),
            licensed,
        )

    def restore(self, experiment: str = "x", seed: int = 1) -> None:
        restore(
            self.root,
            experiment,
            {"experiment": experiment, "seed": seed},
            Publish(),
            self.root / "Snakefile",
            {},
        )

    def commit(self, message: str = "published") -> None:
        self.git("add", "-A")
        self.git("commit", "--quiet", "--message", message)

    def hand_out(self, folder: Path) -> "Lab":
        subprocess.run(["git", "clone", "--quiet", self.root, folder], check=True)
        clone = Lab(folder, self.remote)
        clone._say_who()
        return clone

    def objects(self) -> dict[Path, int]:
        """Return what lies in the remote, with its times of modification."""
        return {p: p.stat().st_mtime_ns for p in sorted(self.remote.rglob("*")) if p.is_file()}

    def contents(self) -> list[str]:
        """Return what lies in the remote, as texts."""
        return [path.read_text(errors="replace") for path in self.objects()]

    def manifest(self, stage: str) -> dict:
        return json.loads((self.root / f"provenance/{stage}.json").read_text())

    def _say_who(self) -> None:
        self.git("config", "user.name", "someone")
        self.git("config", "user.email", "someone@example.org")


def new_lab(folder: Path, remote: Path) -> Lab:
    """Make a clone that is a DVC repository with a folder as its remote."""
    folder.mkdir(parents=True)
    lab = Lab(folder, remote)
    lab.git("init", "--quiet", "--initial-branch", "main")
    lab._say_who()
    ignored = (
        "/.snakemake/",
        "/results/",
        "/derivatives/",
        "/provenance/*.tar",
        "/provenance/jobs/",
    )
    (folder / ".gitignore").write_text("\n".join(ignored) + "\n")
    (folder / ".dvc").mkdir()
    (folder / ".dvc/.gitignore").write_text("/config.local\n/tmp\n/cache\n")
    (folder / ".dvc/config").write_text(
        f"[core]\n    remote = store\n['remote \"store\"']\n    url = {remote}\n"
    )
    (folder / ".dvcignore").write_text("")
    lab.commit("start")
    return lab


EMPTY = Planned({}, [])
