"""A repository that others made is read without its settings: none of its programs runs, and nothing is misread."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from forge import Forge, Work
from smallest import ADD, smallest

from gitcorpus.cli.app import main
from gitcorpus.git.repo import Repo
from gitcorpus.git.worktree import find_repository

FILES = {
    f"{ADD}/add.py": '"""Add."""\n\n\ndef add(a: int, b: int) -> int:\n    """Add two numbers."""\n    return a + b\n'
}
HOOKS = (
    "applypatch-msg", "commit-msg", "fsmonitor-watchman", "post-checkout", "post-commit", "post-index-change",
    "post-merge", "post-receive", "pre-auto-gc", "pre-commit", "pre-push", "pre-receive", "proc-receive",
    "reference-transaction", "update",
)  # fmt: skip
SETTINGS = """
[core]
	bigFileThreshold = {threshold}
	packedGitLimit = 256m
	packedGitWindowSize = 1k
	deltaBaseCacheLimit = 1g
	hooksPath = {evil}/hooks
	fsmonitor = {evil}/run
	askPass = {evil}/run
	sshCommand = {evil}/run
	gitProxy = {evil}/run
	editor = {evil}/run
	pager = {evil}/run
	attributesFile = {evil}/attributes
	alternateRefsCommand = {evil}/run
	notesRef = refs/heads/main
	quotePath = false
	abbrev = 4
	commentChar = x
	splitIndex = true
	untrackedCache = true
	ignoreCase = true
	precomposeUnicode = true
	whitespace = trailing-space
[pack]
	windowMemory = 100m
	deltaCacheSize = 1g
	packSizeLimit = 10m
	threads = 1k
[blame]
	ignoreRevsFile = {evil}/ignored
	markIgnoredLines = true
	blankBoundary = true
	showEmail = true
	date = relative
	coloring = highlightRecent
[diff]
	external = {evil}/run
	algorithm = patience
	indentHeuristic = false
	orderFile = {evil}/order
	noprefix = true
	mnemonicPrefix = true
	renames = copies
	renameLimit = 1
	context = 0
	interHunkContext = 9
	ignoreSubmodules = all
	colorMoved = zebra
	wordRegex = .
[diff "evil"]
	textconv = {evil}/run
	command = {evil}/run
	cachetextconv = true
	binary = true
[filter "evil"]
	clean = {evil}/run
	smudge = {evil}/run
	process = {evil}/run
	required = true
[merge]
	renames = false
	conflictStyle = diff3
[merge "evil"]
	driver = {evil}/run
[log]
	mailmap = true
	showSignature = true
	showRoot = false
	follow = true
	date = relative
	decorate = full
	diffMerges = combined
	excludeDecoration = *
[mailmap]
	file = {evil}/mailmap
	blob = HEAD:mailmap
[format]
	pretty = %H%n%an
	notes = *
[i18n]
	commitEncoding = latin1
	logOutputEncoding = utf-16
[color]
	ui = always
	diff = always
[gpg]
	program = {evil}/run
	format = ssh
[gpg "ssh"]
	program = {evil}/run
	defaultKeyCommand = {evil}/run
[credential]
	helper = !{evil}/run
[url "ext::{evil}/run "]
	insteadOf = {evil}
[protocol]
	allow = always
[protocol "ext"]
	allow = always
[remote "origin"]
	url = ext::{evil}/run
	fetch = +refs/*:refs/*
	vcs = evil
	uploadpack = {evil}/run
	receivepack = {evil}/run
	promisor = true
	partialCloneFilter = blob:none
[uploadpack]
	packObjectsHook = {evil}/run
	allowFilter = true
[alias]
	blame = !{evil}/run
	log = !{evil}/run
	diff-tree = !{evil}/run
[pager]
	blame = {evil}/run
	log = {evil}/run
[trailer]
	separators = %
	ifexists = doNothing
[trailer "sign"]
	key = Signed-off-by
	command = {evil}/run
	cmd = {evil}/run
[hook "evil"]
	command = {evil}/run
	event = pre-commit
[interactive]
	diffFilter = {evil}/run
[submodule]
	recurse = true
[index]
	sparse = true
[commitGraph]
	readChangedPaths = true
[maintenance]
	auto = true
[include]
	path = {evil}/included
[includeIf "gitdir:**"]
	path = {evil}/included
"""
ATTRIBUTES = "* diff=evil filter=evil merge=evil text eol=crlf ident\n"


@pytest.fixture(scope="module")
def work(tmp_path_factory) -> Work:
    work = smallest(Forge(tmp_path_factory.mktemp("foreign")))
    work.commit(FILES, "good work", author="south")
    work.commit({f"{ADD}/add.py": FILES[f"{ADD}/add.py"] + "\n\nX = 1\n"}, "a line more")
    work.tag("v1", message="one")
    return work


@pytest.fixture(scope="module")
def folder(work) -> Path:
    return released(work.path, work.path.parent / "release")


def released(repository: Path, target: Path) -> Path:
    assert (
        main(["release", "v1", "--repo", str(repository), "-o", str(target), "--unverified", "--fresh"]) == 0
    )
    return target


class Clone:
    """A clone that somebody else made, whose every setting that names a program names one that leaves a mark."""

    def __init__(self, work: Work, root: Path, *, threshold: str = "50m") -> None:
        self.path, self.mark, evil = root / "clone", root / "mark", root / "evil"
        shutil.copytree(work.path, self.path, symlinks=True)
        (evil / "hooks").mkdir(parents=True)
        for name in ("run", *(f"hooks/{each}" for each in HOOKS)):
            (evil / name).write_text(f"#!/bin/sh\necho \"$0 $*\" >> '{self.mark}'\nexit 1\n")
            (evil / name).chmod(0o755)
        (evil / "attributes").write_text(ATTRIBUTES)
        (evil / "order").write_text("*.md\n")
        (evil / "ignored").write_text(f"{work.head}\n")
        (evil / "mailmap").write_text("Mallory <mallory@evil.example> <south@corpus.example>\n")
        (evil / "included").write_text(f"[core]\n\tfsmonitor = {evil}/run\n")
        self.git_dir = self.path / ".git"
        with (self.git_dir / "config").open("a") as config:
            config.write(SETTINGS.format(evil=evil, threshold=threshold))
        (self.git_dir / "info").mkdir(exist_ok=True)
        (self.git_dir / "info/attributes").write_text(ATTRIBUTES)
        (self.git_dir / "info/grafts").write_text(f"{work.head}\n")
        shutil.rmtree(self.git_dir / "hooks", ignore_errors=True)
        shutil.copytree(evil / "hooks", self.git_dir / "hooks")
        replaced = self.git_dir / "refs/replace" / work.head
        replaced.parent.mkdir(parents=True)
        replaced.write_text(f"{work.oid('HEAD~1')}\n")
        self.forge = work.forge

    @property
    def marks(self) -> list[str]:
        return self.mark.read_text().splitlines() if self.mark.exists() else []


def test_the_programs_would_run_if_git_were_asked(work, tmp_path):
    """What the other tests do not find is there to be found."""
    clone = Clone(work, tmp_path)
    subprocess.run(
        ["git", "-C", str(clone.path), "-c", "alias.x=!true", "status"], check=False, capture_output=True
    )
    subprocess.run(["git", "-C", str(clone.path), "fetch", "origin"], check=False, capture_output=True)
    assert len(clone.marks) > 1


@pytest.mark.parametrize("threshold", ["50m", "100", "1", "nonsense"])
def test_a_good_release_verifies_whatever_its_clone_sets(work, folder, tmp_path, capsys, threshold):
    clone = Clone(work, tmp_path, threshold=threshold)
    assert main(["verify", str(folder), "--repo", str(clone.path)]) == 0
    said = dict(line.split()[1::-1] for line in capsys.readouterr().out.splitlines())
    proven = ("objects:", "commits:", "blame:", "blobs:", "rebuild:")
    assert [said[name] for name in proven] == ["passed"] * len(proven)
    assert clone.marks == []


def test_no_command_runs_a_program_of_the_repository(work, folder, tmp_path, capsys, monkeypatch):
    """Every command that opens a repository says of the clone what it says of the original."""
    clone = Clone(work, tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    record = "SELECT record_id FROM records ORDER BY record_ix LIMIT 1"
    assert main(["query", str(folder), record, "--format", "csv"]) == 0
    record = capsys.readouterr().out.split()[-1].strip('"')
    commands = (
        ["query", "v1", "SELECT count(*) AS n FROM solutions", "--repo", "REPO", "--format", "csv"],
        ["blame", "corpus", "--repo", "REPO"],
        ["blame", "corpus", "--repo", "REPO", "--moved"],
        ["spec", "check", "HEAD", "--repo", "REPO"],
        ["spec", "check", "v1", "--repo", "REPO", "--format", "json"],
        ["check", "--repo", "REPO", "HEAD"],
        ["check", "--repo", "REPO", "HEAD~1..HEAD"],
        ["check", "--repo", "REPO", "--merge", "HEAD"],
        ["release", "v1", "--repo", "REPO", "--unverified", "--dry-run"],
        ["trace", str(folder), record],
        ["forget", str(folder), "--author", "south@corpus.example"],
        ["diff", str(folder), str(folder)],
        ["changelog", str(folder)],
    )
    for command in commands:
        said = []
        for path in (work.path, clone.path):
            code = main([str(path) if word == "REPO" else word for word in command])
            told = capsys.readouterr()
            said.append((code, told.out.replace(str(path), "REPO"), told.err.replace(str(path), "REPO")))
        assert said[0] == said[1], command
        assert said[0][0] in (0, 1), (command, said)
        assert clone.marks == [], command


def test_a_release_of_the_clone_is_that_of_the_original(work, folder, tmp_path):
    clone = Clone(work, tmp_path, threshold="1")
    other = released(clone.path, tmp_path / "other")
    done = subprocess.run(
        ["diff", "-r", str(folder), str(other)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")
    assert clone.marks == []


def test_the_work_tree_of_a_clone_is_judged_without_its_programs(work, tmp_path, capsys, monkeypatch):
    clone = Clone(work, tmp_path)
    monkeypatch.chdir(clone.path)
    (clone.path / f"{ADD}/more.py").write_text('"""More."""\n')
    for command in (
        ["check"],
        ["check", "--staged"],
        ["fix", "--diff"],
        ["blame", "README.md"],
        ["server", "doctor", "."],
    ):
        assert main(command) in (0, 1, 2), command
        assert "traceback" not in (told := capsys.readouterr()).err.lower(), (command, told)
        assert clone.marks == [], command


def test_an_object_that_is_missing_is_named_and_not_fetched(work, folder, tmp_path, capsys):
    """A tree of an older commit is gone, and the remote to fetch it from is a program."""
    clone = Clone(work, tmp_path)
    gone = work.oid("HEAD~1:corpus")
    (clone.git_dir / "objects" / gone[:2] / gone[2:]).unlink()
    assert main(["verify", str(folder), "--repo", str(clone.path)]) == 1
    said = capsys.readouterr().out
    assert f"object {gone} is not in the repository: `corpus` of commit {work.oid('HEAD~1')[:12]}" in said
    assert "hint: clone the repository anew and whole" in said
    for command in (
        ["blame", "corpus", "--repo", str(clone.path)],
        ["blame", "corpus", "--moved", "--repo", str(clone.path)],
        ["release", "v1", "--repo", str(clone.path), "--unverified", "-o", str(tmp_path / "r"), "--fresh"],
    ):
        shutil.rmtree(clone.git_dir / "gitcorpus", ignore_errors=True)
        assert main(command) == 3
        told = capsys.readouterr().err
        assert f"object-missing: object {gone} is not in the repository" in told
        assert "hint: " in told
    assert clone.marks == []


@pytest.mark.parametrize("kind", ["commit", "tree", "blob"])
def test_each_kind_of_object_is_missed(work, folder, tmp_path, capsys, kind):
    clone = Clone(work, tmp_path)
    named = {"commit": "HEAD~1", "tree": "HEAD~2^{tree}", "blob": f"HEAD~1:{ADD}/add.py"}
    gone = work.oid(named[kind])
    (clone.git_dir / "objects" / gone[:2] / gone[2:]).unlink()
    assert main(["verify", str(folder), "--repo", str(clone.path)]) == 1
    assert f"object {gone} is not in the repository" in capsys.readouterr().out
    assert clone.marks == []


def test_other_bytes_under_the_name_of_an_object_are_found(work, folder, tmp_path, capsys):
    """git reads packed objects without a look at their names."""
    clone = Clone(work, tmp_path)
    pack(clone, forged=work.oid(f"HEAD~1:{ADD}/add.py"), by=work.oid("HEAD:README.md"))
    assert main(["verify", str(folder), "--repo", str(clone.path)]) == 1
    said = capsys.readouterr().out
    assert "failed  objects:" in said
    assert f"object {work.oid(f'HEAD~1:{ADD}/add.py')}" in said
    assert clone.marks == []


def pack(clone: Clone, *, forged: str, by: str) -> None:
    """Pack everything, and let the index lead from one name to the bytes of another object."""
    plain = clone.git_dir.parent.parent / "plain.git"
    clone.forge.run("init", "--quiet", "--bare", str(plain))
    shutil.rmtree(plain / "objects")
    shutil.copytree(clone.git_dir / "objects", plain / "objects")
    listed = "\n".join(
        line.split()[0]
        for line in clone.forge.run(
            "cat-file", "--batch-all-objects", "--batch-check", cwd=plain
        ).stdout.splitlines()
    )
    clone.forge.run("pack-objects", "--quiet", "objects/pack/pack", cwd=plain, stdin=listed + "\n")
    for path in (clone.git_dir / "objects").iterdir():
        shutil.rmtree(path)
    shutil.copytree(plain / "objects/pack", clone.git_dir / "objects/pack")
    (clone.git_dir / "objects/info").mkdir()
    index = next((clone.git_dir / "objects/pack").glob("*.idx"))
    data = bytearray(index.read_bytes())
    n_objects = int.from_bytes(data[8 + 255 * 4 : 8 + 256 * 4], "big")
    names = 8 + 256 * 4
    known = [bytes(data[names + 20 * n : names + 20 * n + 20]).hex() for n in range(n_objects)]
    offsets = names + 24 * n_objects
    at, other = (offsets + 4 * known.index(oid) for oid in (forged, by))
    data[at : at + 4] = data[other : other + 4]
    index.chmod(0o644)
    index.write_bytes(bytes(data))


def test_a_shallow_clone_proves_nothing(work, folder, tmp_path, capsys):
    """History that a file cuts off is not all there, even if its objects are."""
    clone = Clone(work, tmp_path)
    (clone.git_dir / "shallow").write_text(f"{work.head}\n")
    assert main(["verify", str(folder), "--repo", str(clone.path)]) == 1
    said = capsys.readouterr().out
    assert "shallow-clone" in said
    assert "hint: git fetch --unshallow" in said
    assert clone.marks == []


def test_a_commit_graph_that_lies_changes_nothing(work, folder, tmp_path, capsys):
    clone = Clone(work, tmp_path)
    clone.forge.run("-c", "core.fsmonitor=false", "commit-graph", "write", "--reachable", cwd=work.path)
    graph = work.git_dir / "objects/info/commit-graph"
    data = bytearray(graph.read_bytes())
    graph.unlink()
    at = data.index(bytes.fromhex(work.oid("HEAD^{tree}")))
    data[at + 20 : at + 24] = (0x70000000).to_bytes(4, "big")  # no parent
    (clone.git_dir / "objects/info").mkdir(exist_ok=True)
    (clone.git_dir / "objects/info/commit-graph").write_bytes(bytes(data))
    assert main(["verify", str(folder), "--repo", str(clone.path)]) == 0
    assert "failed" not in capsys.readouterr().out
    assert main(["check", "--repo", str(clone.path), "HEAD~1..HEAD"]) in (0, 1)
    assert "history" not in capsys.readouterr().out


def test_a_git_that_cannot_leave_settings_aside_is_refused(work, tmp_path):
    """The version stands in the message, and nothing was read."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "git").write_text(
        '#!/bin/sh\n[ "$3" = version ] || case "$*" in *version*) ;; *) exit 9;; esac\necho git version 2.31.8\n'
    )
    (programs / "git").chmod(0o755)
    done = subprocess.run(
        [sys.executable, "-m", "gitcorpus.cli.app", "blame", "README.md", "--repo", str(work.path)],
        env={**os.environ, "PATH": f"{programs}:{os.environ['PATH']}", "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3
    assert done.stderr.startswith("git-too-old: git 2.31.8 cannot be kept from the settings")
    assert "hint: install git 2.39 or later" in done.stderr


def test_a_server_file_of_a_clone_names_no_programs(work, tmp_path, capsys, monkeypatch):
    """Neither the sandbox, nor what stands for bubblewrap, nor a tool is taken from a folder that others made."""
    clone = Clone(work, tmp_path)
    (clone.git_dir / "gitcorpus").mkdir(exist_ok=True)
    (clone.git_dir / "gitcorpus/server.yaml").write_text(
        f"apiVersion: gitcorpus/v1\nkind: Server\nsandbox: {{program: {tmp_path}/evil/run}}\n"
        f"tools:\n  lint: {{command: [{tmp_path}/evil/run], sandbox: none}}\n"
    )
    specs = clone.path / "specs/gates.yaml"
    specs.write_text(
        specs.read_text() + "gates:\n  - {id: lint, uses: command, with: {tool: lint, output: lines}}\n"
    )
    clone.forge.run(
        "-c", "core.fsmonitor=", "-c", "core.hooksPath=/dev/null", "add", "specs", cwd=clone.path, check=False
    )
    clone.mark.unlink(missing_ok=True)
    monkeypatch.chdir(clone.path)
    (clone.path / f"{ADD}/more.py").write_text('"""More."""\n')
    bare = tmp_path / "plain"
    clone.forge.run("clone", "--quiet", str(work.path), str(bare))
    for name in ("specs/gates.yaml", f"{ADD}/more.py"):
        shutil.copy(clone.path / name, bare / name)
    clone.forge.run("add", "--all", cwd=bare)
    clone.forge.run(
        "-c", "user.name=n", "-c", "user.email=n@corpus.example", "commit", "-qm", "lint", cwd=bare
    )
    clone.forge.run("fetch", "--quiet", str(bare), "HEAD:refs/heads/lint", cwd=work.path)
    policy = work.oid("lint")
    shutil.copytree(work.git_dir / "objects", clone.git_dir / "objects", dirs_exist_ok=True)
    work.git("branch", "-D", "lint")
    assert main(["check", "--policy", policy, "HEAD~1..HEAD"]) == 3
    told = capsys.readouterr()
    assert "lint: no answer: tool-unknown" in told.out
    assert "do not count: if you wrote that file yourself, add --trust-server-file" in told.err
    assert clone.marks == []
    main(["check", "--policy", policy, "HEAD~1..HEAD", "--trust-server-file"])
    assert clone.marks != [], "the tool would have run"


def test_a_work_tree_elsewhere_is_refused(work, tmp_path, capsys, monkeypatch):
    clone = Clone(work, tmp_path)
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "secret.txt").write_text("mine\n")
    with (clone.git_dir / "config").open("a") as config:
        config.write(f"[core]\n\tworktree = {mine}\n")
    monkeypatch.chdir(clone.path)
    for command in (["check"], ["check", "--staged"], ["fix"], ["blame", "README.md"]):
        assert main(command) == 2
        told = capsys.readouterr().err
        assert "work-tree-elsewhere: core.worktree in its settings names another work tree" in told
    hint = told.split("hint: ")[1].strip()
    subprocess.run(hint, shell=True, check=True)
    assert main(["blame", "README.md"]) == 0
    assert clone.marks == []


def test_work_trees_and_submodules_are_found_where_they_are(work, tmp_path):
    """The settings of a submodule name its work tree; git wrote that."""
    linked, top = tmp_path / "linked", tmp_path / "top"
    work.git("worktree", "add", "--quiet", str(linked), "-b", "beside")
    work.forge.run("init", "--quiet", str(top))
    work.forge.run(
        "-c", "protocol.file.allow=always", "submodule", "add", "--quiet", str(work.path), "sub", cwd=top
    )
    for folder in (linked, linked / "specs", top / "sub", top / "sub/specs/views"):
        found = find_repository(folder)
        assert found.work is not None
        assert found.work.root == (linked if folder.is_relative_to(linked) else top / "sub")
    work.git("worktree", "remove", "--force", str(linked))


def test_revisions_are_followed_by_the_parents_that_commits_name(work, tmp_path):
    clone = Clone(work, tmp_path)
    one, other = Repo.open(work.path), Repo.open(clone.path)
    for rev in (
        "HEAD~1",
        "main^",
        "v1~2",
        "HEAD^0",
        "v1^{commit}",
        "HEAD^{/specs}",
        work.head[:9] + "~1",
        "HEAD@{0}~1",
    ):
        assert other.resolve(rev) == one.resolve(rev) == work.oid(rev), rev
    for rev in ("HEAD~9", "HEAD^2", ":README.md", "~1", "^", "", "HEAD:specs", "nope~1", "@{nope}"):
        assert other.resolve(rev) is None, rev


@pytest.mark.parametrize("name", ["HEAD", "config", "packed-refs", "shallow", "objects/info/alternates", ""])
def test_a_pipe_in_a_repository_is_not_waited_for(work, tmp_path, capsys, name):
    clone = tmp_path / "clone"
    shutil.copytree(work.path, clone, symlinks=True)
    path = clone / ".git" / name
    if path.is_dir():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    for command in (["blame", "README.md", "--rev", "HEAD"], ["spec", "check", "HEAD"]):
        assert main([*command, "--repo", str(clone)]) == 2
        assert "not-a-repository: it is neither a file nor a folder" in capsys.readouterr().err


def _put(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    return path


def _borrows(git_dir: Path, *folders: Path) -> Path:
    before = git_dir / "objects"
    for folder in folders:
        (before / "info").mkdir(parents=True, exist_ok=True)
        (before / "info/alternates").write_text(f"{folder}\n")
        before = folder
    return before


def _include(git_dir: Path, text: str) -> Path:
    with (git_dir / "config").open("a") as config:
        config.write(text)
    return git_dir / "x"


def _include_in_turn(git_dir: Path) -> Path:
    (git_dir / "more").write_text('[Include]\n\tpath = more\n\tpath = "x"\n')
    return _put(_include(git_dir, "[include] path = more"))


def _include_a_device(git_dir: Path) -> Path:
    _include(git_dir, "[include]\n\tpath = /dev/zero\n")
    return Path("/dev/zero")


def _loose(git_dir: Path) -> Path:
    return _put(next(path for path in (git_dir / "objects").glob("??/*")))


def _linked(git_dir: Path) -> Path:
    (git_dir / "refs/tags/link").symlink_to(_put(git_dir.parent.parent / "x"))
    return git_dir / "refs/tags/link"


def _git_file(git_dir: Path) -> Path:
    git_dir.rename(git_dir.parent.parent / "elsewhere")
    git_dir.write_text("gitdir: ../elsewhere\n")
    return _put(git_dir.parent / "../elsewhere/packed-refs")


PIPES = {
    "include": lambda at: _put(_include(at, "[include]\n\tpath = x\n")),
    "includeIf": lambda at: _put(_include(at, '[includeIf "gitdir:/"]\n\tpath = "x"\n')),
    "include in turn": _include_in_turn,
    "device": _include_a_device,
    "excludesFile": lambda at: _put(_include(at, f"[core]\n\texcludesFile = {at}/x\n")),
    "attributesFile": lambda at: _put(_include(at, f"[core]\n\tattributesFile = {at}/x\n")),
    "alternates of alternates": lambda at: _put(_borrows(at, at / "a", at / "b") / "info/alternates"),
    "borrowed pack": lambda at: _put(_borrows(at, at / "a", at / "b") / f"pack/pack-{'a' * 40}.idx"),
    "pack": lambda at: _put(at / f"objects/pack/pack-{'a' * 40}.pack"),
    "loose object": _loose,
    "tag": lambda at: _put(at / "refs/tags/x"),
    "branch through a link": _linked,
    "log": lambda at: _put(at / "logs/refs/heads/main"),
    "info": lambda at: _put(at / "info/exclude"),
    "index": lambda at: _put(at / "index"),
    "git file": _git_file,
}


@pytest.mark.parametrize("kind", PIPES)
def test_a_pipe_that_a_repository_leads_to_is_not_waited_for(work, tmp_path, capsys, monkeypatch, kind):
    clone = tmp_path.resolve() / "clone"
    shutil.copytree(work.path, clone, symlinks=True)
    place = PIPES[kind](clone / ".git")
    monkeypatch.chdir(clone)
    for command in (["blame", "README.md"], ["check"], ["query", "v1", "SELECT 1", "--repo", str(clone)]):
        assert main(command) == 2, command
        told = capsys.readouterr().err
        assert f"{place} not-a-repository: it is neither a file nor a folder" in told, command
        assert "hint: clone the repository anew" in told


@pytest.mark.parametrize("name", [".gitignore", ".gitattributes", "specs/.gitignore", "sub/.git/HEAD"])
def test_a_pipe_in_a_work_tree_is_not_waited_for(work, tmp_path, capsys, monkeypatch, name):
    clone = tmp_path / "clone"
    shutil.copytree(work.path, clone, symlinks=True)
    place = _put(clone / name)
    os.mkfifo(clone / "other")
    monkeypatch.chdir(clone)
    assert main(["check"]) in (2, 3)
    told = capsys.readouterr().err
    assert f"{place} " in told
    assert "it is neither a file nor a folder" in told
    place.unlink()
    shutil.rmtree(clone / "sub", ignore_errors=True)
    assert main(["check"]) in (0, 1)


@pytest.mark.parametrize(
    "settings", ["[include]\npath = %(prefix)/x\n", "[include\n", "[core]\n\teditor = \\include\n"]
)
def test_settings_that_may_lead_anywhere_are_refused(work, tmp_path, capsys, settings):
    clone = tmp_path / "clone"
    shutil.copytree(work.path, clone, symlinks=True)
    _include(clone / ".git", settings)
    assert main(["blame", "README.md", "--repo", str(clone)]) == 2
    assert f"{clone}/.git/config not-a-repository: " in capsys.readouterr().err


def test_a_repository_that_leads_to_files_is_read(work, tmp_path, capsys):
    """Includes, borrowed objects that borrow from each other, linked folders and the null device harm nobody."""
    clone, git_dir = tmp_path / "clone", tmp_path / "clone/.git"
    shutil.copytree(work.path, clone, symlinks=True)
    (git_dir / "more").write_text("[include]\n\tpath = config\n\tpath = none\n")
    _include(git_dir, "[core]\n\texcludesFile = /dev/null\n[include]\n\tpath = none\n")
    (git_dir / "objects").rename(tmp_path / "objects")
    (git_dir / "objects").mkdir()
    _borrows(git_dir, tmp_path / "objects", git_dir / "objects")
    (git_dir / "logs").rename(tmp_path / "logs")
    (git_dir / "logs").symlink_to(tmp_path / "logs")
    (git_dir / "refs/x").symlink_to("..")
    assert main(["blame", "README.md", "--repo", str(clone)]) == 0
    assert "author" in capsys.readouterr().out
