"""What a push and a tag cost as a corpus grows: `python -m benchmarks.push --grow`.

For each size there are a corpus that lists its tasks and one that discovers them, each in two repositories that differ
only in their hooks. The corpora are made beforehand, as they are where gitcorpus is installed in a repository that has
grown already; so the first tag is judged on its whole tree, and told apart. Every round pushes one commit of three
files, and a release tag of it, to both repositories in turn. CPU is that of `git push` with all that it starts, the
hook among it, and of the gatekeeper with its children.
"""

import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from benchmarks.push import GITCORPUS, PUSHER, gatekeeper_pid, run, settle, stop

PER_TASK, PER_UNIT = 5, 200
"""Solutions of a task, and tasks of a unit."""
FLAT = 0.020
LEAD = "Lead <lead@corpus.example>"
TICKS = os.sysconf("SC_CLK_TCK")

CORPUS = """\
apiVersion: gitcorpus/v1
kind: Corpus
name: grown
policy: {branch: main}
layout:
  solution: corpus/{unit}/{task}/{solution}
  roles: {prompt: [TASK.md], test: ["test_*.py"], source: ["*.py"]}
protected: [refs/heads/main]
"""
PEOPLE = """\
apiVersion: gitcorpus/v1
kind: Contributors
people:
  - {id: lead, roles: [leads], emails: [lead@corpus.example], agreements: [{id: ip, from: 2020-01-01}]}
agreements:
  - {id: ip, text: agreements/ip.md, grants: work-for-hire}
"""
GATES = "apiVersion: gitcorpus/v1\nkind: Gates\nextends: [gitcorpus:recommended]\n"
RELEASE = """\
apiVersion: gitcorpus/v1
kind: Release
name: all
tags: "dataset/v*"
views: ["gitcorpus:pretrain"]
license: CC0-1.0
"""


class Cost(NamedTuple):
    """Seconds of one push: of the clock, and of processors."""

    wall: float
    cpu: float


@dataclass
class Row:
    """One kind of push to one corpus, with hooks and without, round by round."""

    what: str
    size: int
    way: str
    hooked: list[Cost] = field(default_factory=list)
    plain: list[Cost] = field(default_factory=list)

    @property
    def added_cpu(self) -> float:
        pairs = zip(self.hooked, self.plain, strict=True)
        return sum(one.cpu - other.cpu for one, other in pairs) / len(self.hooked)

    @property
    def line(self) -> str:
        pairs = list(zip(self.hooked, self.plain, strict=True))
        wall = statistics.median(one.wall for one, _ in pairs)
        plain = statistics.median(other.wall for _, other in pairs)
        added = statistics.median(one.wall - other.wall for one, other in pairs)
        cpu = statistics.mean(one.cpu for one, _ in pairs)
        figures = (wall, plain, added, cpu, self.added_cpu)
        return f"{self.what:10}{self.way:12}{self.size:8}" + "".join(
            f"{1000 * each:10.0f}" for each in figures
        )


class Grown:
    """A corpus of some size, in a repository with hooks and in one without."""

    def __init__(self, folder: Path, size: int, way: str) -> None:
        self.source, self.hooked, self.plain = (
            folder / f"{name}.git" for name in ("source", "hooked", "plain")
        )
        self.size, self.way = size, way
        run("git", "init", "--quiet", "--bare", "--initial-branch=main", self.source)
        run("git", "fast-import", "--quiet", cwd=self.source, stdin=b"".join(stream(size, way)))
        for bare in (self.hooked, self.plain):
            run("git", "clone", "--quiet", "--bare", "--no-local", self.source, bare)
            run("git", "remote", "remove", "origin", cwd=bare)
            run(GITCORPUS, "server", "install", bare, "--admin", "lead", "--pusher-variable", PUSHER)
        settings = self.hooked / "gitcorpus/server.yaml"
        settings.write_text(settings.read_text().replace("seconds: 60", "seconds: 3600"))
        for each in (self.plain / "hooks").iterdir():
            each.unlink()

    def commit(self, number: int) -> None:
        """Change the three files of one solution."""
        name = f"{folder_of(number % self.size)}"
        files = {f"{name}/{each}.py": f"x = {number}\n" for each in ("alpha", "beta", "gamma")}
        said = b"".join(commit(files, f"round {number}", after="refs/heads/main"))
        run("git", "fast-import", "--quiet", "--force", cwd=self.source, stdin=said)

    def push(self, bare: Path, refspec: str) -> Cost:
        """Push, and return what it cost once the gatekeeper has nothing left to do."""
        before, start = self.cpu(bare), time.perf_counter()
        environ = {**os.environ, PUSHER: "lead"}
        done = subprocess.run(
            ["git", "push", "--quiet", bare, refspec],
            cwd=self.source,
            env=environ,
            check=False,
            capture_output=True,
        )
        wall = time.perf_counter() - start
        if done.returncode:
            raise SystemExit(f"{refspec} was not let in:\n{done.stderr.decode()}")
        if bare == self.hooked:
            settle(bare)
            rest(bare)
        return Cost(wall, self.cpu(bare) - before)

    def cpu(self, bare: Path) -> float:
        """Return seconds of processors of all processes that have ended here, and of a repository's gatekeeper."""
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime + (gatekeeper_cpu(bare) if bare == self.hooked else 0)


def gatekeeper_cpu(bare: Path) -> float:
    """Return seconds of processors of a gatekeeper and of all that it has started."""
    pid = gatekeeper_pid(bare)
    return cpu_of(pid) if pid is not None else 0


def cpu_of(pid: int) -> float:
    """Return seconds of processors of a process, of those below it that live, and of those that it has seen end."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
        below = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return 0
    return sum(map(int, fields[11:15])) / TICKS + sum(map(cpu_of, map(int, below)))


def rest(bare: Path) -> None:
    """Wait until a gatekeeper stands still."""
    before = -1.0
    while before != (now := gatekeeper_cpu(bare)):
        before = now
        time.sleep(0.1)


def folder_of(number: int) -> str:
    task = number // PER_TASK
    return f"corpus/u{task // PER_UNIT}/t{task}/s{number % PER_TASK}"


def curricula(size: int, way: str) -> Iterator[tuple[str, str]]:
    """Yield a file for each unit."""
    n_tasks = -(-size // PER_TASK)
    for unit in range(-(-n_tasks // PER_UNIT)):
        lines = ["apiVersion: gitcorpus/v1", "kind: Curriculum", "units:"]
        lines += [f"  - id: u{unit}", f"    title: Unit {unit}"]
        if way == "discovered":
            lines += [f"    discover: {{layout: 'corpus/u{unit}/{{task}}', languages: [python]}}"]
        else:
            of_unit = range(unit * PER_UNIT, min(n_tasks, (unit + 1) * PER_UNIT))
            lines += ["    tasks:"]
            lines += [
                f"      - {{id: t{task}, title: Task {task}, languages: [python], prompt: Do it.}}"
                for task in of_unit
            ]
        yield f"specs/curriculum/u{unit}.yaml", "\n".join((*lines, ""))


def stream(size: int, way: str) -> Iterator[bytes]:
    """Write a corpus for git fast-import, in commits of a thousand solutions."""
    specs = {
        "specs/corpus.yaml": CORPUS,
        "specs/contributors.yaml": PEOPLE,
        "specs/gates.yaml": GATES,
        "specs/release.yaml": RELEASE,
        **dict(curricula(size, way)),
        "agreements/ip.md": "All of it.\n",
        "LICENSES/CC0-1.0.txt": "No rights reserved.\n",
    }
    yield from commit(specs, "specs", after="")
    for start in range(0, size, 1000):
        files = {}
        for number in range(start, min(size, start + 1000)):
            files[f"{folder_of(number)}/a.py"] = f"def f(x: int) -> int:\n    return x + {number}\n"
            files[f"{folder_of(number)}/test_a.py"] = (
                f"from a import f\n\n\ndef test_f():\n    assert f(1) > {number}\n"
            )
            files[f"{folder_of(number)}/TASK.md"] = f"Add {number}.\n"
        yield from commit(files, f"solutions from {start}", after="refs/heads/main")


def commit(files: dict[str, str], title: str, *, after: str) -> Iterator[bytes]:
    """Write one commit for git fast-import."""
    when = int(time.time()) - 60
    message = f"{title}\n\nSigned-off-by: {LEAD}\n".encode()
    yield f"commit refs/heads/main\nauthor {LEAD} {when} +0000\ncommitter {LEAD} {when} +0000\n".encode()
    yield b"data %d\n%s\n" % (len(message), message)
    if after and not title.startswith("solutions"):
        yield f"from {after}^0\n".encode()
    for path, text in files.items():
        data = text.encode()
        yield f"M 100644 inline {path}\n".encode() + b"data %d\n%s\n" % (len(data), data)


def measure(grown: Grown, rounds: int) -> Iterator[Row]:
    """Push and tag, round by round."""
    first = Row("first tag", grown.size, grown.way)
    pushes, tags = Row("push", grown.size, grown.way), Row("tag", grown.size, grown.way)
    for number in range(rounds + 1):
        grown.commit(number)
        order = [grown.plain, grown.hooked][:: 1 if number % 2 else -1]
        for row, refspec in (
            (pushes, "main:refs/heads/main"),
            (first if number == 0 else tags, f"main:refs/tags/dataset/v{number}"),
        ):
            for bare in order:
                cost = grown.push(bare, refspec)
                if number or row is first:
                    (row.hooked if bare == grown.hooked else row.plain).append(cost)
    stop(grown.hooked)
    yield from (pushes, tags, first)


def grow(sizes: Sequence[int], rounds: int, ways: Sequence[str] = ("listed", "discovered")) -> None:
    """Measure corpora of some sizes, and say whether what is added stays flat."""
    heads = ("wall", "no hooks", "added", "CPU", "added CPU")
    print(
        f"\none commit of three files, and a tag of it, {rounds} rounds: medians of wall, means of CPU, in ms"
    )
    print(f"{'':10}{'':12}{'solutions':>8}" + "".join(f"{each:>10}" for each in heads))
    rows = []
    for size in sizes:
        for way in ways:
            folder = Path(tempfile.mkdtemp(prefix="grown-"))
            try:
                for row in measure(Grown(folder, size, way), rounds):
                    print(row.line)
                    sys.stdout.flush()
                    rows.append(row)
            finally:
                stop(folder / "hooked.git")
                shutil.rmtree(folder, ignore_errors=True)
    for what in ("push", "tag"):
        for way in ways:
            added = [row.added_cpu for row in rows if (row.what, row.way) == (what, way)]
            spread = max(added) - min(added)
            said = "met" if spread < FLAT else f"missed by {1000 * (spread - FLAT):.0f} ms"
            print(
                f"{what}, {way}: added CPU differs by {1000 * spread:.0f} ms  aim < {1000 * FLAT:.0f} ms: {said}"
            )
