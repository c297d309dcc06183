"""What somebody changed is formatted in the work tree, and nothing else is touched."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from forge import Executable, Forge, Symlink, Work
from smallest import ADD, GATES, SPECS
from tools import SANDBOX

from gitcorpus.errors import GitcorpusError
from gitcorpus.flows import fix as flow
from gitcorpus.flows.check import Asked, check
from gitcorpus.flows.fix import Fixes, fix
from gitcorpus.git.worktree import find_repository
from gitcorpus.model.server import Server

TRIM = "{run: [sed, -i, 's/ *$//']}"
ODD, GOOD = "x = 1  \ny = 2\n", "x = 1\ny = 2\n"


def with_gate(formatters: str, *more: str, gate: str = "format") -> str:
    gates = f"gates:\n  - {{id: {gate}, uses: format, budget: 60s, with: {{formatters: {{{formatters}}}}}}}\n"
    return "".join((GATES, gates, *more))


@pytest.fixture
def work(forge: Forge) -> Work:
    work = forge.work()
    work.commit(
        {**SPECS, "specs/gates.yaml": with_gate(f"python: {TRIM}"), f"{ADD}/old.py": ODD}, author="lead"
    )
    work.branch("topic")
    return work


def fixed(work: Work, *words: str, write: bool = True, staged: bool = False, folder=None) -> Fixes:
    asked = Asked(
        words=words, staged=staged, folder=folder or work.path, now=datetime(2026, 2, 2, tzinfo=UTC)
    )
    return fix(find_repository(work.path), asked, Server(sandbox=SANDBOX), write=write)


def told(fixes: Fixes) -> tuple[list[str], int, list[str], list[str]]:
    left = [f"{error.place} {error.code}" for error in fixes.left]
    return [each.path for each in fixes.changed], fixes.as_it_was, left, [each.code for each in fixes.faults]


def text(work: Work, path: str) -> str:
    return (work.path / path).read_text()


def test_only_what_changed_is_formatted(work):
    work.write(
        {f"{ADD}/a.py": ODD, f"{ADD}/b.py": GOOD, f"{ADD}/c.txt": "x  \n", f"{ADD}/run.py": Executable(ODD)}
    )
    assert told(fixed(work)) == ([f"{ADD}/a.py", f"{ADD}/run.py"], 1, [], [])
    assert text(work, f"{ADD}/a.py") == text(work, f"{ADD}/run.py") == GOOD
    assert (work.path / ADD / "run.py").stat().st_mode & 0o777 == 0o755
    assert text(work, f"{ADD}/old.py") == ODD
    assert text(work, f"{ADD}/c.txt") == "x  \n"
    assert told(fixed(work)) == ([], 3, [], [])


def test_then_the_gate_passes(work):
    work.write({f"{ADD}/a.py": ODD, f"{ADD}/b.py": f"{ODD}" * 300})

    def findings():
        asked = Asked(folder=work.path, now=datetime(2026, 2, 2, tzinfo=UTC))
        verdict = check(find_repository(work.path), asked, Server(sandbox=SANDBOX)).verdict
        return [each.place.path for each in verdict.findings if each.code == "not-formatted"]

    assert findings() == [f"{ADD}/a.py", f"{ADD}/b.py"]
    fixed(work)
    assert findings() == []


def test_without_leave_nothing_is_written(work):
    work.write({f"{ADD}/a.py": ODD})
    (change,) = fixed(work, write=False).changed
    assert change.patch == "@@ -1,2 +1,2 @@\n-x = 1  \n+x = 1\n y = 2\n"
    assert text(work, f"{ADD}/a.py") == ODD


def test_paths_and_the_index_narrow_it(work):
    work.write({f"{ADD}/a.py": ODD, f"{ADD}/deep/b.py": ODD, f"{ADD}/c.py": ODD})
    assert told(fixed(work, "deep", folder=work.path / ADD))[0] == [f"{ADD}/deep/b.py"]
    work.git("add", f"{ADD}/c.py")
    assert told(fixed(work, staged=True))[0] == [f"{ADD}/c.py"]
    assert text(work, f"{ADD}/a.py") == ODD


def test_a_link_is_not_followed(work, tmp_path):
    outside = tmp_path / "outside.py"
    outside.write_text(ODD)
    work.write({f"{ADD}/l.py": Symlink(str(outside)), f"{ADD}/a.py": ODD, f"{ADD}/b.py": ODD})
    work.git("add", "--all")
    (work.path / ADD / "a.py").unlink()
    (work.path / ADD / "a.py").symlink_to(outside)
    (work.path / ADD / "b.py").unlink()
    left = [f"{ADD}/a.py file-not-there", f"{ADD}/b.py file-not-there"]
    assert told(fixed(work, staged=True)) == ([], 0, left, [])
    assert outside.read_text() == ODD


def test_what_changes_meanwhile_is_left_alone(work, monkeypatch):
    real = flow.formatted

    def slow(*given, **named):
        answers = real(*given, **named)
        work.write({f"{ADD}/a.py": "z = 3\n"})
        return answers

    monkeypatch.setattr(flow, "formatted", slow)
    work.write({f"{ADD}/a.py": ODD, f"{ADD}/b.py": ODD})
    assert told(fixed(work)) == ([f"{ADD}/b.py"], 0, [f"{ADD}/a.py file-changed-meanwhile"], [])
    assert text(work, f"{ADD}/a.py") == "z = 3\n"


def test_what_cannot_be_formatted_keeps_nothing_else_from_it(work):
    picky = (
        '{run: [sh, -c, \'for f do grep -q bad "$f" && exit 1; sed -i "s/ *$//" "$f"; done; exit 0\', sh]}'
    )
    grows = "{run: [sh, -c, 'for f do echo >>\"$f\"; done', sh]}"
    rules = with_gate(f"python: {picky}, go: {{run: [no-such-program]}}, toml: {grows}")
    work.commit({"specs/gates.yaml": rules}, author="lead")
    work.git("branch", "--force", "main", "HEAD")
    work.write({f"{ADD}/{name}": ODD for name in ("a.py", "b.go", "c.toml")} | {f"{ADD}/bad.py": "bad  \n"})
    done = fixed(work)
    assert told(done) == (
        [f"{ADD}/a.py"], 0, [f"{ADD}/bad.py formatter-rejects"], ["formatter-missing", "formatter-unstable"]
    )  # fmt: skip
    assert text(work, f"{ADD}/bad.py") == "bad  \n"


def test_a_gate_that_is_narrowed_formats_no_more_than_it_judges(work):
    rules = with_gate(f"python: {TRIM}").replace(
        "budget: 60s", "paths: ['corpus/*/subtract/**'], budget: 60s"
    )
    work.commit({"specs/gates.yaml": rules}, author="lead")
    work.git("branch", "--force", "main", "HEAD")
    other = f"{ADD.replace('add', 'subtract')}/b.py"
    work.write({f"{ADD}/a.py": ODD, other: ODD})
    assert told(fixed(work)) == ([other], 0, [], [])


def test_two_gates_format_one_after_the_other(work):
    upper = (
        "  - {id: second, uses: format, with: {formatters: {python: {run: [tr, a-z, A-Z], filter: true}}}}\n"
    )
    work.commit({"specs/gates.yaml": with_gate(f"python: {TRIM}", upper)}, author="lead")
    work.git("branch", "--force", "main", "HEAD")
    work.write({f"{ADD}/a.py": ODD})
    assert told(fixed(work))[0] == [f"{ADD}/a.py", f"{ADD}/a.py"]
    assert text(work, f"{ADD}/a.py") == GOOD.upper()


def test_a_huge_file_is_left(work):
    work.write({f"{ADD}/a.py": ODD * 400_000})
    assert told(fixed(work)) == ([], 0, [f"{ADD}/a.py too-large-to-format"], [])


def test_specs_without_the_gate_have_nothing_to_say(forge):
    work = forge.work()
    work.commit(SPECS, author="lead")
    with pytest.raises(GitcorpusError, match="declare no gate `format`") as caught:
        fixed(work)
    assert caught.value.code == "no-format-gate"


def test_without_a_sandbox_it_is_the_same(work):
    work.write({f"{ADD}/a b'.py": ODD})
    asked = Asked(folder=work.path, now=datetime(2026, 2, 2, tzinfo=UTC))
    loose = Server(sandbox=replace(SANDBOX, unconfined=True))
    assert told(fix(find_repository(work.path), asked, loose, write=True)) == ([f"{ADD}/a b'.py"], 0, [], [])
    assert text(work, f"{ADD}/a b'.py") == GOOD
