import subprocess
import sys

HEAVY = ("torch", "sklearn", "skimage", "scipy", "nilearn", "transformers")


def test_the_stage_imports_no_heavy_library():
    code = (
        "import importlib, pkgutil, sys, afterimage.evaluate as stage\n"
        "for module in pkgutil.iter_modules(stage.__path__):\n"
        "    importlib.import_module('afterimage.evaluate.' + module.name)\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
