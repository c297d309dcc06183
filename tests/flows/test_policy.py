"""Specs that one process loaded are those that another one would load; no other account puts some in their place."""

import pickle
import zlib
from datetime import date

import pytest
from smallest import SERVER, SPECS, smallest

from gitcorpus.cache import Cache
from gitcorpus.derived import code_of
from gitcorpus.flows.policy import load_policy, policy_at, recall_policy, still_judges
from gitcorpus.gates.kept import TOPIC, Kept, Parsing, key_of
from gitcorpus.gates.sources import SnapshotSource
from gitcorpus.git.repo import Repo
from gitcorpus.spec.load import load_specs

TODAY = date(2026, 2, 2)
WAIVERS = "apiVersion: gitcorpus/v1\nkind: Waivers\nwaivers: []\n"


@pytest.fixture
def work(forge):
    return smallest(forge)


def kept_in(work):
    return Kept.of(work.path / ".git", today=TODAY)


def load(work):
    """Load as a process does that has loaded nothing before."""
    return load_policy(Repo.open(work.path), SERVER, None, kept_in(work))


def recall(work):
    return recall_policy(Repo.open(work.path), SERVER, None, kept_in(work))


def known(work):
    return Cache.of(work.path / ".git").topics()


def test_what_is_recalled_is_what_would_be_loaded(work):
    assert recall(work) is None
    first = load(work)
    again = recall(work)
    assert again is not None
    assert again[:4] == first[:4] == policy_at(Repo.open(work.path), work.head)[:4]
    work.commit({"README.md": "Another text.\n"})
    later = recall(work)
    assert later is not None
    assert later[:4] == policy_at(Repo.open(work.path), work.head)[:4]
    assert later.spec.corpus.place.commit == work.head != first.commit
    assert later.matcher.locate("corpus/basics/add/north/a.py") == first.matcher.locate(
        "corpus/basics/add/north/a.py"
    )._replace(unit=later.spec.units[0], task=later.spec.tasks[0])


@pytest.mark.parametrize(
    "files",
    [
        {"specs/waivers.yaml": WAIVERS},
        {"specs/curriculum.yaml": SPECS["specs/curriculum.yaml"].replace("Add two numbers", "Add numbers")},
        {"specs/notes.txt": "No spec.\n"},
        {"agreements/ip.md": None},
        {"agreements/ip.md": "Another text.\n"},
        {"specs/gates.yaml": "a: [\n"},
    ],
)
def test_other_specs_are_loaded(work, files):
    load(work)
    work.commit(files)
    assert recall(work) is None
    loaded = load(work)
    assert loaded[:4] == policy_at(Repo.open(work.path), work.head)[:4]
    again = recall(work)
    assert again is not None
    assert again[:4] == loaded[:4]
    assert bool(again.fault) is (again.spec is None)


def test_what_somebody_else_wrote_is_not_even_unpickled(work, tmp_path):
    """The sealed name of the file shows in the folder, so who may write there could put another file in its place."""
    load(work)
    path = Cache.of(work.path / ".git").path
    ran = tmp_path / "ran"

    class Hostile:
        def __reduce__(self):
            return (open, (str(ran), "w"))

    packed = zlib.compress(pickle.dumps(Hostile()))
    key = key_of("a key")
    for code in (b"\0" * 32, code_of(b"another key" + packed)):
        Cache(path).learn(TOPIC, {key: code + packed}, today=TODAY)
        assert Kept.of(work.path / ".git", today=TODAY).recall(key) is None
        assert not Cache(path).known([key])
    Cache(path).learn(TOPIC, {key: code_of(key + packed) + packed}, today=TODAY)
    assert Kept.of(work.path / ".git", today=TODAY).recall(key) is None
    assert not ran.exists()


def test_an_entry_that_was_damaged_is_made_anew(work):
    load(work)
    store = Cache.of(work.path / ".git")
    with store._open() as connection:
        connection.execute(
            "UPDATE results SET value = substr(value, 1, length(value) - 7) WHERE topic = ?", [TOPIC]
        )
    store.close()
    assert recall(work) is None
    assert load(work).spec is not None
    assert recall(work) is not None


def test_an_entry_that_is_too_large_for_a_reader_is_left_alone(work):
    load(work)
    small = Kept.of(work.path / ".git", today=TODAY, most=10)
    assert recall_policy(Repo.open(work.path), SERVER, None, small) is None
    assert recall(work) is not None


def test_specs_still_judge_as_long_as_their_branch_goes_forward_and_they_are_the_same(work):
    first = work.head
    policy = load(work)
    assert still_judges(Repo.open(work.path), SERVER, policy)
    work.commit({"README.md": "Another text.\n"})
    assert still_judges(Repo.open(work.path), SERVER, policy)
    later = load(work)
    work.commit({"specs/waivers.yaml": WAIVERS})
    assert not still_judges(Repo.open(work.path), SERVER, policy)
    work.git("reset", "--quiet", "--hard", first)
    assert still_judges(Repo.open(work.path), SERVER, policy)
    assert not still_judges(Repo.open(work.path), SERVER, later)


def test_a_file_that_did_not_change_is_not_parsed_again(work):
    """What is known of the others is as if they had been parsed: places of findings, links, and the commit."""
    tasks = "".join(f"      - {{id: task-{n}, title: Task {n}, languages: [python]}}\n" for n in range(60))
    head = "apiVersion: gitcorpus/v1\nkind: Curriculum\nunits:\n  - id: more\n    title: More\n    tasks:\n"
    work.commit({"specs/more.yaml": head + tasks})
    load(work)
    work.commit(
        {"specs/views/pairs.yaml": SPECS["specs/views/pairs.yaml"].replace("n_sources > 0", "n_sources > 1")}
    )
    read = []

    def parse(data, path, file, *, commit=None):
        found = parsing(data, path, file, commit=commit)
        read.append(path)
        return found

    parsing = Parsing(kept_in(work))
    found = policy_at(Repo.open(work.path), work.head, parse)
    assert found[:4] == policy_at(Repo.open(work.path), work.head)[:4]
    assert "specs/more.yaml" in read
    assert not parsing._parsed
    work.commit({"specs/curriculum.yaml": SPECS["specs/curriculum.yaml"].replace("id: add", "id: task-7")})
    broken = load_specs(
        SnapshotSource(Repo.open(work.path).snapshot(work.head)), commit=work.head, parse=parsing
    )
    plain = load_specs(SnapshotSource(Repo.open(work.path).snapshot(work.head)), commit=work.head)
    assert broken.findings == plain.findings
    assert [finding.code for finding in broken.findings] == ["duplicate-task"]
