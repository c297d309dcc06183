"""The gate `dependencies`, beyond its examples: what it says where, and which solutions a push concerns."""

from dataclasses import replace

import pytest
from gates.pushes import candidate_of, result_of
from smallest import SPECS

from gitcorpus.gates.registry import built_in
from gitcorpus.model.declaration import Stage
from gitcorpus.model.finding import Severity
from gitcorpus.model.verdict import GateState

ADD = "corpus/basics/add"
NORTH = f"{ADD}/north"
PROJECT = '[project]\nname = "add"\ndependencies = ["requests>=2"]\n'
LOCK = '[[package]]\nname = "requests"\nversion = "2.30.0"\n\n[[package]]\nname = "idna"\nversion = "3.4"\n'
REQUESTS = {"pypi": {"requests": {"versions": ">=2.31,<3"}}}


@pytest.fixture
def work(forge):
    work = forge.work()
    work.commit(SPECS, author="lead")
    return work


def judged(work, files, **parameters):
    base = work.head
    work.git("checkout", "--quiet", "--detach")
    declaration = replace(built_in("dependencies"), parameters=parameters, when=Stage.PUSH)
    return result_of(candidate_of(work, work.commit(files), old=base), declaration)


def said(result):
    assert result.state is not GateState.UNJUDGED, result.reason
    return [(each.code, str(each.place)) for each in result.findings]


def test_what_is_locked_is_judged_and_not_the_range_that_it_is_locked_from(work):
    files = {f"{NORTH}/pyproject.toml": PROJECT, f"{NORTH}/uv.lock": LOCK}
    assert said(judged(work, files, allow=REQUESTS)) == [
        ("version-not-allowed", f"{NORTH}/uv.lock:2"),
        ("unlisted-dependency", f"{NORTH}/uv.lock:6"),
    ]


def test_a_package_on_no_list_is_spoken_of_once(work):
    files = {
        f"{NORTH}/requirements.txt": "left-pad\nleft-pad==1\n",
        f"{NORTH}/dev-requirements.txt": "left-pad\n",
    }
    assert said(judged(work, files, allow={})) == [("unlisted-dependency", f"{NORTH}/dev-requirements.txt:1")]


def test_an_unlisted_package_can_be_a_warning(work):
    (finding,) = judged(work, {f"{NORTH}/requirements.txt": "left-pad\n"}, allow={}, unlisted="warn").findings
    assert finding.severity is Severity.WARN


def test_without_an_allow_list_every_package_will_do(work):
    assert said(judged(work, {f"{NORTH}/requirements.txt": "left-pad\n"})) == []


def test_a_manifest_above_declares_for_all_solutions(work):
    files = {"requirements.txt": "requests\n", f"{NORTH}/add.py": "import requests\n"}
    assert said(judged(work, files)) == []


@pytest.mark.parametrize("change", [None, "pillow\n"])
def test_a_change_of_a_manifest_above_concerns_the_solutions_below(work, change):
    work.commit({"requirements.txt": "requests\n", f"{NORTH}/add.py": "import requests\n"})
    assert said(judged(work, {"requirements.txt": change})) == [("undeclared-import", f"{NORTH}/add.py:1")]


def test_a_manifest_that_goes_away_leaves_its_imports_undeclared(work):
    work.commit({f"{NORTH}/requirements.txt": "requests\n", f"{NORTH}/add.py": "import requests\n"})
    gone = {f"{NORTH}/requirements.txt": None}
    assert said(judged(work, gone)) == [("undeclared-import", f"{NORTH}/add.py:1")]


def test_a_lock_above_serves_the_parts_of_a_workspace(work):
    assert (
        said(judged(work, {"uv.lock": LOCK, f"{NORTH}/pyproject.toml": PROJECT}, locks=True, pinned=True))
        == []
    )


def test_manifests_outside_solutions_are_judged_where_they_change(work):
    assert said(judged(work, {"tools/package.json": '{"dependencies": {"a": "1"}}'}, allow={})) == [
        ("unlisted-dependency", "tools/package.json:1")
    ]


def test_the_modules_of_a_solution_are_its_own(work):
    files = {
        f"{NORTH}/add.py": "import inner.more\nimport test_add\n",
        f"{NORTH}/src/inner/more.py": "x = 1\n",
    }
    assert said(judged(work, {**files, f"{NORTH}/test_add.py": "import add\n"})) == []


def test_a_module_called_otherwise_than_its_package(work):
    files = {f"{NORTH}/requirements.txt": "Strange-Dist\n", f"{NORTH}/add.py": "import strange\n"}
    assert said(judged(work, files)) == [("undeclared-import", f"{NORTH}/add.py:1")]
    work.git("checkout", "--quiet", "main")
    assert said(judged(work, files, provides={"pypi": {"strange_dist": ["strange"]}})) == []


def test_tests_may_import_what_runs_them(work):
    text = "import pytest\n"
    found = said(judged(work, {f"{NORTH}/test_add.py": text, f"{NORTH}/add.py": text}))
    assert found == [("undeclared-import", f"{NORTH}/add.py:1")]


def test_imports_need_not_be_declared(work):
    assert said(judged(work, {f"{NORTH}/add.py": "import requests\n"}, imports=False)) == []


def test_nothing_is_said_of_imports_while_the_manifest_cannot_be_read(work):
    files = {f"{NORTH}/pyproject.toml": "[", f"{NORTH}/add.py": "import requests\n"}
    assert said(judged(work, files)) == [("bad-manifest", f"{NORTH}/pyproject.toml:1")]


def test_a_manifest_that_nobody_reads(work):
    files = {f"{NORTH}/requirements.txt": "#" * (8 << 20) + "\n"}
    assert said(judged(work, files)) == [("bad-manifest", f"{NORTH}/requirements.txt:1")]


def test_allowed_versions_that_are_no_range_leave_it_unjudged(work):
    result = judged(work, {f"{NORTH}/requirements.txt": "a\n"}, allow={"pypi": {"a": {"versions": "newest"}}})
    assert result.state is GateState.UNJUDGED
    assert result.reason.startswith("bad-allowed-versions: the allowed versions of `a` cannot be read")


def test_a_licence_is_met_by_either_side_of_or_and_by_both_of_and(work):
    licences = {
        "a": "MIT OR GPL-3.0-only",
        "b": "MIT AND GPL-3.0-only",
        "c": "(MIT",
        "d": "GPL-3.0-only WITH x",
    }
    allow = {"pypi": {name: {"licence": licence} for name, licence in licences.items()}}
    files = {f"{NORTH}/requirements.txt": "a\nb\nc\nd\n"}
    found = said(judged(work, files, allow=allow, licences=["MIT"]))
    assert found == [("licence-not-allowed", f"{NORTH}/requirements.txt:{line}") for line in (2, 3, 4)]


def test_named_sources_are_allowed(work):
    files = {
        f"{NORTH}/requirements.txt": "a @ https://forge.example/a.whl\nb @ https://other.example/b.whl\n"
    }
    found = said(judged(work, files, sources=["https://forge.example/"]))
    assert found == [("foreign-source", f"{NORTH}/requirements.txt:2")]
