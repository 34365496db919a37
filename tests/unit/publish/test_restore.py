import re
import shutil

import pytest

from afterimage.contracts.errors import ConfigError, DataError
from afterimage.publish.metadata import read_metadata
from afterimage.publish.plan import Planned

PAGE = "results/x/report.html"


@pytest.fixture
def published(lab):
    lab.run()
    lab.publish()
    lab.commit()
    return lab


@pytest.fixture
def clone(published, tmp_path):
    return published.hand_out(tmp_path / "clone")


def all_files(lab):
    folders = ("results", "derivatives", "provenance")
    paths = [path for folder in folders for path in (lab.root / folder).rglob("*")]
    return {p.relative_to(lab.root): p.read_bytes() for p in paths if p.is_file()}


def damage(folder, content):
    """Change one byte of the object that has a content, in a remote or a cache."""
    (found,) = [p for p in folder.rglob("*") if p.is_file() and content in p.read_bytes()]
    found.chmod(0o644)
    found.write_bytes(found.read_bytes().replace(content, content.upper()))
    found.chmod(0o444)


def test_a_clone_gets_every_byte_and_snakemakes_memory(published, clone):
    clone.restore()
    assert all_files(clone) == all_files(published)
    assert read_metadata(clone.root) == read_metadata(published.root)


def test_all_files_that_came_have_one_time(clone):
    clone.restore()
    times = {p.stat().st_mtime_ns for p in (clone.root / "results").rglob("*") if p.is_file()}
    assert len(times) == 1


def test_restoring_twice_brings_nothing(clone, published):
    clone.restore()
    shutil.rmtree(published.remote)
    clone.restore()


def test_an_experiment_that_was_not_published_is_told(clone):
    with pytest.raises(ConfigError, match="'y' was not published in this commit"):
        clone.restore("y")


def test_a_damaged_object_of_the_remote_is_named_and_not_kept(published, clone):
    damage(published.remote, b"report of x")
    with pytest.raises(DataError, match=PAGE) as raised:
        clone.restore()
    assert not (clone.root / PAGE).exists()
    assert not (clone.root / ".snakemake/metadata").exists()
    # As the message says: delete the object that it names, and publish again.
    (place,) = re.findall(r"files/md5/\w+/\w+", raised.value.what)
    (published.remote / place).unlink()
    published.publish()
    shutil.rmtree(clone.root / ".dvc/cache")
    clone.restore()
    assert (clone.root / PAGE).read_text() == "report of x: 0.75"


def test_a_missing_object_of_the_remote_is_named(published, clone):
    (lost,) = [p for p in published.objects() if b"report of x" in p.read_bytes()]
    lost.unlink()
    with pytest.raises(DataError, match=PAGE):
        clone.restore()


def test_a_damaged_object_of_the_cache_is_named_and_not_kept(clone):
    clone.restore()
    (clone.root / PAGE).unlink()
    damage(clone.root / ".dvc/cache", b"report of x")
    with pytest.raises(DataError, match=PAGE) as raised:
        clone.restore()
    assert "cache" in raised.value.remedy
    assert not (clone.root / PAGE).exists()
    shutil.rmtree(clone.root / ".dvc/cache")
    clone.restore()


def test_a_file_of_ones_own_is_never_replaced(clone):
    mine = clone.root / PAGE
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    with pytest.raises(DataError, match=f"{PAGE}: not as published"):
        clone.restore()
    assert mine.read_text() == "mine"


def test_an_interrupted_restore_goes_on(clone, monkeypatch):
    def interrupted(*arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("afterimage.publish.restore._remember", interrupted)
        with pytest.raises(KeyboardInterrupt):
            clone.restore()
    (clone.root / PAGE).unlink()
    clone.restore()
    assert (clone.root / PAGE).exists()


def test_jobs_that_would_run_are_refused_with_the_code_that_differs(clone, monkeypatch):
    plan = Planned({"fit_model": 2, "build_report": 1}, ["afterimage.models.ridge"])
    monkeypatch.setattr("afterimage.publish.restore.planned", lambda snakefile, config: plan)
    with pytest.raises(DataError, match=r"2 fit_model, 1 build_report.*afterimage\.models\.ridge"):
        clone.restore()


def test_jobs_that_would_run_are_refused_with_the_value_that_differs(clone, monkeypatch):
    plan = Planned({"fit_model": 2}, [])
    monkeypatch.setattr("afterimage.publish.restore.planned", lambda snakefile, config: plan)
    with pytest.raises(DataError, match="values that differ: seed"):
        clone.restore(seed=2)


def test_without_licensed_derivatives_the_results_come(lab, tmp_path):
    lab.run()
    lab.publish(licensed=True)
    lab.commit()
    clone = lab.hand_out(tmp_path / "clone")
    clone.restore()
    assert (clone.root / PAGE).exists()
    assert not (clone.root / "derivatives/d/features").exists()
