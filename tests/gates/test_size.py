"""Limits of files and pushes, and where binary files may stand."""

from dataclasses import replace

import pytest
from forge import Symlink
from gates.pushes import candidate_of, codes_of, result_of
from smallest import ADD, GATES, SERVER, SPECS, smallest

from gitcorpus.flows.policy import load_policy
from gitcorpus.gates.registry import built_in
from gitcorpus.gates.size import shown_bytes
from gitcorpus.git.repo import Repo
from gitcorpus.model.declaration import Scope

SIZE = built_in("size")


@pytest.fixture
def work(forge):
    work = smallest(forge)
    work.git("checkout", "--quiet", "--detach")
    return work


def test_the_content_of_a_large_file_is_not_read(work, monkeypatch):
    tip = work.commit({f"{ADD}/big.py": b"x" * (50 << 20)})
    candidate = candidate_of(work, tip)
    monkeypatch.setattr(candidate.repo, "read_blob", None)
    result = result_of(candidate, SIZE)
    assert [(each.code, each.sentence) for each in result.findings] == [
        ("file-too-large", "the file has 50 MiB; at most 1 MiB"),
        ("push-too-large", "the files that it brings have 50 MiB; at most 20 MiB"),
    ]


def test_limits_are_inclusive(work):
    tip = work.commit({f"{ADD}/a.py": b"x" * 100, f"{ADD}/b.py": b"y" * 100})
    limits = {"max_file": 100, "max_push_bytes": 200, "max_push_files": 2}
    assert codes_of(candidate_of(work, tip), replace(SIZE, parameters=limits)) == []
    for name, limit in limits.items():
        lower = replace(SIZE, parameters={**limits, name: limit - 1})
        assert set(codes_of(candidate_of(work, tip), lower)) <= {"file-too-large", "push-too-large"}
        assert codes_of(candidate_of(work, tip), lower)


FEW = replace(SIZE, parameters={"max_push_files": 2, "max_push_bytes": 20})


def files(*names, text="x = 1\n"):
    return {f"{ADD}/{name}.py": f"{text}# {name}\n" for name in names}


def said(work, tip, **keywords):
    found = result_of(candidate_of(work, tip, **keywords), FEW).findings
    return [(each.place.path, each.sentence) for each in found]


def test_what_a_branch_holds_is_not_brought_again(work):
    base = work.head
    for name in "abc":
        work.commit(files(name))
        assert said(work, work.head, ref="refs/heads/topic") == []
        work.git("update-ref", "refs/heads/topic", "HEAD")
    assert said(work, work.head) == []
    assert said(work, work.head, ref="refs/heads/another") == []
    assert said(work, work.head, ref="refs/tags/t") == []
    work.commit(files("d"))
    assert said(work, work.head) == []
    assert said(work, work.head, ref="refs/tags/t") == []
    work.git("checkout", "--quiet", "--detach", base)
    work.commit(files("e"))
    merge = work.merge("topic")
    assert said(work, merge) == []


def test_what_no_branch_holds_is_brought_by_whatever_names_it(work):
    tip = work.commit(files("a", "b", "c"))
    too_large = [
        "it brings 3 files; at most 2",
        "the files that it brings have 30 bytes; at most 20 bytes",
    ]
    for ref in ("refs/heads/main", "refs/heads/topic", "refs/tags/t"):
        assert sorted(said(work, tip, ref=ref)) == sorted((ref, each) for each in too_large)
    work.git("update-ref", "refs/heads/topic", "HEAD~")
    assert len(said(work, tip)) == 2
    work.git("update-ref", "refs/remotes/origin/topic", "HEAD")
    assert len(said(work, tip)) == 2


def test_a_file_that_comes_back_is_brought(work):
    work.commit(files("a", "b", "c"))
    work.git("update-ref", "refs/heads/main", "HEAD")
    work.commit(dict.fromkeys(files("a", "b", "c")))
    work.git("update-ref", "refs/heads/main", "HEAD")
    tip = work.commit(files("a", "b", "c"))
    assert ("refs/heads/main", "it brings 3 files; at most 2") in said(work, tip)


def test_a_held_commit_below_the_tip_is_not_counted(work):
    every = replace(FEW, on=Scope.EVERY_COMMIT)
    tip = work.commit(files("a", "b", "c"))
    work.git("update-ref", "refs/heads/topic", tip)
    work.commit(files("d"))
    assert result_of(candidate_of(work, work.head), every).findings == ()
    work.git("update-ref", "-d", "refs/heads/topic")
    found = result_of(candidate_of(work, work.head), every).findings
    assert {each.place.path for each in found} == {"refs/heads/main", f"commit {tip[:12]}"}


def test_a_clone_counts_what_was_fetched(work):
    tip = work.commit(files("a", "b", "c"))
    work.git("update-ref", "refs/heads/topic", tip)
    here = replace(candidate_of(work, tip), local=True)
    assert [each.code for each in result_of(here, FEW).findings] == ["push-too-large"] * 2
    work.git("update-ref", "refs/remotes/origin/topic", tip)
    assert result_of(replace(candidate_of(work, tip), local=True), FEW).findings == ()


def test_what_a_link_names_counts_as_well(work):
    tip = work.commit({f"{ADD}/a.md": Symlink("b" * 3000)})
    assert codes_of(candidate_of(work, tip), replace(SIZE, parameters={"max_file": 2048})) == [
        "file-too-large"
    ]


def test_binary_is_what_git_takes_for_binary(work):
    late = b"x" * 8000 + b"\0"
    tip = work.commit({f"{ADD}/late.py": late, f"{ADD}/early.py": late[1:], f"{ADD}/data/a.bin": b"\0"})
    result = result_of(candidate_of(work, tip), SIZE)
    assert [(each.code, each.place.path) for each in result.findings] == [("binary-file", f"{ADD}/early.py")]


def test_specs_write_limits_in_units(forge):
    work = forge.work()
    size = "gates:\n  - {id: size, uses: size, with: {max_file: 2KiB, binary_roles: []}}\n"
    work.commit({**SPECS, "specs/gates.yaml": GATES + size}, author="lead")
    work.git("checkout", "--quiet", "--detach")
    spec = load_policy(Repo.open(work.git_dir), SERVER).spec
    (declared,) = (each for each in spec.gates if each.id == "size")
    tip = work.commit({f"{ADD}/a.py": "#" * 2049, f"{ADD}/data/a.bin": b"\0"})
    assert codes_of(candidate_of(work, tip), declared) == ["file-too-large", "binary-file"]


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 bytes"),
        (1023, "1023 bytes"),
        (1024, "1 KiB"),
        (1536, "1.5 KiB"),
        (1 << 20, "1 MiB"),
        (3 << 30, "3 GiB"),
    ],
)
def test_sizes_are_written_for_people(size, text):
    assert shown_bytes(size) == text
