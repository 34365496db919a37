"""What Snakemake hands to a script, small enough to be written by hand."""

from types import SimpleNamespace


def job_of(root, outputs=("results/x/a.json",)):
    """Return a job of rule `make` that has made its outputs; each holds its own name."""
    for name in outputs:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    return SimpleNamespace(
        rule="make",
        wildcards={"subject": "subj01"},
        input=["derivatives/in.parquet"],
        output=list(outputs),
        params={"seam": ["afterimage.models.ridge 0123456789abcdef"], "model": {"alpha": 1.0}},
    )


class QuietLog:
    """Keeps what is logged."""

    def __init__(self):
        self.lines = []

    def warning(self, text, *values):
        self.lines.append(text % values)
