import pytest

from tests.workflow.project import Project, copy_project, new_project


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> Project:
    """A finished run of the tiny experiment; copy it, never change it."""
    project = new_project(tmp_path_factory.mktemp("finished") / "project")
    project.run()
    return project


@pytest.fixture
def project(finished, tmp_path) -> Project:
    """A copy of a finished run."""
    return copy_project(finished, tmp_path / "project")


@pytest.fixture
def fresh(tmp_path) -> Project:
    """A project in which nothing was run."""
    return new_project(tmp_path / "project")
