"""No function that runs code from a file is called anywhere in the package or the workflow."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PLACES = ("src/**/*.py", "scripts/*.py", "workflow/rules/common.smk")
FILES = sorted(path for place in PLACES for path in ROOT.glob(place))
MODULES = {"pickle", "cloudpickle", "dill", "joblib", "shelve", "marshal", "jsonpickle"}
# Each with what it may take from such a module; none of it runs anything.
MAY_IMPORT = {
    "src/afterimage/features/vdvae_checkpoint.py": {"UnpicklingError"},
    "src/afterimage/ingest/things_eeg2/simulator/pickled.py": {"dumps"},
}
BUILT_IN = {"eval", "exec", "compile", "__import__"}
CALLS = {"read_pickle", "full_load", "unsafe_load", "popen", "Unpickler"}


def findings(source: str, may: frozenset[str] = frozenset()) -> list[str]:
    """Return the lines of a file that could run code from data."""
    tree = ast.parse(source)
    return [
        f"line {node.lineno}: {told}"
        for node in ast.walk(tree)
        if isinstance(node, ast.expr | ast.stmt) and (told := _told(node, may))
    ]


def _told(node: ast.AST, may: frozenset[str]) -> str | None:
    if isinstance(node, ast.ImportFrom) and node.module in MODULES:
        return f"from {node.module}"
    if isinstance(node, ast.Import) and not may:
        return next((f"import {name.name}" for name in node.names if name.name in MODULES), None)
    if isinstance(node, ast.Attribute) and _name(node.value) in MODULES and node.attr not in may:
        return f"{_name(node.value)}.{node.attr}"
    return _called(node) if isinstance(node, ast.Call) else None


def _called(call: ast.Call) -> str | None:
    name, owner = _name(call.func), _name(getattr(call.func, "value", None))
    given = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
    if isinstance(call.func, ast.Name) and name in BUILT_IN:
        return name
    if "True" in (given.get("shell"), given.get("trust_remote_code")):
        return f"{owner}.{name}"
    if name in CALLS or (owner, name) == ("os", "system"):
        return f"{owner}.{name}"
    if (owner, name) == ("torch", "load") and given.get("weights_only") != "True":
        return "torch.load without weights_only=True"
    if (owner, name) == ("yaml", "load") or given.get("allow_pickle", "False") != "False":
        return f"{owner}.{name}"
    return None


def _name(node: ast.AST | None) -> str:
    return getattr(node, "attr", None) or getattr(node, "id", "")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_nothing_runs_code_from_a_file(path):
    may = MAY_IMPORT.get(path.relative_to(ROOT).as_posix(), set())
    assert findings(path.read_text(encoding="utf-8"), frozenset(may)) == []


@pytest.mark.parametrize(
    "line",
    [
        "import pickle",
        "from pickle import loads",
        "import joblib as j",
        "torch.load(path)",
        "torch.load(path, weights_only=False)",
        "np.load(path, allow_pickle=True)",
        "numpy.lib.format.read_array(s, allow_pickle=flag)",
        "yaml.load(text, Loader=yaml.Loader)",
        "yaml.unsafe_load(text)",
        "pd.read_pickle(path)",
        "eval(text)",
        "exec(text)",
        "os.system(text)",
        "subprocess.run(text, shell=True)",
        "AutoModel.from_pretrained(x, trust_remote_code=True)",
    ],
)
def test_what_would_run_code_is_found(line):
    assert len(findings(line)) == 1


@pytest.mark.parametrize(
    "line",
    ["torch.load(p, weights_only=True)", "np.load(p)", "network.eval()", "re.compile(p)"],
)
def test_what_runs_nothing_is_not_mistaken(line):
    assert findings(line) == []


def test_the_exceptions_are_still_needed():
    for name, may in MAY_IMPORT.items():
        assert findings((ROOT / name).read_text()), f"{name} no longer needs {may}"
