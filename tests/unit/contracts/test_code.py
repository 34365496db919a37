import os

import pytest

from afterimage.contracts import code


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A package of three modules and a script that reaches two of them."""
    package = tmp_path / "src" / "afterimage"
    package.mkdir(parents=True)
    (package / "a.py").write_text('"""A."""\nfrom afterimage.b import f\n')
    (package / "b.py").write_text('def f():\n    """Say."""\n    return 1\n')
    (package / "c.py").write_text("x = 1\n")
    script = tmp_path / "run.py"
    script.write_text("from afterimage.a import f\nf()\n")
    monkeypatch.setattr(code, "SOURCE", tmp_path / "src")
    forget()
    yield package, script
    forget()


def forget():
    for cached in (
        code.code_of_script,
        code.code_of_module,
        code._path_of,
        code._tree,
        code._imports,
        code._digest,
    ):
        cached.cache_clear()


def names(lines):
    return [line.split()[0] for line in lines]


def test_a_script_reaches_what_its_imports_import(project):
    _, script = project
    assert names(code.code_of_script(script)) == ["scripts/run.py", "afterimage.a", "afterimage.b"]


def changed_by(project, file, text):
    before = code.code_of_script(project[1])
    (project[0] / file).write_text(text)
    forget()
    after = code.code_of_script(project[1])
    return [a.split()[0] for a, b in zip(after, before, strict=True) if a != b]


def test_an_edit_changes_exactly_the_edited_module(project):
    assert changed_by(project, "b.py", 'def f():\n    """Say."""\n    return 2\n') == [
        "afterimage.b"
    ]


def test_comments_and_docstrings_change_nothing(project):
    text = 'def f():\n    """Say more."""\n    # why\n    return 1\n'
    assert changed_by(project, "b.py", text) == []


def test_a_module_that_is_not_reached_changes_nothing(project):
    assert changed_by(project, "c.py", "x = 2\n") == []


def test_an_edit_with_an_old_time_stamp_is_noticed(project):
    package, script = project
    before = code.code_of_script(script)
    (package / "b.py").write_text("def f():\n    return 3\n")
    os.utime(package / "b.py", (0, 0))
    forget()
    assert code.code_of_script(script) != before


def test_plumbing_is_exempt_by_a_short_list():
    assert len(code.EXEMPT) <= 5
    for module in code.EXEMPT:
        assert code._path_of(module) is not None, f"{module} does not exist"
