import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gitcorpus.git.history import ancestry
from gitcorpus.git.repo import Repo
from gitcorpus.spec.layout import LayoutMatcher, Located, Missed
from gitcorpus.spec.load import load_specs
from gitcorpus.spec.sources import DirectorySource

FIRST = Path(__file__).parents[2] / "examples" / "first-corpus"
TREE = FIRST / "tree"


def script(name):
    spec = importlib.util.spec_from_file_location(f"first_corpus_{name}", FIRST / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    folder = tmp_path_factory.mktemp("played") / "work"
    return folder, script("play").play(folder)


@pytest.fixture(scope="module")
def located():
    source = DirectorySource(TREE)
    matcher = LayoutMatcher(load_specs(source, commit=None).spec)
    return {path: matcher.locate(path) for path in source.paths()}


def test_plays_to_the_same_oids_every_time(played, tmp_path):
    folder, tip = played
    assert script("play").play(tmp_path / "again") == tip
    refs = [
        subprocess.run(["git", "for-each-ref"], cwd=f, capture_output=True, check=True).stdout
        for f in (folder, tmp_path / "again")
    ]
    assert refs[0] == refs[1]
    assert b"refs/tags/dataset/v1" in refs[0]


def test_specs_load_without_findings():
    loaded = load_specs(DirectorySource(TREE), commit=None)
    assert loaded.findings == ()


def test_is_as_broad_as_it_says(located):
    assert not [place for place in located.values() if isinstance(place, Missed)]
    files = [place for place in located.values() if isinstance(place, Located)]
    assert len({place.root for place in files}) == 12
    assert len({place.task.id for place in files}) == 8
    assert len({place.unit.id for place in files}) == 3
    assert {p.language for p in files if p.role == "source"} >= {"python", "go", "bash", "hcl"}
    assert len({technique for place in files for technique in place.task.techniques}) >= 4


def test_every_solution_has_sources_tests_a_text_and_a_prompt(located):
    roles = {}
    for place in located.values():
        if isinstance(place, Located):
            roles.setdefault(place.root, set()).add(place.role.value)
            if place.task.prompt is not None:
                roles[place.root].add("prompt")
    assert all(found >= {"source", "test", "doc", "prompt"} for found in roles.values())


def test_history_has_authors_merges_a_rename_and_steps(played):
    folder, tip = played
    repo = Repo.open(folder)
    commits = ancestry(repo, tip)
    people = {
        person.id: person
        for person in load_specs(DirectorySource(TREE), commit=None).spec.contributors.people
    }
    emails = {email for person in people.values() for email in person.emails}
    assert {commit.author.email for commit in commits} == emails
    assert sum(len(commit.parents) > 1 for commit in commits) >= 3
    assert [step for commit in commits for step in commit.trailer("Step")] == [
        "naive", "tested", "final", "naive", "final",
    ]  # fmt: skip
    for commit in commits:
        assert commit.trailer("Signed-off-by") == (f"{commit.author.name} <{commit.author.email}>",)
    renames = subprocess.run(
        ["git", "log", "--find-renames", "--diff-filter=R", "--name-only", "--format=", "main"],
        cwd=folder, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "token_bucket.py" in renames.stdout


def test_the_first_commit_brings_specs_and_agreements_only(played):
    folder, tip = played
    repo = Repo.open(folder)
    first = ancestry(repo, tip)[0]
    assert first.author.email == "lead@corpus.example"
    assert {entry.path.split("/")[0] for entry in repo.snapshot(first.oid).entries()} == {
        "specs",
        "agreements",
    }


def solutions_with(pattern):
    return sorted({path.parent for path in TREE.joinpath("corpus").rglob(pattern)})


@pytest.mark.parametrize("folder", solutions_with("test_*.py"), ids=lambda folder: folder.parent.name)
def test_python_solutions_pass_their_tests(folder):
    options = ["-q", "-p", "no:cacheprovider", "-c", os.devnull, "--rootdir", str(folder)]
    environment = {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", *options, str(folder)]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("folder", solutions_with("test_*.sh"), ids=lambda folder: folder.parent.name)
def test_bash_solutions_pass_their_tests(folder):
    for file in sorted(folder.glob("*.sh")):
        subprocess.run(["bash", "-n", str(file)], check=True)
    for file in sorted(folder.glob("test_*.sh")):
        done = subprocess.run(["bash", str(file)], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (0, "")


def test_every_mistake_is_one_commit_on_a_branch_of_its_own(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(FIRST))
    mistakes = script("mistakes").load_mistakes()
    script("play").play(tmp_path / "work")
    for mistake in mistakes:
        mistake.commit(tmp_path / "work")
    repo = Repo.open(tmp_path / "work")
    main = repo.resolve("main")
    assert [repo.commit(repo.resolve(mistake.branch)).parents for mistake in mistakes] == [(main,)] * 6


def test_the_broken_specs_are_refused_for_what_the_mistake_says(tmp_path):
    shutil.copytree(TREE, tmp_path, dirs_exist_ok=True)
    shutil.copytree(FIRST / "mistakes" / "broken-spec" / "files", tmp_path, dirs_exist_ok=True)
    loaded = load_specs(DirectorySource(tmp_path), commit=None)
    assert [finding.code for finding in loaded.findings] == ["unknown-technique", "unknown-field"]
