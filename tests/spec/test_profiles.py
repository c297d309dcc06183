"""The ready profiles: each loads, and each asks for all that the one before it does."""

import pytest
from smallest import GATES, SPECS

from gitcorpus.gates.registry import GATES as KNOWN
from gitcorpus.model.declaration import Stage
from gitcorpus.spec.load import load_specs
from gitcorpus.spec.sources import DirectorySource, ready_names


def declared(tmp_path, name):
    for path, text in {**SPECS, "specs/gates.yaml": GATES.replace("recommended", name)}.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    loaded = load_specs(DirectorySource(tmp_path), commit=None)
    assert loaded.findings == ()
    return {each.id: each for each in loaded.spec.gates}


def test_these_there_are():
    assert ready_names("gates") == ("gitcorpus:fast", "gitcorpus:recommended", "gitcorpus:strict")


def test_each_asks_for_more(tmp_path):
    fast, recommended, strict = (set(declared(tmp_path, name)) for name in ("fast", "recommended", "strict"))
    assert fast < recommended < strict


@pytest.mark.parametrize("name", ["fast", "recommended", "strict"])
def test_what_runs_pushed_code_waits_for_a_merge_and_has_a_budget(tmp_path, name):
    heavy = [each for each in declared(tmp_path, name).values() if getattr(KNOWN[each.uses], "waits", False)]
    assert bool(heavy) == (name == "strict")
    assert all(each.when is Stage.MERGE and each.budget_seconds for each in heavy)
