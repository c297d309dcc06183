"""From a tag to a release and back: what is in it, that it verifies, and what stands in the way."""

import json
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from forge import Forge, Symlink, Work
from smallest import ADD, NOW, RELEASE, SERVER, SPECS, VIEW, push_of, smallest
from traced import traced_runs

from gitcorpus.errors import GitcorpusError
from gitcorpus.flows.push import judge_push
from gitcorpus.flows.release import compile_release
from gitcorpus.flows.trace import trace_record
from gitcorpus.flows.verify import verify_release
from gitcorpus.git.repo import Repo
from gitcorpus.ledger import Ledger
from gitcorpus.model.check import CheckState
from gitcorpus.model.release import ReleaseRequest

SUBTRACT = "corpus/basics/subtract/south"
GOOD = {
    f"{ADD}/add.py": "def add(a, b):\n    return a + b\n",
    f"{ADD}/test_add.py": "from add import add\n\n\ndef test_add():\n    assert add(1, 2) == 3",
    f"{ADD}/NOTES.md": "Adds.\n",
    f"{SUBTRACT}/TASK.md": "Subtract.\n",
    f"{SUBTRACT}/subtract.py": "def subtract(a, b):\r\n    return a - b\r\n",
}


def silent(*_) -> None:
    """Show no progress."""


def request(work: Work, tag: str = "v1", **more) -> ReleaseRequest:
    more.setdefault("target", work.path.parent / "release")
    return ReleaseRequest(repository=work.path, tag=tag, folder=work.path.parent, unverified=True, **more)


def release(work: Work, tag: str = "v1", **more) -> Path:
    return compile_release(request(work, tag, **more), progress=silent).path


def rows(folder: Path, name: str) -> list[dict]:
    return pq.read_table(folder / name).to_pylist()


def refusal(work: Work, **more) -> GitcorpusError:
    with pytest.raises(GitcorpusError) as caught:
        release(work, **more)
    target = more.get("target") or work.path.parent / "release"
    assert not target.exists() or not (target / "manifest.json").exists()
    assert not list(work.path.parent.glob(".*.partial-*"))
    return caught.value


@pytest.fixture
def work(forge: Forge) -> Work:
    work = smallest(forge)
    work.commit(GOOD, "good work", author="south")
    work.commit({f"{ADD}/add.py": "def add(a, b):\n    return b + a\n"}, "the other way round")
    work.tag("v1", message="one")
    return work


def test_every_line_knows_its_commit_author_task_and_agreement(work):
    folder = release(work)
    (pair,) = [row for row in rows(folder, "data/pairs") if "b + a" in row["completion"]]
    assert pair["prompt"] == "Write a function\nthat adds two numbers.\n"
    (first, second) = trace_record(folder, pair["record_id"], line=None, field="/completion")
    assert (first.commit["author_email"], second.commit["author_email"]) == (
        "south@corpus.example",
        "north@corpus.example",
    )
    assert (first.task, first.commit["agreement"]) == ("add", "ip")
    prompt = trace_record(folder, pair["record_id"][:12], line=2, field="/prompt")[0]
    assert (prompt.run["src_path"], prompt.lines) == (
        "specs/curriculum.yaml",
        ("Write a function", "that adds two numbers."),
    )


def test_a_release_verifies_with_its_repository(work):
    verification = verify_release(release(work), repository=work.path, specs=None, progress=silent)
    states = {check.name: check.state.value for check in verification.checks}
    assert states.pop("signature") == "skipped"  # nobody vouches for an unverified release
    assert states.pop("verdict") == "skipped"
    assert states == dict.fromkeys(
        ("bytes", "digests", "splits", "coverage", "objects", "commits", "blame", "blobs", "rebuild"),
        "passed",
    )


def test_without_a_repository_the_rest_is_skipped_and_says_so(work):
    checks = verify_release(release(work), repository=None, specs=None, progress=silent).checks
    assert [check.name for check in checks if check.state is CheckState.SKIPPED] == [
        "signature",
        "objects",
        "commits",
        "blame",
        "blobs",
        "verdict",
        "rebuild",
    ]


def test_two_clones_give_the_same_bytes(work, forge):
    for name in ("one", "two"):
        forge.run("clone", "--quiet", "--bare", "--no-local", str(work.path), f"{name}.git")
        target = forge.root / name
        more = {"repository": forge.root / f"{name}.git", "tag": "v1", "folder": forge.root, "target": target}
        compile_release(ReleaseRequest(**more, unverified=True), progress=silent)
    done = subprocess.run(
        ["diff", "-r", forge.root / "one", forge.root / "two"], capture_output=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, b"")
    sums = subprocess.run(
        ["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=forge.root / "one", check=False
    )
    assert sums.returncode == 0


@pytest.mark.parametrize("name", ["README.md", "data/pairs/train-00000-of-00001.parquet", "SHA256SUMS"])
def test_any_changed_byte_is_noticed(work, name):
    folder = release(work)
    data = bytearray((folder / name).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / name).write_bytes(data)
    assert not verify_release(folder, repository=None, specs=None, progress=silent).sound


def test_a_changed_manifest_is_noticed(work):
    folder = release(work)
    manifest = folder / "manifest.json"
    manifest.write_bytes(manifest.read_bytes().replace(b'"unverified":true', b'"unverified":false'))
    assert not verify_release(folder, repository=None, specs=None, progress=silent).sound
    manifest.write_bytes(b"{}")
    with pytest.raises(GitcorpusError, match="not-a-release"):
        verify_release(folder, repository=None, specs=None, progress=silent)


def test_a_missing_and_a_further_file_are_noticed(work):
    folder = release(work)
    (folder / "omissions.parquet").unlink()
    (folder / "more.txt").write_text("more")
    check = verify_release(folder, repository=None, specs=None, progress=silent).checks[0]
    assert check.state is CheckState.FAILED
    assert "omissions.parquet is missing" in check.faults
    assert "more.txt is not in SHA256SUMS" in check.faults


def test_the_verdict_of_the_server_stands_in_the_release(work):
    tag, tip = work.oid("refs/tags/v1"), work.head
    work.git("tag", "--delete", "v1")
    ledger = Ledger.of(work.git_dir)
    push = push_of(tag, ref="refs/tags/v1", pusher="lead")
    verdict, entry = judge_push(
        push, repo=Repo.open(work.git_dir), server=SERVER, ledger=ledger, now=NOW, notify=silent
    )
    assert verdict.accepted
    work.git("update-ref", "refs/tags/v1", tag)
    target = work.path.parent / "release"
    asked = ReleaseRequest(repository=work.path, tag="v1", folder=target.parent, target=target)
    assert not compile_release(asked, progress=silent).unverified
    manifest = json.loads((target / "manifest.json").read_bytes())
    assert (manifest["unverified"], manifest["verdict"], manifest["commit"]) == (False, entry.digest, tip)
    assert {row["pusher"] for row in rows(target, "provenance/commits.parquet")} == {None, "lead"}


def test_a_commit_that_never_passed_needs_a_word(work):
    with pytest.raises(GitcorpusError) as caught:
        compile_release(
            ReleaseRequest(repository=work.path, tag="v1", folder=work.path.parent), progress=silent
        )
    assert (caught.value.code, caught.value.exit_code) == ("tag-unjudged", 1)
    folder = release(work)
    assert "Unverified" in (folder / "README.md").read_text()


def test_specs_from_outside_compile_a_repository_that_has_none(forge):
    work = forge.work()
    work.commit(GOOD, "only content")
    work.tag("v1")
    outside = forge.root / "outside" / "specs"
    for path, text in SPECS.items():
        if path.startswith("specs/") and path not in ("specs/contributors.yaml", "specs/gates.yaml"):
            (outside / path.removeprefix("specs/")).parent.mkdir(parents=True, exist_ok=True)
            (outside / path.removeprefix("specs/")).write_text(text.replace("policy: {branch: main}\n", ""))
    folder = release(work, specs=outside.parent)
    assert json.loads((folder / "manifest.json").read_bytes())["specs"]["origin"] == "external"
    verification = verify_release(folder, repository=work.path, specs=outside.parent, progress=silent)
    assert verification.sound
    skipped = verify_release(folder, repository=work.path, specs=None, progress=silent).checks[-1]
    assert (skipped.name, skipped.state) == ("rebuild", CheckState.SKIPPED)


def test_what_cannot_be_text_is_left_out_and_said(work):
    odd = {
        f"{ADD}/latin.py": "# caf\xe9\n".encode("latin-1"),
        f"{ADD}/data/a.bin": b"\0\1",
        f"{ADD}/broken.py": Symlink("nowhere"),
        f"{ADD}/large.py": b"#" * (50 << 20),
        f"{ADD}/empty.py": "",
        "scratch/x.py": "x = 1\n",
    }
    work.commit(odd, "odd files")
    work.git("update-index", "--add", "--cacheinfo", f"160000,{work.head},{ADD}/module")
    work.git("commit", "--quiet", "--signoff", "-m", "a submodule")
    work.tag("v2", message="two")
    left = {
        (row["view"], row["key"]): row["reason"] for row in rows(release(work, "v2"), "omissions.parquet")
    }
    assert {key: reason for (view, key), reason in left.items() if not view} == {
        f"{ADD}/latin.py": "not-utf8",
        f"{ADD}/data/a.bin": "binary",
        f"{ADD}/broken.py": "symlink",
        f"{ADD}/large.py": "too-large",
        f"{ADD}/module": "submodule",
        "scratch/x.py": "outside-layout",
    }
    assert left["pretrain", f"{ADD}/empty.py"] == "empty"


def test_an_octopus_merge_keeps_every_author(work):
    base = work.head
    for author in ("north", "south", "east"):
        work.branch(f"by-{author}", base)
        work.commit({f"corpus/basics/add/{author}-2/add.py": f"# {author}\nx = 1\n"}, author=author)
    work.checkout("main")
    work.merge("by-north", "by-south", "by-east")
    work.tag("v2", message="two")
    folder = release(work, "v2")
    authors = {row["contributor"] for row in rows(folder, "provenance/commits.parquet")}
    assert {"north", "south", "east", "lead"} == authors
    assert verify_release(folder, repository=work.path, specs=None, progress=silent).sound


def test_only_what_accepted_tags_hold_where_the_release_asks(work):
    select = RELEASE + 'select: {commits: "tag:accepted/*"}\n'
    work.tag("accepted/one")
    work.commit(
        {f"{SUBTRACT}/subtract.py": "def subtract(a, b):\n    return 0\n", "specs/release.yaml": select}
    )
    work.tag("v2", message="two")
    folder = release(work, "v2")
    assert {row["task"] for row in rows(folder, "provenance/records.parquet")} == {"add"}
    assert ("", SUBTRACT, "not-tagged") in [
        (row["view"], row["key"], row["reason"]) for row in rows(folder, "omissions.parquet")
    ]


def view(old: str, new: str) -> dict[str, str]:
    return {"specs/views/pairs.yaml": VIEW.replace(old, new)}


def where(sql: str) -> dict[str, str]:
    return view("n_sources > 0", f'"{sql}"')


OTHER_TAGS = {"specs/release.yaml": RELEASE.replace('"v*"', '"w*"')}
ANONYMOUS = {"specs/release.yaml": RELEASE + "anonymize: {profile: external}\n"}


@pytest.mark.parametrize(
    ("files", "code", "hint"),
    [
        (where("n_source > 0"), "column-unknown", "did you mean `n_sources`?"),
        (where("n_sources > 99"), "empty-selection", None),
        (where("random() < 2"), "sql-not-repeatable", None),
        (where("n_sources >"), "sql-broken", None),
        (where("true); DROP TABLE files; SELECT (1"), "sql-broken", None),
        (where("'x' IN (SELECT content FROM read_text('/etc/hosts'))"), "sql-broken", None),
        (view("task.prompt }}", "task.prompt.upper() }}"), "traced-text-touched", None),
        (view("task.prompt }}", "task.promt }}"), "name-unknown", None),
        (view("join_files }}", "join_file }}"), "template-broken", None),
        (OTHER_TAGS, "no-release-for-tag", "tag patterns that are declared: `w*`"),
        (ANONYMOUS, "not-built-yet", "leave `anonymize` out"),
        ({"specs/corpus.yaml": "kind: [\n"}, "specs-broken", "see all: gitcorpus spec check"),
        ({"specs": None}, "no-specs", "add specs, or compile with specs from outside: --specs PATH"),
    ],
)
def test_what_is_wrong_with_specs_is_said_at_its_place(work, files, code, hint):
    work.commit(files, "a mistake")
    work.tag("v2", message="two")
    error = refusal(work, tag="v2")
    assert error.code == code
    assert hint is None or error.hint == hint
    if code not in ("no-release-for-tag", "no-specs"):
        assert error.place.startswith("specs/")


def test_a_gate_for_releases_judges_the_whole_tagged_tree(work):
    gates = SPECS["specs/gates.yaml"] + "gates:\n  - {id: all, uses: syntax, when: release}\n"
    work.commit({"specs/gates.yaml": gates, f"{ADD}/open.py": "f(\n"})
    work.commit({"README.md": "later\n"})
    work.tag("v2", message="two")
    error = refusal(work, tag="v2")
    assert (error.code, error.exit_code, error.place) == ("release-refused", 1, f"{ADD}/open.py:1:2")


def test_an_unknown_tag_names_the_nearest(work):
    work.tag("monthly-10")
    error = refusal(work, tag="montly-10")
    assert (error.code, error.hint) == ("unknown-tag", "did you mean `monthly-10`?")
    assert "is no tag" in refusal(work, tag="main").hint


def test_a_tag_of_a_blob_is_no_release(work):
    work.tag("v2", "HEAD:README.md")
    assert refusal(work, tag="v2").code == "tag-not-a-commit"


def test_a_folder_that_is_no_repository(tmp_path):
    with pytest.raises(GitcorpusError) as caught:
        compile_release(ReleaseRequest(repository=tmp_path, tag="v1", folder=tmp_path), progress=silent)
    assert caught.value.code == "not-a-repository"


def test_a_shallow_clone_would_lie_about_origins(work, forge):
    forge.run("clone", "--quiet", "--depth=1", f"file://{work.path}", "shallow")
    asked = ReleaseRequest(repository=forge.root / "shallow", tag="v1", folder=forge.root, unverified=True)
    with pytest.raises(GitcorpusError) as caught:
        compile_release(asked, progress=silent)
    assert caught.value.code == "shallow-clone"


def test_a_release_is_never_written_over_anything(work):
    folder = release(work)
    before = (folder / "manifest.json").read_bytes()
    with pytest.raises(GitcorpusError, match="target-exists"):
        release(work)
    assert (folder / "manifest.json").read_bytes() == before


def test_a_target_that_cannot_be_written(work):
    place = work.path.parent / "file"
    place.write_text("no folder")
    assert refusal(work, target=place / "release").code == "target-unwritable"


PROGRAM = """
import resource, sys
from pathlib import Path
from gitcorpus.cli.app import main
if sys.argv[1] == "full":
    resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))
    import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
if sys.argv[1] == "stop":
    import gitcorpus.flows.release as flow, os, signal
    whole = flow.seal_witnesses
    def stop(*args):
        done = whole(*args)
        os.kill(os.getpid(), signal.SIGTERM)
        return done
    flow.seal_witnesses = stop
sys.exit(main(["release", "v1", "--repo", sys.argv[2], "-o", sys.argv[3], "--unverified"]))
"""


@pytest.mark.parametrize(("how", "code", "said"), [("full", 2, "disk-full"), ("stop", 130, "")])
def test_no_room_or_an_interruption_leave_nothing_behind(work, how, code, said):
    target = work.path.parent / "release"
    argv = [sys.executable, "-c", PROGRAM, how, str(work.path), str(target)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert (done.returncode, said in done.stderr) == (code, True), done.stderr
    assert not target.exists()
    assert not list(target.parent.glob(".*partial*"))


FURTHER = {"specs/corpus.yaml": "origins: {moved: true, ignore_revs_file: .git-blame-ignore-revs}\n"}


def test_a_corpus_may_want_its_lines_followed_further_than_git_does(work):
    body = "".join(f"def function_{n}(value):\n    return value * {n * n} + {n}\n\n\n" for n in range(20))
    written = work.commit({f"{SUBTRACT}/old.py": body, f"{SUBTRACT}/new.py": "X = 1\n"}, "written")
    formatted = work.commit({f"{ADD}/add.py": "def add( a, b ):\n    return a + b\n"}, "formatted")
    work.commit({f"{SUBTRACT}/old.py": "X = 2\n", f"{SUBTRACT}/new.py": body}, "moved")
    corpus = (work.path / "specs/corpus.yaml").read_text()
    work.commit(
        {
            "specs/corpus.yaml": corpus + FURTHER["specs/corpus.yaml"],
            ".git-blame-ignore-revs": f"{formatted}\n",
        },
        "further",
    )
    work.tag("v2", message="two")
    folder = release(work, "v2")
    commits = [row["commit"] for row in rows(folder, "provenance/commits.parquet")]
    runs = traced_runs(folder)
    moved = [run for run in runs if run["path"] == f"{SUBTRACT}/new.py"]
    assert {(run["commit"], run["src_path"]) for run in moved} == {(written, f"{SUBTRACT}/old.py")}
    assert all(run["extended"] for run in moved)
    assert formatted not in commits
    as_git_says = [run["extended"] for run in runs if run["path"] == f"{ADD}/test_add.py"]
    assert as_git_says
    assert not any(as_git_says)
    assert json.loads((folder / "manifest.json").read_bytes())["origins"] == {
        "moved": True,
        "ignored": [formatted],
    }
    checks = verify_release(folder, repository=work.path, specs=None, progress=silent).checks
    assert [check.name for check in checks if check.state is not CheckState.PASSED] == [
        "signature",
        "verdict",
    ]


def test_a_list_of_commits_that_is_not_there_is_said(work):
    corpus = (work.path / "specs/corpus.yaml").read_text()
    work.commit({"specs/corpus.yaml": corpus + FURTHER["specs/corpus.yaml"]}, "further")
    work.tag("v2", message="two")
    error = refusal(work, tag="v2")
    assert (error.code, error.place) == ("no-such-path", ".git-blame-ignore-revs")
