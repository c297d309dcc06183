"""What a push would be answered: the index, the work tree, a commit or a range, judged before anybody pushes."""

import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from forge import Executable, Forge, Symlink, Work
from smallest import ADD, CORPUS, GATES, NOW, SERVER, SPECS, push_of, smallest

from gitcorpus.errors import GitcorpusError
from gitcorpus.flows.check import Asked, Checked, check
from gitcorpus.flows.push import judge_push
from gitcorpus.git.repo import Repo
from gitcorpus.git.worktree import find_repository
from gitcorpus.ledger import Ledger
from gitcorpus.model.server import Server, Tool
from gitcorpus.model.verdict import Outcome
from gitcorpus.report.text import render_verdict

GOOD = "def add(a, b):\n    return a + b\n"
BROKEN = "def add(a, b:\n    return a + b\n"
FILE = f"{ADD}/add.py"


@pytest.fixture
def work(forge: Forge) -> Work:
    """Return a work tree on a branch of its own, whose `main` stands at `origin` too."""
    work = smallest(forge)
    work.git("remote", "add", "origin", str(forge.bare()))
    work.git("push", "--quiet", "origin", "main")
    work.branch("topic")
    return work


def ask(
    work: Work, *words: str, folder: Path | None = None, server: Server | None = None, **given
) -> Checked:
    start = folder or work.path
    asked = Asked(words=words, folder=start, now=datetime(2026, 2, 2, tzinfo=UTC), **given)
    return check(find_repository(start), asked, server or Server())


def codes(checked: Checked) -> list[tuple[str, str]]:
    return [(finding.code, finding.place.path) for finding in checked.verdict.findings]


def error(work: Work, *words: str, **given) -> str:
    with pytest.raises(GitcorpusError) as caught:
        ask(work, *words, **given)
    assert caught.value.hint
    return f"{caught.value.exit_code} {caught.value}"


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file of a folder but our cache, with its bytes, and its time if it is no object."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        + str(0 if "objects" in path.parts else path.stat().st_mtime_ns).encode()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith("cache-")
    }


def test_judges_the_work_tree_as_it_would_be_committed(work):
    work.write({FILE: GOOD, ".gitignore": "*.log\n", "README.md": "other\n"})
    work.commit(message="good")
    work.write({FILE: BROKEN, "scratch/x.py": "x = 1\n", "a.log": "ignored", "README.md": None})
    checked = ask(work)
    assert codes(checked) == [("outside-layout", "scratch/x.py"), ("syntax-error", FILE)]
    assert checked.verdict.outcome is Outcome.REFUSED
    assert checked.verdict.commits == ()
    main = work.oid("main")[:7]
    assert checked.headline == f"judging the work tree, 3 files by the specs of origin/main ({main})"


def test_judges_what_is_staged_and_nothing_else(work):
    work.write({FILE: GOOD})
    work.git("add", FILE)
    work.write({FILE: BROKEN, "scratch/x.py": "x = 1\n"})
    assert ask(work, staged=True).verdict.accepted
    work.git("add", FILE)
    work.write({FILE: GOOD})
    assert codes(ask(work, staged=True)) == [("syntax-error", FILE)]
    assert ask(work, staged=True).headline.startswith("judging the index, 1 file by ")


@pytest.mark.parametrize("staged", [True, False])
def test_writes_nothing_into_the_repository(work, staged):
    work.write({FILE: BROKEN, "corpus/basics/add/north/more.py": GOOD, "README.md": "other\n"})
    work.git("add", "README.md")
    before = contents(work.path)
    assert codes(ask(work, staged=staged)) == ([] if staged else [("syntax-error", FILE)])
    assert contents(work.path) == before


def test_runs_no_hook_filter_or_monitor_of_the_repository(work, tmp_path):
    trace = tmp_path / "trace"
    program = Executable(f"#!/bin/sh\necho $0 >> {trace}\ncat\n")
    work.write({f".git/hooks/{name}": program for name in ("post-index-change", "pre-commit", "fsmonitor")})
    hook = work.git_dir / "hooks/fsmonitor"
    work.git("config", "core.fsmonitor", str(hook))
    work.git("config", "filter.evil.clean", str(hook))
    work.git("config", "filter.evil.process", str(hook))
    work.git("config", "filter.evil.required", "true")
    work.write({".gitattributes": "*.py filter=evil\n", FILE: BROKEN})
    trace.unlink(missing_ok=True)
    assert codes(ask(work)) == [("syntax-error", FILE)]
    assert not trace.exists()


def test_a_commit_that_is_not_made_yet_needs_no_sign_off(work):
    work.git("config", "user.email", "stranger@elsewhere.example")
    work.write({FILE: GOOD})
    assert ask(work).verdict.accepted


def test_a_commit_is_judged_as_the_server_judges_its_push(work):
    base = work.head
    work.commit({FILE: BROKEN}, sign_off=False)
    tip = work.commit({FILE: GOOD, "scratch/x.py": "x\n"})
    work.write({"scratch/y.py": "not committed\n"})
    checked = ask(work, "HEAD", server=SERVER)
    work.checkout("--detach")
    verdict, _ = judge_push(
        push_of(tip, old=base),
        repo=Repo.open(work.git_dir),
        server=SERVER,
        ledger=Ledger.of(work.git_dir),
        now=NOW,
        notify=lambda _: None,
    )
    assert replace(verdict, bar=None) == checked.verdict
    assert {code for code, _ in codes(checked)} == {"outside-layout", "sign-off-missing"}
    text = render_verdict(checked.verdict, "", color=False, full=True)
    assert f"{render_verdict(verdict, 'abc', color=False, full=True)}" == f"{text}\nverdict abc"
    assert checked.headline.startswith("judging 2 commits, 2 files by ")


def test_a_commit_is_compared_with_where_it_left_the_policy_branch(work):
    tip = work.commit({FILE: GOOD})
    work.checkout("main")
    work.commit({"README.md": "later\n"})
    work.git("push", "--quiet", "origin", "main")
    work.checkout("topic")
    assert ask(work, tip).verdict.files == 1
    assert ask(work, "main").headline.startswith("judging 0 commits, 0 files by ")


def test_a_range_is_judged_alone(work):
    work.commit({"scratch/x.py": "x = 1\n"}, sign_off=False)
    first = work.head
    work.commit({FILE: BROKEN})
    assert codes(ask(work, f"{first}..HEAD")) == [("syntax-error", FILE)]
    assert codes(ask(work, f"{first}..")) == [("syntax-error", FILE)]
    assert ask(work, "HEAD..HEAD").verdict.accepted
    commit = f"commit {first[:12]}"
    assert codes(ask(work, f"main..{first}")) == [
        ("outside-layout", "scratch/x.py"),
        ("sign-off-missing", commit),
    ]


def test_paths_narrow_the_files_that_are_judged(work):
    work.write({FILE: BROKEN, "scratch/x.py": "x = 1\n", "README.md": None})
    work.write({".gitignore": "*.log\n"})
    assert codes(ask(work, "corpus")) == [("syntax-error", FILE)]
    assert codes(ask(work, "./scratch/", "README.md")) == [("outside-layout", "scratch/x.py")]
    assert ask(work, ".gitignore", "specs").verdict.accepted
    assert codes(ask(work, "basics", folder=work.path / "corpus")) == [("syntax-error", FILE)]
    assert codes(ask(work, "..", folder=work.path / "corpus")) == codes(ask(work))
    assert codes(ask(work, str(work.path / "scratch/x.py"))) == [("outside-layout", "scratch/x.py")]
    tip = work.commit()
    assert codes(ask(work, tip, "scratch")) == [("outside-layout", "scratch/x.py")]


def test_the_specs_at_origin_judge_and_not_those_of_the_change(work):
    work.write({"specs/gates.yaml": GATES + "gates:\n  - {id: syntax, uses: syntax, severity: warn}\n"})
    work.commit({FILE: BROKEN})
    work.git("branch", "--force", "main", "HEAD")
    refused = ask(work, "HEAD")
    assert refused.verdict.outcome is Outcome.REFUSED
    assert refused.verdict.policy == work.oid("origin/main")
    milder = ask(work, "HEAD", policy="main")
    assert milder.verdict.accepted
    assert milder.headline.endswith(f"by the specs of main ({work.head[:7]})")


def test_the_local_policy_branch_judges_where_none_was_fetched(forge):
    work = smallest(forge)
    work.write({FILE: BROKEN})
    assert codes(ask(work)) == [("syntax-error", FILE)]


def test_the_policy_branch_is_the_one_that_the_specs_name(forge):
    work = forge.work()
    work.git("checkout", "--quiet", "-b", "trunk")
    work.commit({**SPECS, "specs/corpus.yaml": CORPUS.replace("main", "trunk")}, author="lead")
    work.write({FILE: BROKEN})
    checked = ask(work)
    assert codes(checked) == [("syntax-error", FILE)]
    assert checked.verdict.updates[0].ref == "refs/heads/trunk"


def test_a_linked_work_tree_has_its_own_index_and_head(work):
    other = work.path.parent / "linked"
    work.git("worktree", "add", "--quiet", str(other), "-b", "other")
    (other / "scratch").mkdir()
    (other / "scratch/x.py").write_text("x = 1\n")
    assert codes(ask(work, folder=other)) == [("outside-layout", "scratch/x.py")]
    assert ask(work, folder=other, staged=True).verdict.accepted
    assert ask(work).verdict.files == 0


def test_a_split_index_a_sparse_checkout_and_odd_names(work):
    odd = os.fsdecode(b'corpus/basics/add/north/caf\xe9 \n".py')
    work.write({odd: GOOD, f"{ADD}/link.py": Symlink("add.py"), FILE: GOOD})
    work.commit(message="odd")
    work.git("config", "core.splitIndex", "true")
    work.git("update-index", "--split-index")
    assert list(work.git_dir.glob("sharedindex.*"))
    work.write({FILE: BROKEN})
    assert ("syntax-error", FILE) in codes(ask(work))
    assert not {"unreadable", "object-missing"} & {code for code, _ in codes(ask(work))}
    work.git("checkout", FILE)
    for options in (("--cone",), ("--cone", "--sparse-index")):
        work.git("sparse-checkout", "set", *options, "specs")
        assert not (work.path / FILE).exists()
        assert ask(work).verdict.files == ask(work, staged=True).verdict.files == 3


def test_a_temporary_folder_within_the_work_tree_is_not_judged(work, monkeypatch):
    folder = work.path / "tmp"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    assert ask(work).verdict.files == 0
    assert list(folder.iterdir()) == []


def test_the_users_own_ignored_files_are_not_judged(work):
    (work.path.parent / "ignored").write_text("*.swp\n")
    work.git("config", "core.excludesFile", str(work.path.parent / "ignored"))
    (work.git_dir / "info/exclude").write_text("notes/\n")
    work.write({"a.swp": "x", "notes/x": "x"})
    assert ask(work).verdict.files == 0


def test_another_index_is_judged_in_place_of_the_work_trees_own(work):
    other = work.git_dir / "next-index"
    work.write({FILE: BROKEN})
    work.git("add", FILE, env={"GIT_INDEX_FILE": str(other)})
    checked = ask(work, staged=True, index=other)
    assert ("syntax-error", FILE) in codes(checked)
    assert ask(work, staged=True).verdict.accepted


def test_a_tool_that_the_local_server_file_names_judges(work):
    gate = "gates:\n  - {id: no-print, uses: command, with: {tool: no-print, output: lines}}\n"
    work.commit({"specs/gates.yaml": GATES + gate}, author="lead")
    work.git("push", "--quiet", "origin", "HEAD:main")
    work.write({FILE: "print(1)\n"})
    assert ask(work).verdict.outcome is Outcome.UNJUDGED
    command = ("/bin/sh", "-c", "grep -rn 'print(' . || test $? = 1")
    tools = (Tool(name="no-print", command=command, unsandboxed=True),)
    assert codes(ask(work, server=Server(tools=tools))) == [("tool-finding", FILE)]


def test_a_shallow_clone_will_do_as_long_as_nothing_is_missing(work, forge):
    work.commit({FILE: GOOD})
    work.git("push", "--quiet", "origin", "topic:main", "topic")
    work.commit({FILE: GOOD + "\n"})
    work.git("push", "--quiet", "origin", "topic")
    url, path = f"file://{forge.root / 'corpus.git'}", forge.root / "shallow"
    forge.run("clone", "--quiet", "--depth=1", url, str(path))
    shallow = Work(forge, path)
    shallow.write({FILE: BROKEN})
    assert codes(ask(shallow)) == [("syntax-error", FILE)]
    shallow.git("fetch", "--quiet", "--depth=1", "origin", "topic:refs/remotes/origin/topic")
    assert error(shallow, "origin/topic").startswith("2 ")
    assert "shallow-clone" in error(shallow, "origin/topic")


def test_says_what_is_in_the_way(work, tmp_path):
    work.write({"topic": "a file\n", "a.log": "x", ".gitignore": "*.log\n"})
    assert error(work, "nowhere") == "2 no-such-revision: `nowhere` is no commit, branch or tag"
    assert error(work, "HEAD..nowhere") == "2 no-such-revision: `nowhere` is no commit, branch or tag"
    assert error(work, "main...topic").startswith("2 no-such-revision: `.topic` is ")
    assert error(work, policy="v9") == "2 no-such-revision: `v9` is no commit, branch or tag"
    assert error(work, "topic") == "2 revision-or-path: `topic` is a path and a revision"
    assert error(work, "./nowhere") == "2 nowhere no-such-path: it is not in the work tree"
    assert error(work, "a.log") == "2 a.log no-such-path: it is not in the work tree"
    assert error(work, "./topic", staged=True) == "2 topic no-such-path: it is not in the index"
    assert error(work, "..") == "2 .. no-such-path: it is outside of the work tree"
    with pytest.raises(GitcorpusError) as caught:
        find_repository(tmp_path)
    assert caught.value.code == "not-a-repository"


def test_histories_without_a_common_commit_cannot_be_compared(work):
    work.git("checkout", "--quiet", "--orphan", "other")
    lonely = work.commit({"README.md": "alone\n"})
    assert error(work, f"main..{lonely}").endswith("have no commit in common")
    assert error(work, lonely).startswith("2 unrelated-history: commits ")
    assert error(work).startswith("2 unrelated-history: commits ")


def test_a_repository_without_a_commit_has_nothing_to_compare_with(forge, work):
    fresh = forge.work("fresh")
    assert error(fresh).startswith("3 no-policy: there is neither a branch origin/main nor a branch main")
    fresh.git("fetch", "--quiet", str(work.path), "main:refs/remotes/origin/main")
    assert error(fresh) == "2 unborn-head: there is no commit here yet, so nothing has changed"
    assert ask(fresh, "origin/main").verdict.files == 0


def test_a_submodule_is_judged_and_a_repository_without_a_commit_cannot_be(work):
    nested = work.forge.work("work/nested")
    said = error(work)
    assert said.startswith(
        "3 work-tree-unreadable: git cannot take up every file: `git add` ended with 128: "
    )
    assert ask(work, staged=True).verdict.accepted
    nested.commit({"a": "1"})
    assert codes(ask(work)) == [("submodule", "nested")]


def test_a_conflict_must_be_resolved_first(work):
    work.commit({"README.md": "mine\n"})
    work.branch("theirs", "main")
    work.commit({"README.md": "theirs\n"})
    work.git("merge", "topic", check=False)
    for staged in (True, False):
        said = "2 README.md index-unmerged: the index holds a conflict that is not resolved"
        assert error(work, staged=staged) == said


def test_commits_of_others_are_judged_as_the_server_would_judge_their_push(work):
    base = work.head
    theirs = work.commit({FILE: "x = 1\n"}, author="south")
    assert codes(ask(work, "topic")) == [("author-not-pusher", f"commit {theirs[:12]}")]
    assert codes(ask(work, f"{base}..topic")) == [("author-not-pusher", f"commit {theirs[:12]}")]
    work.git("push", "--quiet", "origin", "topic:theirs")
    assert codes(ask(work, "topic")) == []  # the server judged it with the account of its own pusher
    work.git("config", "user.email", "nobody@elsewhere.example")
    work.commit({FILE: "x = 2\n"})
    checked = ask(work, "topic")
    assert codes(checked) == [("pusher-unclaimed", "refs/heads/main")]
    assert checked.verdict.accepted


def test_a_bare_repository_has_commits_and_no_work_tree(work, forge):
    bare = forge.root / "corpus.git"
    work.commit({FILE: BROKEN})
    work.git("push", "--quiet", "origin", "topic")
    assert error(work, folder=bare).startswith(f"2 {bare} no-work-tree: ")
    unnamed = ("pusher-unclaimed", "refs/heads/main")
    assert codes(ask(work, "topic", folder=bare)) == [unnamed, ("syntax-error", FILE)]
    assert ask(work, "topic", "specs", folder=bare).verdict.accepted
    assert error(work, "topic", "../x", folder=bare) == "2 ../x no-such-path: it is not in 1 commit"


def test_without_specs_nothing_judges(forge):
    work = forge.work()
    work.commit({"README.md": "x\n"})
    said = (
        "3 main no-policy: the specs on the policy branch are broken: specs there is no file specs/**/*.yaml"
    )
    assert error(work) == said
    work.commit({**SPECS, "specs/corpus.yaml": CORPUS.replace("policy: {branch: main}\n", "")})
    assert error(work).startswith("3 main no-policy: the specs on the policy branch have no `policy:`")


def test_what_the_branch_becomes_when_it_is_merged(work):
    work.write({FILE: "".join(f"a{n} = 1\n" for n in range(20))})
    base = work.commit()
    work.git("push", "--quiet", "origin", "HEAD:main")
    work.git("checkout", "--quiet", "-b", "theirs", base)
    work.commit({FILE: "".join(f"a{n} = 1\n" for n in range(20)) + "(\n"}, "their open bracket")
    work.git("push", "--quiet", "origin", "HEAD:main")
    work.git("checkout", "--quiet", "topic")
    work.write({FILE: "# mine\n" + "".join(f"a{n} = 1\n" for n in range(20))})
    assert ask(work).verdict.accepted
    merged = ask(work, merge=True)
    assert merged.headline.startswith("judging the work tree merged into origin/main, 1 file by ")
    (finding,) = merged.verdict.findings
    assert (finding.code, finding.place.line) == ("syntax-error", 22)
    work.write({FILE: "".join(f"a{n} = 1\n" for n in range(20)) + ")\n"})
    assert [code for code, _ in codes(ask(work, merge=True))] == ["merge-conflict", "syntax-error"]


def test_what_is_known_is_not_judged_again(work, monkeypatch):
    work.write({FILE: GOOD})
    assert ask(work).verdict.accepted
    monkeypatch.setattr("gitcorpus.gates.syntax.judge_text", lambda *_, **__: 1 / 0)
    assert ask(work).verdict.accepted
    work.write({FILE: GOOD + "\n"})
    assert ask(work).verdict.outcome is Outcome.UNJUDGED
