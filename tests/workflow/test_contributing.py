"""CONTRIBUTING's worked example runs as it stands."""

import re

import yaml

from tests.workflow.project import ROOT


def test_the_decoder_of_contributing_is_fitted_and_its_edit_reruns_it_alone(project):
    page = (ROOT / "CONTRIBUTING.md").read_text()
    code = re.search(r"^```python\n(.*?)^```", page, re.DOTALL | re.MULTILINE)[1]
    (project.folder / "src/afterimage/models/knn.py").write_text(code)
    project.edit(
        "src/afterimage/contracts/registry.py",
        '"mean": "afterimage.models.mean:Mean",',
        '"knn": "afterimage.models.knn:Knn", "mean": "afterimage.models.mean:Mean",',
    )
    example = yaml.safe_load(re.search(r"^```yaml\n(.*?)^```", page, re.DOTALL | re.MULTILINE)[1])
    assert not project.plan(), "a new line in the registry reruns nothing"
    path = project.folder / "config/experiments/tiny.yaml"
    content = yaml.safe_load(path.read_text())
    content["models"] |= example["models"]
    path.write_text(yaml.safe_dump(content, sort_keys=False))
    predictions = "results/tiny/subj01/neighbours/pixels/predictions.arrow"
    project.run("tiny", predictions)
    assert (project.folder / predictions).is_file()
    project.edit("src/afterimage/models/knn.py", "argsort(distance", "argsort(-distance")
    assert project.plan("tiny", predictions) == {"fit_model": 1, "predict_model": 1}
