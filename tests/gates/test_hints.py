"""Every hint that is a command is pasted into a real clone, and what it was about is judged again.

Whoever reads a hint copies it from a terminal, so it is taken from the text of the verdict, commits what it changed
with `git commit --amend`, and asks once more. The finding must be gone, or the hint must say what is left to do.
"""

import ast
import re
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest
from forge import AUTHORS, Forge
from gates.pushes import candidate_of
from gates.test_examples import judged, play
from smallest import SERVER, SPECS, smallest

import gitcorpus
from gitcorpus.cli.app import COMMANDS
from gitcorpus.flows.policy import load_policy
from gitcorpus.gates.base import Example, Gate
from gitcorpus.gates.candidates import build_candidate
from gitcorpus.gates.registry import GATES, built_in
from gitcorpus.git.repo import Repo
from gitcorpus.model.finding import Finding
from gitcorpus.model.push import RefUpdate
from gitcorpus.model.verdict import Verdict
from gitcorpus.report.text import render_verdict

PROGRAM = r"(?:git|gitcorpus|perl|iconv|python3|node|bash|gofmt|mkdir|mv|sed|chmod) "
COMMAND = re.compile(rf"(?:^|: )({PROGRAM}.+)$")
LOOKS = re.compile(rf"(?:^|: ){PROGRAM}")
ONLY_SHOWS = ("python3 -m py_compile", "node --check", "bash -n", "gitcorpus fix ")
"""Commands that say more and mend nothing, and one that has tests of its own."""
EXAMPLES = [
    pytest.param(gate, example, id=f"{gate.name}: {example.title}")
    for gate in GATES.values()
    for example in gate.refused
]


def command_of(hint: str) -> str:
    """Return the command that a hint is, or that it ends with; or nothing."""
    found = COMMAND.search(hint)
    return found[1] if found else ""


def hint_as_shown(finding: Finding) -> str:
    """Return the hint as the pusher's terminal shows it."""
    from gitcorpus.model.verdict import GateResult, GateState  # noqa: PLC0415

    result = GateResult(gate="g", state=GateState.FAILED, findings=(finding,))
    text = render_verdict(Verdict(updates=(), results=(result,)), "", color=False, full=True)
    lines = [line for line in text.splitlines() if line.startswith("  hint: ")]
    assert len(lines) == bool(finding.hint)
    return lines[0].removeprefix("  hint: ") if lines else ""


class Clone:
    """The clone of who reads the hint, with what they pushed on top of `main`."""

    def __init__(self, forge: Forge, person: str) -> None:
        self.path, self.forge = forge.root / "work", forge
        name, email = AUTHORS.get(person, AUTHORS["north"])
        forge.run("init", "--quiet", "--bare", str(forge.root / "origin.git"))
        forge.run("config", "receive.advertisePushOptions", "true", cwd=forge.root / "origin.git")
        (forge.root / "home/.ssh").mkdir()
        key = forge.root / "home/.ssh/id_ed25519"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
        for words in (
            ("config", "user.name", name),
            ("config", "user.email", email),
            ("remote", "add", "origin", str(forge.root / "origin.git")),
        ):
            forge.run(*words, cwd=self.path)

    def paste(self, command: str) -> None:
        environ = self.forge.environ | {"GIT_EDITOR": "true", "GIT_SEQUENCE_EDITOR": "true"}
        done = subprocess.run(
            ["sh", "-c", command], cwd=self.path, env=environ, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        dirty = self.forge.run("status", "--porcelain", "--untracked-files=no", cwd=self.path).stdout
        if dirty:
            self.forge.run(
                "commit",
                "--quiet",
                "--all",
                "--amend",
                "--no-edit",
                "--allow-empty",
                cwd=self.path,
                env=environ,
            )

    @property
    def head(self) -> str:
        return self.forge.run("rev-parse", "HEAD", cwd=self.path).stdout.strip()


def again(candidate, clone: Clone, ref: str):
    """Return the candidate of the same push with what the clone has now."""
    repo = Repo.open(candidate.repo.path)
    policy = load_policy(repo, SERVER)
    update = RefUpdate(ref=ref, old=candidate.update.old, new=clone.head)
    made = build_candidate(
        update,
        repo=repo,
        server=candidate.server,
        spec=policy.spec,
        policy=policy.commit,
        pusher=candidate.pusher,
    )
    return replace(made, arrived=int(time.time()))


@pytest.mark.parametrize(("gate", "example"), EXAMPLES)
def test_a_command_of_a_hint_mends_what_it_is_about(forge, gate: Gate, example: Example):
    declaration = replace(built_in(gate.name), parameters=example.parameters)
    candidate = play(forge, example)
    clone = Clone(forge, example.pusher or example.author)
    findings = judged(candidate, declaration).findings
    assert {finding.code for finding in findings} == set(example.codes)
    pasted = set()
    for finding in findings:
        hint = hint_as_shown(finding)
        command = command_of(hint)
        assert bool(command) == bool(LOOKS.search(hint)), hint
        if not command or command in pasted or command.startswith(ONLY_SHOWS):
            continue
        pasted.add(command)
        clone.paste(command)
        if "then: " in hint or "ask " in hint or "an admin can" in hint:
            continue  # what has to be done before it, or by whom, is said, and is no command
        ref = next((f"refs/{name}" for name in re.findall(r"\S+:refs/(\S+)$", command)), example.ref)
        left = judged(again(candidate, clone, ref), declaration).findings
        assert (finding.code, finding.place.path) not in {(each.code, each.place.path) for each in left}, hint
        assert finding.place.commit is None or finding.code not in {each.code for each in left}, hint


GIT = "add|branch|clone|commit|config|fetch|log|merge|mv|pull|push|rebase|revert|rm|switch|tag"
TWO_UNITS = (
    SPECS["specs/curriculum.yaml"]
    + """\
  - id: more
    title: More
    tasks:
      - {id: count, title: Count, languages: [python], difficulty: 1}
"""
)


@pytest.mark.parametrize("is_taken", [False, True], ids=["free", "taken"])
def test_a_solution_in_the_wrong_unit_moves_as_a_whole_and_into_no_other(forge, is_taken):
    """The folder of its task may not be there yet, and a solution of that name may be there already."""
    work = smallest(forge)
    there = {"corpus/more/count/north/there.py": "A = 1\n"} if is_taken else {}
    work.commit({"specs/curriculum.yaml": TWO_UNITS, **there}, author="lead")
    work.git("checkout", "--quiet", "--detach")
    wrong = {f"corpus/basics/count/north/{name}": "A = 1\n" for name in ("count.py", "a b.py")}
    work.commit(wrong, author="north")
    candidate = candidate_of(work, work.head)
    findings = judged(candidate, built_in("layout")).findings
    assert {finding.code for finding in findings} == {"wrong-unit"}
    (command,) = {command_of(f": {hint_as_shown(finding)}") for finding in findings}
    Clone(forge, "north").paste(command)
    assert judged(candidate_of(work, work.head), built_in("layout")).findings == ()
    name = "north-2" if is_taken else "north"
    files = work.git("ls-files", "corpus").stdout.splitlines()
    assert files == sorted([*there, f"corpus/more/count/{name}/a b.py", f"corpus/more/count/{name}/count.py"])


@pytest.mark.parametrize("sign_off", ["lead", ""], ids=["foreign", "missing"])
@pytest.mark.parametrize("commits", [1, 2])
def test_a_commit_that_its_author_did_not_commit_is_signed_off_by_who_wrote_it(forge, sign_off, commits):
    """git signs as the committer, so a plain `--signoff` would leave the finding for ever."""
    work = smallest(forge)
    work.git("checkout", "--quiet", "--detach")
    name, email = AUTHORS["south"]
    for number in range(commits):
        trailer = f"\n\nSigned-off-by: {sign_off} <{sign_off}@corpus.example>" if sign_off else ""
        work.commit(
            {f"README{number}.md": "more\n"},
            f"example{trailer}",
            author="north",
            sign_off=False,
            env={"GIT_COMMITTER_NAME": name, "GIT_COMMITTER_EMAIL": email},
        )
    findings = judged(candidate_of(work, work.head, pusher="south"), built_in("rights")).findings
    assert {finding.code for finding in findings} == {f"sign-off-{'foreign' if sign_off else 'missing'}"}
    hints = {hint_as_shown(finding) for finding in findings}
    (hint,) = hints
    assert hint.startswith("`north` signs it off; if you wrote it yourself: git ")
    Clone(forge, "south").paste(command_of(hint))
    assert judged(candidate_of(work, work.head, pusher="south"), built_in("rights")).findings == ()


def sources():
    for path in sorted(Path(gitcorpus.__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.JoinedStr):
                parts = [each.value if isinstance(each, ast.Constant) else "X" for each in node.values]
                yield path.name, node.lineno, "".join(map(str, parts))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and "\n" not in node.value:
                yield path.name, node.lineno, node.value


BEGINS = re.compile(rf"(?:git (?:{GIT})|gitcorpus (?:{'|'.join(COMMANDS)})) ")
PROSE = re.compile(
    r"[;,] |(?<![-\w])(?:says?|lists?|shows?|gives?|writes?|tells?|names? it|and|or|what|which|all)\b"
)


def test_no_text_that_begins_as_a_command_goes_on_as_prose():
    """A hint that begins with a command is pasted as a whole."""
    odd = [
        (name, line, text)
        for name, line, text in sources()
        if BEGINS.match(text) and PROSE.search(re.split("  # | --reason", " ".join(text.split(" ")[3:]))[0])
    ]
    assert odd == []
