"""Profiles differ in where jobs run, and in nothing that decides which ones do."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
RERUN = (
    "scheduler",
    "rerun-triggers",
    "max-checksum-file-size",
    "rerun-incomplete",
    "show-failed-logs",
    "keep-going",
)
RULES = [path.read_text() for path in sorted((ROOT / "workflow/rules").glob("*.smk"))]
RULE = re.compile(r"^ *rule (\w+):\n(.*?)(?=^ *rule |\Z)", re.MULTILINE | re.DOTALL)
BLOCKS = {name: body for text in RULES for name, body in RULE.findall(text)}
LOCAL = {"publish", "restore"}


def profile(name):
    return yaml.safe_load((ROOT / "profiles" / name / "profile.yaml").read_text())


@pytest.mark.parametrize("name", sorted(path.name for path in (ROOT / "profiles").iterdir()))
def test_every_profile_holds_the_rerun_settings_of_the_default_one(name):
    default, other = profile("default"), profile(name)
    assert {key: other.get(key) for key in RERUN} == {key: default[key] for key in RERUN}


def test_the_groups_of_slurm_name_rules_that_exist_and_all_that_draw():
    named = profile("slurm")["groups"]
    assert set(named) <= set(BLOCKS)
    assert {rule for rule in BLOCKS if rule.startswith("draw_")} <= set(named)
    assert set(named.values()) == set(profile("slurm")["group-components"])


@pytest.mark.parametrize("rule", sorted(set(BLOCKS) - LOCAL))
def test_every_rule_asks_for_memory_and_minutes_that_grow_with_each_try(rule):
    assert re.search(r"mem_mb=(each_try|inputs_times)\(", BLOCKS[rule])
    assert re.search(r"runtime=each_try\(", BLOCKS[rule])
