"""What a file of pictures says of the predictions that it was made from."""

from types import SimpleNamespace

import pytest

from afterimage.generate import draw

RESCALED = {"rescale": "test", "transductive": True}


@pytest.mark.parametrize("marks", [{}, RESCALED, {"uses_test_responses": True}])
def test_pictures_of_transductive_predictions_say_so(marks, monkeypatch):
    made = []
    for name in ("read_table", "ImageFile", "build"):
        monkeypatch.setattr(draw, name, lambda *_, **__: None)
    provenance = {"predicted_by": {}, "responses": {}, **marks}
    monkeypatch.setattr(draw, "ArrayFile", lambda _: SimpleNamespace(provenance=provenance))
    monkeypatch.setattr(draw, "reconstruct", lambda *_, **given: made.append(given["provenance"]))
    names = ("predictions", "target", "splits", "trials", "images")
    inputs = SimpleNamespace(**dict.fromkeys(names, "x"), transform=[], trained=[], held_out=[])
    draw.draw_pictures(
        inputs, "pictures.arrow", {"model": "ridge"}, generator={}, target={}, device="cpu", seed=0
    )
    assert made == [{"drawn_by": {"model": "ridge"}, **marks}]
