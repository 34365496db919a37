"""A configuration is validated, and a plan made, without torch: it takes two seconds to import."""

import subprocess
import sys
from pathlib import Path

import pytest

from afterimage.contracts.code import code_of_module

ROOT = Path(__file__).parents[3]
VALIDATE = """
import sys
from pathlib import Path
import yaml
from afterimage.contracts.config.load import load_configuration
from afterimage.contracts.config.plan import Plan
root = Path(sys.argv[1])
file = root / "config" / "config.yaml"
plan = Plan(load_configuration(yaml.safe_load(file.read_text()), root, [file]), root)
[plan.trained_file(name) for name in plan.generators]
sys.exit("torch" in sys.modules)
"""


def test_the_default_configuration_is_validated_without_torch():
    done = subprocess.run([sys.executable, "-c", VALIDATE, str(ROOT)], capture_output=True)
    assert done.returncode == 0, done.stderr.decode()


@pytest.mark.parametrize(
    ("module", "reached"),
    [
        ("afterimage.models.contrastive_mlp", "afterimage.models.infonce"),
        ("afterimage.generate.vae", "afterimage.generate.vae_network"),
    ],
)
def test_an_edit_of_a_network_that_is_imported_late_is_still_an_edit(module, reached):
    assert reached in {line.split()[0] for line in code_of_module(module)}
